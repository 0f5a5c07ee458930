"""startup: `up` of the whole stack, warm, against the slowest of its services started alone.

Warm: jars fetched, disks formatted, files in the page cache. Alone: all others run already and are at rest.
"""

import time
from collections.abc import Mapping
from functools import partial

from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness, Target

_TARGET = Target(floor=1.8, goal=1.2, at_most=True)


def startup(lab: Lab, effort: Effort) -> Measured:
    """Stop and start the stack, and then only the service that was the last to be ready before."""
    slowest = slowest_of(lab.ready)
    alone = f"{slowest} alone"
    arms = [
        Arm(name="up", measure=partial(_up, lab)),
        Arm(name="up again", measure=partial(_up, lab)),
        Arm(name=alone, measure=partial(_alone, lab, slowest)),
    ]
    # No warm-up: the start of the laboratory was that.
    samples = run_rounds(arms, effort.rounds, warm_ups=0, on_turn=effort.on_turn)
    return Measured(
        samples=samples,
        questions=(
            Question(
                label=f"time of `up` against {alone}",
                figure="seconds",
                arm="up",
                against=alone,
                target=_TARGET,
            ),
        ),
        steadiness=Steadiness(arm="up", again="up again"),
        raw=alone,
        notes={"ready after": ", ".join(f"{name} {seconds:.1f} s" for name, seconds in lab.ready.items())},
    )


def slowest_of(ready: Mapping[str, float]) -> str:
    """Return the service that was ready last."""
    return max(ready, key=lambda name: ready[name])


def _up(lab: Lab) -> Sample:
    lab.stop()
    return _timed_start(lab, None)


def _alone(lab: Lab, service: str) -> Sample:
    lab.stop((service,))
    return _timed_start(lab, (service,))


def _timed_start(lab: Lab, names: tuple[str, ...] | None) -> Sample:
    began = time.monotonic()
    lab.start(names)
    return {"seconds": time.monotonic() - began}


STARTUP = Benchmark(
    name="startup", summary="up of the whole stack, warm, against its slowest service alone", run=startup
)
