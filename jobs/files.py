"""Rows to Parquet files as Iceberg takes them: one a day, each column under its number in the table."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_ARROW_TYPES: Mapping[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP_NTZ": pa.timestamp("us"),
    "BINARY": pa.binary(),
}
_SMALL_BYTES = 1024 * 1024  # less is read and written sooner than each later reader opens one file more
# Here hardly a value comes twice: a dictionary would only be the column once more, and whoever filters by one
# of them would first compare all of it.
_WITHOUT_DICTIONARY = frozenset({"event_id", "event_ts", "client_ts", "kafka_offset", "payload_hash"})
_FIELD_ID = "PARQUET:field_id"  # where Arrow has a column's number in a Parquet file


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the rows of a table look like in its files."""

    table: str
    day_of: str | None  # the time by whose day the table is partitioned, if it is
    field_ids: Mapping[str, int]  # the number of each column, by which Iceberg knows it


@dataclass(frozen=True, kw_only=True)
class EncodedFile:
    """One file of a table, on this machine and not in the lake yet."""

    table: str
    day: date | None  # of all its rows, where the table is partitioned
    path: Path


def arrow_fields(columns: Mapping[str, str]) -> list[pa.Field]:
    """Return columns of the lake (name to SQL type) as Arrow has them."""
    return [pa.field(name, _ARROW_TYPES[sql_type]) for name, sql_type in columns.items()]


def encode_files(rows: pa.Table, layout: Layout, folder: Path) -> Iterator[EncodedFile]:
    """Write a file for each day that the rows are of, one for all where days do not matter, none for none."""
    numbered = [field.with_metadata({_FIELD_ID: str(layout.field_ids[field.name])}) for field in rows.schema]
    rows = rows.cast(pa.schema(numbered))
    for day, of_day in _by_day(rows, layout.day_of):
        path = folder / f"{uuid.uuid4()}.parquet"
        write_file(of_day, path)
        yield EncodedFile(table=layout.table, day=day, path=path)


def write_file(rows: pa.Table, path: Path) -> None:
    """Write rows whose columns are numbered; compressed as TABLE_PROPERTIES says of what Spark writes."""
    repeating = [name for name in rows.column_names if name not in _WITHOUT_DICTIONARY]
    pq.write_table(rows, path, compression="zstd", use_dictionary=repeating, store_schema=False)


def put_together(files: Iterable[EncodedFile]) -> Iterator[EncodedFile]:
    """Make one file of the small files that different tasks have left for one day of a table."""
    small: defaultdict[tuple[str, date | None], list[EncodedFile]] = defaultdict(list)
    for file in files:
        if file.path.stat().st_size < _SMALL_BYTES:
            small[file.table, file.day].append(file)
        else:
            yield file
    for first, *others in small.values():
        if others:
            write_file(pa.concat_tables(pq.read_table(file.path) for file in (first, *others)), first.path)
        yield first


def _by_day(rows: pa.Table, day_of: str | None) -> Iterator[tuple[date | None, pa.Table]]:
    if day_of is None:
        if len(rows):
            yield None, rows
        return
    days = pc.floor_temporal(rows[day_of], unit="day")
    different = pc.unique(days)
    for day in different:
        yield day.as_py().date(), rows if len(different) == 1 else rows.filter(pc.equal(days, day))
