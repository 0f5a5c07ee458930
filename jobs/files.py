"""Rows to Parquet files as Iceberg takes them: one a day, each column under its number in the table.

The types of the lake's columns are Arrow's here.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP_NTZ": pa.timestamp("us"),
    "BINARY": pa.binary(),
}
_FIELD_ID = "PARQUET:field_id"  # where Arrow has a column's number in a Parquet file


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the rows of a table look like in its files."""

    table: str
    day_of: str | None  # the time by whose day the table is partitioned, if it is
    field_ids: Mapping[str, int]  # the number of each column, by which Iceberg knows it


@dataclass(frozen=True, kw_only=True)
class EncodedFile:
    """One file of a table, not written anywhere yet."""

    table: str
    day: date | None  # of all its rows, where the table is partitioned
    content: bytes


def encode_files(rows: pa.Table, layout: Layout) -> Iterator[EncodedFile]:
    """Yield a file for each day that the rows are of, one for all where days do not matter, none for none."""
    numbered = [field.with_metadata({_FIELD_ID: str(layout.field_ids[field.name])}) for field in rows.schema]
    rows = rows.cast(pa.schema(numbered))
    if layout.day_of is None:
        if len(rows):
            yield EncodedFile(table=layout.table, day=None, content=_encoded(rows))
        return
    days = pc.floor_temporal(rows[layout.day_of], unit="day")
    for day in pc.unique(days):
        of_day = rows.filter(pc.equal(days, day))
        yield EncodedFile(table=layout.table, day=day.as_py().date(), content=_encoded(of_day))


def _encoded(rows: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(rows, content, compression="zstd", store_schema=False)
    return content.getvalue()
