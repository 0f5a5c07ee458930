"""From a rejected event to the record that it should have been, or the reason why it still cannot be one.

A refusal of the collector is made a request again and goes through the collector's own checks. A record that
the stream rejected is taken as it is, patched, and judged by the rules of the catalog: what the stream would
reject once more is not sent once more.

The id is the event's own. One without gets an id that follows from its place alone, so that however often it
is replayed, and whatever the patch, it is the same event.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from pipectl.catalog import REPLAY_HEADER, Catalog
from pipectl.collector.inputs import Request
from pipectl.collector.refusals import Refused
from pipectl.collector.repeat import Repeater, Repetition
from pipectl.lake.tables import CUT
from pipectl.replay.rejected import COLLECTOR, RejectedEvent
from pipectl.verify.judge import judge

_IDS = uuid.UUID("5c8f4f0e-52a7-5c0e-9b57-7f6e1d1e6f0a")
"""The namespace of the ids that follow from places; never change it: known events would be new ones."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What is changed before a replay: values of the event (None takes one away), headers of the request."""

    patch: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """A record of topic `events`, ready to be sent."""

    place: str
    event_id: str
    event_type: str
    key: bytes | None
    value: bytes

    @property
    def headers(self) -> Mapping[str, bytes]:
        """What tells the stream to look in the whole lake for the id."""
        return {REPLAY_HEADER: self.place.encode()}


class Hopeless(Exception):
    """A rejected event that cannot be replayed as it is; the text says why."""


class Rebuilder:
    """Rebuilds rejected events by the rules of one catalog."""

    def __init__(self, catalog: Catalog, repair: Repair) -> None:
        """Prepare the collector's checks."""
        self._catalog = catalog
        self._repair = repair
        self._repeater = Repeater(catalog)

    def rebuild(self, rejected: RejectedEvent) -> Rebuilt:
        """Return the record; raises Hopeless with the reason when there is none."""
        is_refusal = rejected.headline.stage == COLLECTOR
        return self._from_request(rejected) if is_refusal else self._from_record(rejected)

    def _from_request(self, rejected: RejectedEvent) -> Rebuilt:
        if CUT in rejected.headers:
            raise Hopeless("the request was too long, and is kept in part only")
        place = rejected.headline.place
        repetition = Repetition(
            received_at=rejected.came_at.replace(tzinfo=UTC), event_id=id_of(place), patch=self._repair.patch
        )
        try:
            record = self._repeater.record(_as_request(rejected, self._repair.headers), repetition)
        except Refused as refusal:
            raise Hopeless(refusal.message) from None
        event_type = json.loads(record.value)["event_type"]
        return Rebuilt(
            place=place,
            event_id=record.event_id,
            event_type=event_type,
            key=record.key,
            value=record.value,
        )

    def _from_record(self, rejected: RejectedEvent) -> Rebuilt:
        place = rejected.headline.place
        event = _as_event(rejected.raw)
        patched = _patched(event, self._repair.patch)
        if not patched.get("event_id"):
            patched |= {"event_id": id_of(place), "id_source": "collector"}
        value = rejected.raw if patched == event else json.dumps(patched, ensure_ascii=False).encode()
        judgement = judge(value, self._catalog)
        if judgement.problem or not (judgement.event_id and judgement.event_type):
            raise Hopeless(judgement.problem or "has no event_id")
        return Rebuilt(
            place=place,
            event_id=judgement.event_id,
            event_type=judgement.event_type,
            key=str(patched["user_id"]).encode(),
            value=value,
        )


def id_of(place: str) -> str:
    """Return the id of an event that brought none: it follows from its place and from nothing else."""
    return str(uuid.uuid5(_IDS, place))


def _as_event(raw: bytes) -> dict[str, Any]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        raise Hopeless("is not JSON, so there is nothing in it to repair") from None
    if not isinstance(event, dict):
        raise Hopeless("is not an object, so there is nothing in it to repair")
    return event


def _patched(event: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a patch as RFC 7386 says, on the first level: an event is flat."""
    return {
        name: value for name, value in {**event, **patch}.items() if name not in patch or value is not None
    }


def _as_request(rejected: RejectedEvent, changed: Mapping[str, str]) -> Request:
    """Make the request that was refused, as far as it is kept; its body is there already."""
    kept = {**rejected.headers, **changed}
    kept["host"] = kept.get("host") or kept.get(":authority", "")

    async def receive() -> bytes:
        return rejected.raw

    return Request(
        method=kept.get(":method", ""),
        path=kept.get(":path", ""),
        query=kept.get(":query", ""),
        header=lambda name: kept.get(name) or None,
        receive=receive,
        has_header=lambda name: name in kept,
        body=rejected.raw,
    )
