"""Rows become one Parquet file a day, with every column under its number in the table."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.files import Layout, encode_files

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as in the lake
LAYOUT = Layout(table="events", day_of="event_ts", field_ids={"event_ts": 7, "event_id": 1, "price": 40})
SCHEMA = pa.schema([("event_id", pa.string()), ("event_ts", pa.timestamp("us")), ("price", pa.int64())])


def rows(*times: datetime) -> pa.Table:
    return pa.table(
        {"event_id": [f"{n}" for n in range(len(times))], "event_ts": times, "price": [None] * len(times)},
        SCHEMA,
    )


def test_each_day_is_a_file_with_its_own_rows(tmp_path: Path) -> None:
    midnight = datetime(2026, 11, 25)  # noqa: DTZ001 - as in the lake
    before, long_ago = midnight - timedelta(microseconds=1), datetime(1969, 12, 31, 23)  # noqa: DTZ001 - see above

    files = {
        file.day: file for file in encode_files(rows(NOON, midnight, before, long_ago), LAYOUT, tmp_path)
    }

    found = {day: pq.read_table(file.path)["event_id"].to_pylist() for day, file in files.items()}
    assert found == {
        date(2026, 11, 24): ["0", "2"],
        date(2026, 11, 25): ["1"],
        date(1969, 12, 31): ["3"],
    }
    assert {file.table for file in files.values()} == {"events"}


def test_columns_have_the_numbers_of_the_table(tmp_path: Path) -> None:
    [file] = encode_files(rows(NOON), LAYOUT, tmp_path)

    schema = pq.read_schema(file.path)
    assert {field.name: field.metadata[b"PARQUET:field_id"] for field in schema} == {
        "event_id": b"1",
        "event_ts": b"7",
        "price": b"40",
    }


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    assert list(encode_files(rows(), LAYOUT, tmp_path)) == []


def test_where_days_do_not_matter_all_rows_are_one_file(tmp_path: Path) -> None:
    [file] = encode_files(rows(NOON, NOON + timedelta(days=1)), replace(LAYOUT, day_of=None), tmp_path)

    assert file.day is None
    assert pq.read_table(file.path).num_rows == 2
