"""Of copies in one batch the first one lands, and the others are left out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.duplicates import later_copies, leave_out
from jobs.files import EncodedFile, Layout, encode_files
from jobs.tasks import Findings, Key

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


def events(folder: Path, *offsets: int) -> EncodedFile:
    """A file of table `events` with purchases of partition 3."""
    count = len(offsets)
    columns = {"kafka_partition": [3] * count, "kafka_offset": offsets, "event_type": ["buy"] * count}
    numbers = {"kafka_partition": 1, "kafka_offset": 2, "event_type": 3}
    layout = Layout(table="events", day_of=None, field_ids=numbers)
    [file] = encode_files(pa.table(columns), layout, folder)
    return file


def test_what_is_left_out_is_counted_as_a_duplicate_and_nothing_else_changes(tmp_path: Path) -> None:
    files = [events(tmp_path, 10, 11), events(tmp_path, 12), events(tmp_path, 13)]
    selected, duplicate = (Key("events", 3, "buy", name) for name in ("selected", "duplicate"))
    other = Key("events", 3, "logout", "not_selected")
    found = Findings(files=files, counts=Counter({selected: 4, other: 5}))

    left = leave_out(found, "events", {(3, 11), (3, 12), (0, 13)})

    assert left.counts == {selected: 2, duplicate: 2, other: 5}
    assert left.files == [files[0], files[2]]
    assert [pq.read_table(file.path)["kafka_offset"].to_pylist() for file in left.files] == [[10], [13]]
    assert [field.metadata[b"PARQUET:field_id"] for field in pq.read_schema(files[0].path)] == [
        b"1",
        b"2",
        b"3",
    ]


def test_files_of_other_tables_stay_as_they_are(tmp_path: Path) -> None:
    file = events(tmp_path, 10)

    assert leave_out(Findings(files=[file]), "another", {(3, 10)}).files == [file]
    assert pq.read_table(file.path).num_rows == 1
