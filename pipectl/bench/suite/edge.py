"""edge: what the check of one event costs in the collector, without server and Kafka."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from pipectl.bench.suite.events import PLAYER, valid_event
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.collector.checks import EventSpec

_CHECKS = 20_000
_TARGET = Target(floor=5, goal=5, at_most=True)  # microseconds


def edge(lab: Lab, effort: Effort) -> Measured:
    """Check a valid event of the type with the most fields, again and again, in this process."""
    event = max(lab.catalog, key=lambda each: len(each.fields))
    given, spec = {"user_id": PLAYER, **valid_event(event)}, EventSpec(event)
    checks = _CHECKS * effort.scale
    raw = msgspec.json.encode(given)
    parse = partial(msgspec.json.decode, raw)
    arms = [
        *(
            Arm(name=name, measure=partial(_cpu, spec.check, given, checks))
            for name in ("check", "check again")
        ),
        Arm(name="parse as JSON", measure=partial(_cpu, lambda _given: parse(), given, checks)),
    ]
    return Measured(
        samples=run_rounds(arms, effort.rounds, on_turn=effort.on_turn),
        questions=(
            Question(label="us of CPU a check", figure="cpu_us_per_event", arm="check", target=_TARGET),
        ),
        steadiness=Steadiness(arm="check", again="check again"),
        notes={"event type": f"{event.name}, {len(event.fields)} fields of its own"},
    )


def _cpu(check: Callable[[Any], object], given: Mapping[str, Any], times: int) -> Sample:
    began = time.process_time()
    for _ in range(times):
        check(dict(given))
    return {"cpu_us_per_event": (time.process_time() - began) * 1e6 / times}


EDGE = Benchmark(name="edge", summary="the check of one event at the edge, without a server", run=edge)
