"""freshness: from the moment at which an event was to be sent to the answer of Presto that has its row.

Presto is asked again half a second after each of its answers: more often, and asking is what keeps two
processors busy. An event is visible when the first answer that has it is there. Client, engines and the one
who asks share one machine and its clock.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pipectl.bench.load import new_run_id
from pipectl.bench.statements import load_statement
from pipectl.bench.suite.events import FIVE_TYPES, valid_event
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.open_loop import Schedule, Sent, send
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.statistics import percentile
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.lake.presto import Presto
from pipectl.waiting import wait_until

EVENTS_PER_SECOND = 200
_QUICK_SECONDS = 6
_SECONDS = 48  # as long as fifty batches, by which upkeep comes: each measurement then meets about one
_PAUSE_SECONDS = 0.5
_LEAD_SECONDS = 0.5  # until the senders have begun
_TIMEOUT_SECONDS = 120
_OVERLAP = timedelta(seconds=3)  # how far back an answer looks: a batch may land later than a younger one
_TARGET = Target(floor=5, goal=2, at_most=True)  # seconds


def freshness(lab: Lab, effort: Effort) -> Measured:
    """Send a steady stream of events, one a request, and see when each becomes a row."""
    lab.start_stream()
    events = EVENTS_PER_SECOND * (_QUICK_SECONDS if effort.is_quick else _SECONDS)
    ours = partial(_measure, lab, events)
    arms = [Arm(name=name, measure=ours) for name in ("pipectl", "pipectl again")]
    return Measured(
        samples=run_rounds(arms, effort.rounds, on_turn=effort.on_turn),
        questions=(
            Question(label="seconds to be visible, p95", figure="p95_s", arm="pipectl", target=_TARGET),
            Question(label="seconds to be visible, p50", figure="p50_s", arm="pipectl", target=None),
        ),
        steadiness=Steadiness(arm="pipectl", again="pipectl again"),
        notes={"load": f"{EVENTS_PER_SECOND} events/s, {events:,} a measurement"},
    )


def _measure(lab: Lab, events: int) -> Sample:
    run_id = new_run_id()
    schedule = Schedule(begin=time.time() + _LEAD_SECONDS, events_per_second=EVENTS_PER_SECOND, events=events)
    event = valid_event(lab.catalog.event(FIVE_TYPES[0]))
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, lab.url, schedule, event, run_id)
        seen = watch(lab.presto, run_id, sending)
    return sample_of(sending.result(), seen)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A row: when Kafka had its event, and when Presto first gave it (seconds since the epoch)."""

    in_kafka: float
    visible: float


def watch(presto: Presto, run_id: str, sending: "Future[list[Sent]]") -> Mapping[str, Seen]:
    """Ask Presto for the rows of a run until all that was sent is there; return each by its event's id.

    Raises what the sending raised, and OperationFailed when a row does not come.
    """
    query, seen = load_statement("arrived_of_run"), dict[str, Seen]()
    since = datetime.now(UTC) - _OVERLAP

    def has_all() -> bool:
        nonlocal since
        rows = presto.query(query, run_id=run_id, since=since).rows
        now = time.time()
        for event_id, arrived in rows:
            at = arrived.replace(tzinfo=UTC)
            seen.setdefault(event_id, Seen(in_kafka=at.timestamp(), visible=now))
            since = max(since, at - _OVERLAP)
        return sending.done() and len(seen) >= len(sending.result())

    def check_sending() -> None:
        if sending.done():
            sending.result()

    wait_until(
        has_all,
        timeout_seconds=_TIMEOUT_SECONDS,
        message="Not every event that was sent has a row.",
        pause_seconds=_PAUSE_SECONDS,
        watch=check_sending,
    )
    return seen


def sample_of(sent: Sequence[Sent], seen: Mapping[str, Seen]) -> Sample:
    """Return the percentiles of what events took from their moment on: to a row, to Kafka, to the answer."""
    visible = [seen[each.event_id].visible - each.intended for each in sent]
    in_kafka = [seen[each.event_id].in_kafka - each.intended for each in sent]
    return {
        "p50_s": percentile(visible, 50),
        "p95_s": percentile(visible, 95),
        "max_s": max(visible),
        "in_kafka_p95_s": percentile(in_kafka, 95),
        "answered_p95_s": percentile([each.answered - each.intended for each in sent], 95),
    }


FRESHNESS = Benchmark(
    name="freshness",
    summary=f"from the moment of sending to a row in Presto, at a steady {EVENTS_PER_SECOND} events/s",
    run=freshness,
    lands_events=True,
)
