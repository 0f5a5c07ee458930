"""Of copies in one batch, the first one lands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from jobs.duplicates import later_copies
from jobs.files import Layout, encode_files

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as in the lake
Row = tuple[str, int, int, int]
"""Id, partition, offset, and the second after noon at which Kafka got it."""
NAMES = ("event_id", "kafka_partition", "kafka_offset", "kafka_timestamp")
LAYOUT = Layout(
    table="events", day_of="kafka_timestamp", field_ids={name: n for n, name in enumerate(NAMES, start=1)}
)


def table(rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    times = [NOON + timedelta(seconds=second) for second in columns[3]]
    return pa.table(dict(zip(NAMES, (*columns[:3], pa.array(times, pa.timestamp("us"))), strict=True)))


def found(rows: Sequence[Row], asking: Sequence[Row], folder: Path) -> set[tuple[int, int]]:
    return set(later_copies(encode_files(table(rows), LAYOUT, folder), table(asking)))


def test_the_earliest_by_kafkas_time_lands_whatever_its_place(tmp_path: Path) -> None:
    rows = [("a", 0, 1, 9), ("a", 1, 50, 3), ("a", 2, 7, 3), ("b", 0, 2, 1)]

    assert found(rows, rows, tmp_path) == {(0, 1), (2, 7)}


def test_an_id_of_the_collectors_goes_before_a_client_that_brings_it_too(tmp_path: Path) -> None:
    ours, copy = ("a", 0, 5, 9), ("a", 0, 4, 1)

    assert found([ours, copy], [copy], tmp_path) == {(0, 4)}


def test_what_does_not_ask_is_never_a_copy(tmp_path: Path) -> None:
    rows = [("a", 0, 1, 1), ("a", 0, 2, 2), ("b", 0, 3, 3)]

    assert found(rows, rows[2:], tmp_path) == set()
