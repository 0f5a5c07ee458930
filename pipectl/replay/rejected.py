"""The rows of `rejected_events`, read through Presto."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipectl.errors import UsageFault
from pipectl.lake.presto import Presto
from pipectl.lake.tables import REJECTED_EVENTS

COLLECTOR, STREAM = "collector", "stream"
"""The stages: refused with a 4xx, or accepted and not landable."""

_ROWS_A_QUERY = 200  # each may have 64 KB
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rejected events are meant; None means any. Times are UTC, `until` is excluded."""

    stage: str | None = None
    reason: str | None = None
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether it lets everything through."""
        return not any(vars(self).values())


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What a list shows of a rejected event; `place` is `topic/partition/offset`."""

    place: str
    kafka_timestamp: datetime
    stage: str
    reason: str
    json_path: str | None
    message: str | None
    user_id: str | None


@dataclass(frozen=True, kw_only=True)
class RejectedEvent:
    """One row; `headers` are the request's, with its first line, or for the stage `stream` the record's."""

    headline: Headline
    raw: bytes
    headers: Mapping[str, str]
    received_at: datetime | None

    @property
    def came_at(self) -> datetime:
        """When it was received, as far as that is known, else when Kafka had it."""
        return self.received_at or self.headline.kafka_timestamp


def list_rejected(presto: Presto, wanted: Filter, *, limit: int = _NO_LIMIT) -> list[Headline]:
    """Return the newest rejected events that the filter lets through, the newest first."""
    if REJECTED_EVENTS.name not in presto.tables():
        return []
    found = presto.run("rejected_newest", **vars(wanted), limit=limit)
    return [Headline(**record) for record in found.records()]


def read_rejected(presto: Presto, places: Sequence[str]) -> Iterator[RejectedEvent]:
    """Yield the rows at these places, in their order; raises UsageFault for a place that has none."""
    for start in range(0, len(places), _ROWS_A_QUERY):
        part = places[start : start + _ROWS_A_QUERY]
        records = presto.run("rejected_at", places=part).records() if _exists(presto) else iter(())
        found = {event.headline.place: event for event in map(_as_event, records)}
        for place in part:
            if place not in found:
                raise UsageFault(
                    f"There is no rejected event at {place}.",
                    do_next="Run: pipectl rejected ls   (a place is topic/partition/offset)",
                )
            yield found[place]


def _exists(presto: Presto) -> bool:
    return REJECTED_EVENTS.name in presto.tables()


def _as_event(record: Mapping[str, Any]) -> RejectedEvent:
    own = ("raw", "headers", "received_at")
    return RejectedEvent(
        headline=Headline(**{name: value for name, value in record.items() if name not in own}),
        raw=record["raw"] or b"",
        headers=_as_headers(record["headers"]),
        received_at=record["received_at"],
    )


def _as_headers(text: str | None) -> dict[str, str]:
    document = json.loads(text or "{}")
    if isinstance(document, list):  # a record of Kafka may have one header twice
        return {header["key"]: header.get("value") or "" for header in document}
    return dict(document)
