"""drain: how fast what waits in Kafka gets into the lake; each arm is a job of its own that ends by itself.

All read the same records. The noop sink takes the records as they are read, which is the limit. The full run
also has all that the stream's tasks make of them: what is between these is the price of checks and files.
"""

from functools import partial

from pipectl.bench.suite.events import FIVE_TYPES, preload_up_to
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import run_to_end
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.spark import Drain, drain_of, reference_job
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.catalog import EVENTS_TOPIC
from pipectl.errors import OperationFailed
from pipectl.services.hdfs import namenode_url

_QUICK_RECORDS, _FULL_RECORDS = 100_000, 300_000
_ONE_TYPE = FIVE_TYPES[:1]
_ENCODED = "noop sink, encoded"
_REFERENCE_FOLDER = "/reference"
_TIMEOUT_SECONDS = 600


def drain(lab: Lab, effort: Effort) -> Measured:
    """Preload Kafka once, and let each arm drain all of it, round by round."""
    preload_up_to(lab, _QUICK_RECORDS if effort.is_quick else _FULL_RECORDS)
    records = lab.records(EVENTS_TOPIC)
    arms = {
        "pipectl": partial(_stream, lab, records, FIVE_TYPES),
        "pipectl again": partial(_stream, lab, records, FIVE_TYPES),
        "pipectl, one type": partial(_stream, lab, records, _ONE_TYPE),
        "noop sink": partial(_noop, lab, records, "as-read"),
        "usual": partial(_usual, lab, records, FIVE_TYPES),
        "usual, one type": partial(_usual, lab, records, _ONE_TYPE),
    }
    if not effort.is_quick:
        arms |= {_ENCODED: partial(_noop, lab, records, "encoded")}
    return Measured(
        # No warm-up: each measurement starts a process of its own, as a user would.
        samples=run_rounds(
            [Arm(name=name, measure=measure) for name, measure in arms.items()],
            effort.rounds,
            warm_ups=0,
            on_turn=effort.on_turn,
        ),
        questions=tuple(each for each in _QUESTIONS if each.against in arms),
        steadiness=Steadiness(arm="pipectl", again="pipectl again"),
        raw="noop sink",
        notes={"records": f"{records:,} of {len(FIVE_TYPES)} event types"},
    )


def _stream(lab: Lab, records: int, select: tuple[str, ...]) -> Sample:
    lab.forget_lake()
    return sample_of("the stream", drain_of(lab.land_once(select=select)), records)


def _noop(lab: Lab, records: int, columns: str) -> Sample:
    return sample_of("noop_job.py", _reference(lab, "noop_job.py", columns), records)


def _usual(lab: Lab, records: int, event_types: tuple[str, ...]) -> Sample:
    found = _reference(lab, "usual_job.py", EVENTS_TOPIC, "0", *event_types)
    return sample_of("usual_job.py", found, records, reads=len(event_types))


def _reference(lab: Lab, script: str, *words: str) -> Drain:
    lab.hdfs.delete(_REFERENCE_FOLDER, recursive=True)
    job = reference_job(lab, script, f"{namenode_url(lab.settings)}{_REFERENCE_FOLDER}", *words)
    return drain_of(run_to_end(job, timeout_seconds=_TIMEOUT_SECONDS))


def sample_of(name: str, found: Drain, records: int, *, reads: int = 1) -> Sample:
    """Return the figures of a drain of so many records, each of which was to be read so many times.

    Raises OperationFailed when they were not: such a run compares nothing.
    """
    if found.records != records * reads:
        raise OperationFailed(
            f"{name} has drained other records than Kafka has.",
            evidence=f"{found.records} were read, and {records} were to be read {reads} times",
            do_next="Run it again; if it stays so, keep the stack's log for a report.",
        )
    return {"records_per_second": records / found.seconds, "seconds": found.seconds}


def _ratio(arm: str, against: str, said: str, target: Target | None) -> Question:
    label = f"records/s against {said}"
    return Question(label=label, figure="records_per_second", arm=arm, against=against, target=target)


_QUESTIONS = (
    _ratio("pipectl", "noop sink", "the same source into the noop sink", Target(floor=0.4, goal=0.75)),
    _ratio("pipectl", _ENCODED, "the noop sink with files encoded", None),
    _ratio("pipectl", "usual", "the usual job, five event types", Target(floor=2, goal=5)),
    _ratio(
        "pipectl, one type", "usual, one type", "the usual job, one event type", Target(floor=1, goal=1.6)
    ),
)
DRAIN = Benchmark(
    name="drain",
    summary="what waits in Kafka into the lake, exactly once and with its ledger",
    run=drain,
    needs=("ab",),
    lands_events=True,
)
