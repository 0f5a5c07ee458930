"""Ids that were sent again with other content: the first version landed, later ones are in Kafka only.

What a client said is compared, value by value: the same things that `payload_hash` is over, so two versions
differ here where their hashes would (but Presto has times to the millisecond: a client's time that differs by
less does not count). Comparing values also says what differs, and needs no second spelling of Spark's JSON.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipectl.catalog import EVENTS_TOPIC, Catalog
from pipectl.lake.ledger import Place
from pipectl.lake.presto import Presto, load_query

_SAID = ("event_type", "schema_version", "user_id", "session_id", "client_ts")
_IDS_A_QUERY = 2_000


@dataclass(frozen=True, kw_only=True)
class Version:
    """One record that brings an id which is in the lake already, parsed, and its offset."""

    offset: int
    event: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """An id with two contents: places are `topic/partition/offset`, `payload_hash` is the landed row's.

    `changes` has what differs: name -> (as it landed, as it was sent again).
    """

    event_id: str
    landed: str
    again: str
    payload_hash: str
    changes: Mapping[str, tuple[Any, Any]]

    @property
    def message(self) -> str:
        """Say it in a sentence."""
        changes = [f"{name} {again!r} instead of {first!r}" for name, (first, again) in self.changes.items()]
        told = f"{self.event_id}, landed from {self.landed}, was sent again at {self.again} with "
        return told + ", ".join(changes)


class Versions:
    """Compares records with the rows that have their ids."""

    def __init__(self, presto: Presto, catalog: Catalog) -> None:
        """Take the door to the lake, and the catalog whose fields are compared."""
        self._presto = presto
        self._catalog = catalog
        self._columns = (*_SAID, *catalog.columns())

    def compare(self, place: Place, sent_again: Sequence[Version]) -> Iterator[Rewritten]:
        """Yield those of these records of one place that say something else than the row of their id."""
        for start in range(0, len(sent_again), _IDS_A_QUERY):
            part = sent_again[start : start + _IDS_A_QUERY]
            rows = self._rows([one.event["event_id"] for one in part])
            for one in part:
                row = rows.get(one.event["event_id"])
                if row and (changes := self.changes(row, one.event)):
                    yield _rewritten(place, one, row, changes)

    def _rows(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        columns = ", ".join(f'"{name}"' for name in self._columns)
        found = self._presto.query(load_query("landed_versions").format(columns=columns), ids=" ".join(ids))
        return {record["event_id"]: record for record in found.records()}

    def changes(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Return what differs between a row of `events` and the value of a record."""
        said = self._said(event)
        return {name: (row[name], said[name]) for name in self._columns if row[name] != said[name]}

    def _said(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns that this event would have; a field that its type does not have is NULL."""
        known = self._catalog.events.get(event["event_type"])
        own = known.fields if known else ()
        said = {name: event.get(name) for name in _SAID}
        said["client_ts"] = _as_presto_has_it(event.get("client_ts"))
        return said | {name: event.get(name) if name in own else None for name in self._catalog.columns()}


def _as_presto_has_it(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _rewritten(
    place: Place, again: Version, row: Mapping[str, Any], changes: Mapping[str, tuple[Any, Any]]
) -> Rewritten:
    topic, partition = place
    return Rewritten(
        event_id=row["event_id"],
        landed=f"{EVENTS_TOPIC}/{row['kafka_partition']}/{row['kafka_offset']}",
        again=f"{topic}/{partition}/{again.offset}",
        payload_hash=row["payload_hash"],
        changes=changes,
    )
