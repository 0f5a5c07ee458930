"""Batches of records to batches of classified rows: Arrow on both sides, lists of values between them.

Every record becomes one row with the columns of `Classifier.schema`; what does not apply to its class is
NULL. The rows of a batch come out in groups, one for each event type, and one of rejected records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.classes import NOT_SELECTED, REJECTED, SELECTED
from jobs.files import arrow_fields
from jobs.payload import PayloadHash
from jobs.readers import EventReader, Rejected, read_refusal
from jobs.schemas import ENVELOPE_TIMES, REQUEST_TEXTS, TAG, Event, NotSelected, Request, tag_of
from jobs.times import utc_times
from pipectl.catalog import EVENTS_TOPIC, Catalog
from pipectl.lake.tables import REJECTED_EVENTS, events_table

PLACE = ("kafka_partition", "kafka_offset", "kafka_timestamp")
"""Where a record stands, and since when."""

_KEPT = ("topic", *PLACE, "is_replay")
_CLASSIFIED = {
    "topic": "STRING",
    **{name: REJECTED_EVENTS.columns[name] for name in PLACE},
    "class": "STRING",
    "event_type": "STRING",  # NULL where it cannot be read or is unknown
    "event_id": "STRING",
    "needs_lookup": "BOOLEAN",
    "is_replay": "BOOLEAN",
}
_ENVELOPE = tuple(name for name in Event.__struct_fields__ if name != "request")
_NO_REQUEST = Request()
_UUID_LENGTH, _VERSION_AT = 36, 14
_PLAYER = "player"  # whose traffic it is where nothing is said

Columns = Mapping[str, Any]
"""Columns by name: lists of values, or arrays. One that is not here is NULL."""


class Classifier:
    """Reads records and gives each its class; all of them by the same catalog."""

    def __init__(self, catalog: Catalog, selected: tuple[str, ...]) -> None:
        """Make ready for any number of batches."""
        self._reader = EventReader(catalog, selected)
        self._own_fields = {event.name: tuple(event.fields) for event in catalog}
        self._hashes = {name: PayloadHash(catalog.event(name)) for name in selected}
        self._event_type = pa.struct(arrow_fields(events_table(catalog).columns))
        self._rejection_type = pa.struct(arrow_fields(REJECTED_EVENTS.columns))
        structs = [pa.field("event", self._event_type), pa.field("rejection", self._rejection_type)]
        self.schema = pa.schema([*arrow_fields(_CLASSIFIED), *structs])

    def classify(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a batch with topic, PLACE, value, is_replay and headers (as JSON) of records."""
        read = self._read(batch)
        times = self._check_times(read, batch)
        kept = {name: batch.column(name) for name in (*_KEPT, "headers")}
        groups: dict[type, list[int]] = {}
        for row, each in enumerate(read):
            groups.setdefault(type(each), []).append(row)
        parts = []
        for kind, rows in groups.items():
            at = {name: column.take(pa.array(rows)) for name, column in (kept | times).items()}
            parts.append(self._rows(kind, [read[row] for row in rows], at))
        yield from pa.Table.from_batches(parts, self.schema).combine_chunks().to_batches()

    def _read(self, batch: pa.RecordBatch) -> list[Event | NotSelected | Rejected]:
        topics, values = batch.column("topic").to_pylist(), batch.column("value").to_pylist()
        return [
            self._reader.read(value) if topic == EVENTS_TOPIC else read_refusal(value)
            for topic, value in zip(topics, values, strict=True)
        ]

    def _check_times(self, read: list[Any], batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """Return the times of all, and look again at events of which one is wrong."""
        times = {}
        for name in ENVELOPE_TIMES:
            texts = pa.array([getattr(each, name, None) for each in read], pa.string())
            times[name] = utc_times(texts)
            for row in pc.indices_nonzero(pc.and_not(texts.is_valid(), times[name].is_valid())).to_pylist():
                if isinstance(read[row], Event):
                    read[row] = self._reader.examine(batch.column("value")[row].as_py())
        return times

    def _rows(self, kind: type, group: list[Any], at: Columns) -> pa.RecordBatch:
        if issubclass(kind, Event):
            columns = self._selected(tag_of(kind), group, at)
        elif issubclass(kind, NotSelected):
            columns = {"class": [NOT_SELECTED] * len(group), TAG: [tag_of(kind)] * len(group)}
        else:
            columns = self._rejected(group, at)
        known = {"needs_lookup": [False] * len(group), **{name: at[name] for name in _KEPT}, **columns}
        return pa.RecordBatch.from_arrays(_arrays(self.schema, known, len(group)), schema=self.schema)

    def _selected(self, name: str, events: Sequence[Event], at: Columns) -> Columns:
        values = {field: _values(field, events) for field in (*_ENVELOPE, *self._own_fields[name])}
        requests = [event.request or _NO_REQUEST for event in events]
        row = {
            **values,
            **{field: _values(field, requests) for field in REQUEST_TEXTS},
            **{field: at[field] for field in (*ENVELOPE_TIMES, *PLACE)},
            TAG: [name] * len(events),
            "traffic": [traffic or _PLAYER for traffic in values["traffic"]],
            "payload_hash": self._hashes[name].hashes(values),
        }
        others = [not is_ours for is_ours in map(_is_ours, values["id_source"], values["event_id"])]
        return {
            "class": [SELECTED] * len(events),
            TAG: row[TAG],
            "event_id": values["event_id"],
            "needs_lookup": pc.or_(pa.array(others), at["is_replay"]),
            "event": _struct_array(self._event_type, row, len(events)),
        }

    def _rejected(self, rejected: Sequence[Rejected], at: Columns) -> Columns:
        of_records = at["headers"].to_pylist()
        row = {
            **{field: _values(field, rejected) for field in Rejected.__struct_fields__},
            **{field: at[field] for field in ("topic", *PLACE, "received_at")},
            "headers": [each.headers or headers for each, headers in zip(rejected, of_records, strict=True)],
        }
        return {
            "class": [REJECTED] * len(rejected),
            TAG: row[TAG],
            "rejection": _struct_array(self._rejection_type, row, len(rejected)),
        }


def _is_ours(id_source: str | None, event_id: str) -> bool:
    """Whether the collector made the id, which is new then and need not be looked up.

    The shape of a UUIDv7 is asked for too: a producer that is not ours may claim anything.
    """
    return id_source == "collector" and len(event_id) == _UUID_LENGTH and event_id[_VERSION_AT] == "7"


def _values(name: str, objects: Iterable[Any]) -> list[Any]:
    return list(map(attrgetter(name), objects))


def _arrays(fields: Iterable[pa.Field], columns: Columns, rows: int) -> list[pa.Array]:
    arrays = []
    for field in fields:
        column = columns.get(field.name)
        if column is None:
            column = pa.nulls(rows, field.type)
        arrays.append(column if isinstance(column, pa.Array) else pa.array(column, field.type))
    return arrays


def _struct_array(wanted: pa.DataType, columns: Columns, rows: int) -> pa.Array:
    return pa.StructArray.from_arrays(_arrays(wanted, columns, rows), fields=list(wanted))
