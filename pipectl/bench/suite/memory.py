"""memory: what all processes of the stack take while nothing happens, the streaming job among them.

The proportional set size (PSS) counts a page that two processes share once; the resident set (RSS) counts it
twice. Both are of fresh processes at rest, and once more after a load: a JVM keeps the heap that it has had.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import psutil

from pipectl.bench.suite.events import preload
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import memory_bytes
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.runtimes.streaming import drain
from pipectl.services.registry import services_of

_TARGET = Target(floor=4, goal=3, at_most=True)  # GB
_GB, _MB = 1e9, 1e6
_LOAD = 100_000
_IDLE, _LOADED, _ENGINES = "stack", "stack after a load", "its engines"
_OWN = ("collector", "stream")  # what is ours; the others are engines


def memory(lab: Lab, effort: Effort) -> Measured:
    """Look at a stack that has just been started, send a load through it, and look again."""
    lab.start_stream()
    at_rest = [
        Arm(name=_IDLE, measure=partial(_whole, lab)),
        Arm(name=f"{_IDLE} again", measure=partial(_whole, lab)),
        Arm(name=_ENGINES, measure=partial(_engines, lab)),
    ]
    samples = dict(run_rounds(at_rest, effort.rounds, on_turn=effort.on_turn))
    notes = {"at rest": _shares(lab)}
    preload(lab, _LOAD)
    drain(lab.settings)
    loaded = [Arm(name=_LOADED, measure=partial(_whole, lab))]
    samples |= run_rounds(loaded, effort.rounds, on_turn=effort.on_turn)
    notes[f"after {_LOAD:,} events"] = _shares(lab)
    return Measured(
        samples=samples,
        questions=_QUESTIONS,
        steadiness=Steadiness(arm=_IDLE, again=f"{_IDLE} again"),
        raw=_ENGINES,
        notes=notes,
    )


def _whole(lab: Lab) -> Sample:
    return _sample(lab.processes())


def _engines(lab: Lab) -> Sample:
    engines = (name for name in services_of(lab.settings) if name not in _OWN)
    return _sample(process for name in engines for process in lab.processes(name))


def _sample(processes: Iterable[psutil.Process]) -> Sample:
    pss, rss = memory_bytes(processes)
    return {"pss_gb": pss / _GB, "rss_gb": rss / _GB}


def _shares(lab: Lab) -> str:
    return shares({name: memory_bytes(lab.processes(name))[0] for name in services_of(lab.settings)})


def shares(taken: Mapping[str, int]) -> str:
    """Say how many bytes each service takes, the largest first."""
    largest_first = sorted(taken, key=lambda name: -taken[name])
    return ", ".join(f"{name} {taken[name] / _MB:.0f} MB" for name in largest_first)


_QUESTIONS = (
    Question(label="GB of the stack at rest (PSS)", figure="pss_gb", arm=_IDLE, target=_TARGET),
    Question(label="GB of the stack after a load (PSS)", figure="pss_gb", arm=_LOADED, target=None),
    Question(
        label="the stack against its engines alone",
        figure="pss_gb",
        arm=_IDLE,
        against=_ENGINES,
        target=None,
    ),
)
MEMORY = Benchmark(
    name="memory",
    summary="what the whole stack takes at rest, the streaming job included",
    run=memory,
    needs=("ab",),
    lands_events=True,
)
