"""Rows become one Parquet file a day, with every column under its number in the table."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.files import EncodedFile, Layout, encode_files, put_together

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


def test_what_never_repeats_has_no_dictionary(tmp_path: Path) -> None:
    [file] = encode_files(rows(NOON, NOON), LAYOUT, tmp_path)

    group = pq.ParquetFile(file.path).metadata.row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    assert {column.path_in_schema: column.has_dictionary_page for column in columns} == {
        "event_id": False,
        "event_ts": False,
        "price": True,
    }


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    assert list(encode_files(rows(), LAYOUT, tmp_path)) == []


def test_where_days_do_not_matter_all_rows_are_one_file(tmp_path: Path) -> None:
    [file] = encode_files(rows(NOON, NOON + timedelta(days=1)), replace(LAYOUT, day_of=None), tmp_path)

    assert file.day is None
    assert pq.read_table(file.path).num_rows == 2


def ids_of(file: EncodedFile) -> list[str]:
    ids: list[str] = pq.read_table(file.path)["event_id"].to_pylist()
    return ids


def test_the_small_files_of_a_day_become_one(tmp_path: Path) -> None:
    """Two tasks have met two days, and one of them a third day and another table."""
    next_day, third_day = NOON + timedelta(days=1), NOON + timedelta(days=2)
    files = [
        *encode_files(rows(NOON, next_day), LAYOUT, tmp_path),
        *encode_files(rows(third_day, NOON, next_day), LAYOUT, tmp_path),
        *encode_files(rows(NOON), replace(LAYOUT, table="rejected_events"), tmp_path),
    ]

    left = list(put_together(files))

    found = {(file.table, file.day): ids_of(file) for file in left}
    assert found == {
        ("events", NOON.date()): ["0", "1"],
        ("events", next_day.date()): ["1", "2"],
        ("events", third_day.date()): ["0"],
        ("rejected_events", NOON.date()): ["0"],
    }
    assert len(left) == len(found)
    assert pq.read_schema(left[0].path).field("price").metadata[b"PARQUET:field_id"] == b"40"


def test_large_files_of_a_day_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (next(encode_files(rows(*[NOON] * count), LAYOUT, tmp_path)) for count in (1, 20_000))
    monkeypatch.setattr("jobs.files._SMALL_BYTES", large.path.stat().st_size)

    assert {file.path: len(ids_of(file)) for file in put_together([small, large, large])} == {
        small.path: 1,
        large.path: 20_000,
    }
