"""Replaying: rebuilds what was rejected, and sends what has not landed, batch after batch.

The records go through the collector's own producer, so they are acknowledged by all replicas and a player's
events stay in the player's partition.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from pipectl.catalog import EVENTS_TOPIC
from pipectl.collector.config import CollectorConfig
from pipectl.collector.producer import Producer
from pipectl.collector.refusals import Refused
from pipectl.errors import NotRunning
from pipectl.lake.presto import Presto
from pipectl.replay.rebuild import Hopeless, Rebuilder, Rebuilt
from pipectl.replay.rejected import RejectedEvent

_BATCH = 1_000


class Outcome(StrEnum):
    """What became of one rejected event."""

    SENT = "sent"
    READY = "ready"
    """It would be sent, were this not a rehearsal."""
    LANDED_BEFORE = "landed_before"
    """An event of its id is in the lake already."""
    NOT_REPLAYABLE = "not_replayable"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One rejected event, and what became of it; `why` says it in words where it was not sent."""

    place: str
    outcome: Outcome
    event_id: str | None = None
    event_type: str | None = None
    why: str = ""


def replay(
    rejected: Iterable[RejectedEvent], rebuilder: Rebuilder, presto: Presto, bootstrap: str | None
) -> Iterator[Attempt]:
    """Replay these events, and yield what became of each; without `bootstrap` nothing is sent.

    Raises NotRunning when Kafka does not acknowledge. Doing it again is safe, and goes on where it ended.
    """
    remaining = iter(rejected)
    while batch := list(islice(remaining, _BATCH)):
        rebuilt: list[Rebuilt] = []
        for one in batch:
            try:
                rebuilt.append(rebuilder.rebuild(one))
            except Hopeless as reason:
                place = one.headline.place
                yield Attempt(place=place, outcome=Outcome.NOT_REPLAYABLE, why=str(reason))
        yield from _send_new(rebuilt, presto, bootstrap)


def _send_new(rebuilt: Sequence[Rebuilt], presto: Presto, bootstrap: str | None) -> Iterator[Attempt]:
    landed = {
        event_id
        for (event_id,) in presto.run("ids_landed", ids=" ".join(one.event_id for one in rebuilt)).rows
    }
    fresh = [one for one in rebuilt if one.event_id not in landed]
    if bootstrap and fresh:
        asyncio.run(_send(fresh, bootstrap))
    done = Outcome.SENT if bootstrap else Outcome.READY
    for one in rebuilt:
        outcome = Outcome.LANDED_BEFORE if one.event_id in landed else done
        yield Attempt(place=one.place, outcome=outcome, event_id=one.event_id, event_type=one.event_type)


async def _send(records: Sequence[Rebuilt], bootstrap: str) -> None:
    producer = Producer(CollectorConfig(host="", port=0, bootstrap_servers=bootstrap, catalog_file=""))
    producer.start(asyncio.get_running_loop())
    try:
        delivery = producer.begin()
        for one in records:
            producer.send(EVENTS_TOPIC, one.key, one.value, delivery, one.headers)
        errors = await delivery.errors()
    except Refused as refusal:
        raise _unacknowledged(refusal.message) from None
    finally:
        await asyncio.to_thread(producer.close)
    if failed := [error for error in errors if error]:
        raise _unacknowledged(f"{len(failed)} of {len(records)} records: {failed[0]}")


def _unacknowledged(evidence: str) -> NotRunning:
    return NotRunning(
        "Kafka has not acknowledged the replay.",
        evidence=evidence,
        do_next="Run: pipectl status, then the same command again; what was sent does not land twice.",
    )
