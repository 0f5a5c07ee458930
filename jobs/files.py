"""Rows to Parquet files as Iceberg takes them: one a day, each column under its number in the table."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_FIELD_ID = "PARQUET:field_id"  # where Arrow has a column's number in a Parquet file


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the rows of a table look like in its files."""

    table: str
    day_of: str  # the time by whose day the table is partitioned
    field_ids: Mapping[str, int]  # the number of each column, by which Iceberg knows it


@dataclass(frozen=True, kw_only=True)
class EncodedFile:
    """One file of a table, not written anywhere yet."""

    table: str
    day: date
    rows: int
    content: bytes


def encode_files(rows: pa.Table, layout: Layout) -> Iterator[EncodedFile]:
    """Yield a file for each day that the rows are of, none for no rows."""
    numbered = [field.with_metadata({_FIELD_ID: str(layout.field_ids[field.name])}) for field in rows.schema]
    rows = rows.cast(pa.schema(numbered))
    days = pc.floor_temporal(rows[layout.day_of], unit="day")
    for day in pc.unique(days):
        of_day = rows.filter(pc.equal(days, day))
        content = io.BytesIO()
        pq.write_table(of_day, content, compression="zstd", store_schema=False)
        yield EncodedFile(
            table=layout.table, day=day.as_py().date(), rows=len(of_day), content=content.getvalue()
        )
