import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipectl.hdfs import Hdfs, HdfsFile
from pipectl.lake.presto import Parameter, Presto, Result
from pipectl.verify.files import (
    DataFile,
    Files,
    Lake,
    check_files,
    find_ids,
    lost_file_difference,
    read_offsets,
)
from pipectl.verify.findings import Kind

FOLDER = "hdfs://127.0.0.1:8020/lake/game/events"
METADATA = {
    "current-schema-id": 1,
    "schemas": [
        {"schema-id": 0, "fields": []},
        {
            "schema-id": 1,
            "fields": [{"name": "kafka_partition", "id": 17}, {"name": "kafka_offset", "id": 18}],
        },
    ],
}


class FilesInMemory(Hdfs):
    """Answers for HDFS from a mapping of paths to contents."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)

    def list(self, path: str, *, recursive: bool = False) -> Iterator[HdfsFile]:  # noqa: ARG002 - its shape
        for name, content in self.contents.items():
            if name.startswith(path):
                yield HdfsFile(path=name, size_bytes=len(content), is_folder=False)

    def read_bytes(self, path: str) -> bytes:
        return self.contents[path]


@dataclass(frozen=True)
class NamedFiles(Presto):
    """Answers for Presto with the files that the table `events` names, each time the next list."""

    lists: list[Sequence[tuple[Any, ...]]] = field(default_factory=list)

    def run(self, name: str, **parameters: Parameter) -> Result:
        assert name == "events_files"
        assert parameters == {"partition_field": 17, "offset_field": 18}
        rows = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        columns = ("path", "records", "size_bytes")
        bounds = ("first_partition", "last_partition", "first_offset", "last_offset")
        return Result(columns=columns + bounds, rows=tuple((*row, 0, 3, 10, 20) for row in rows))


def lake(have: Sequence[str], *lists: Sequence[str]) -> Lake:
    contents = {f"/lake/game/events/data/{name}": b"four" for name in have}
    contents["/lake/game/events/metadata/v2.metadata.json"] = b"{}"
    contents["/lake/game/events/metadata/v11.metadata.json"] = json.dumps(METADATA).encode()
    contents["/lake/game/events/metadata/version-hint.text"] = b"11"
    named: list[Sequence[tuple[Any, ...]]] = [
        [(f"{FOLDER}/data/{name}", 5, 4) for name in names] for names in lists
    ]
    return Lake(presto=NamedFiles("nowhere", 0, lists=named), hdfs=FilesInMemory(contents))


def data_file(name: str = "a", **changes: Any) -> DataFile:
    bounds = {"first_partition": 1, "last_partition": 2, "first_offset": 10, "last_offset": 20}
    return DataFile(table="events", path=name, records=3, size_bytes=4, **bounds | changes)


def parquet(**columns: list[Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_files_that_are_all_there_are_right() -> None:
    files = check_files(lake(["a", "b"], ["a", "b"]), {"events"})

    assert [file.path for file in files.named] == [f"{FOLDER}/data/a", f"{FOLDER}/data/b"]
    assert not files.lost
    assert not files.unreadable_tables


def test_a_file_that_is_not_there_is_lost_with_its_bounds() -> None:
    files = check_files(lake(["a"], ["a", "b"]), {"events"})

    (lost,) = files.lost
    assert lost.path == f"{FOLDER}/data/b"
    assert (lost.records, lost.first_offset, lost.last_offset) == (5, 10, 20)
    assert files.unreadable_tables == {"events"}
    assert [file.path for file in files.left("events")] == [f"{FOLDER}/data/a"]


def test_a_file_that_is_shorter_than_it_was_written_is_lost() -> None:
    there = lake(["a"], ["a"])
    assert isinstance(there.hdfs, FilesInMemory)
    there.hdfs.contents["/lake/game/events/data/a"] = b"cut"

    assert len(check_files(there, {"events"}).lost) == 1


def test_a_file_that_compaction_replaced_in_the_meantime_is_not_lost() -> None:
    assert not check_files(lake(["a"], ["a", "b"], ["a"]), {"events"}).lost


@pytest.mark.parametrize(("partition", "offsets"), [(1, range(20, 30)), (2, range(11))])
def test_a_file_may_have_rows_within_its_bounds(partition: int, offsets: range) -> None:
    assert data_file().may_have(partition, offsets)


@pytest.mark.parametrize(("partition", "offsets"), [(1, range(21, 30)), (1, range(10)), (3, range(30))])
def test_a_file_is_passed_over_outside_its_bounds(partition: int, offsets: range) -> None:
    assert not data_file().may_have(partition, offsets)


def test_a_file_without_bounds_may_have_anything() -> None:
    assert data_file(first_offset=None, last_offset=None).may_have(1, range(999, 1000))


def test_the_offsets_of_a_place_are_read_from_the_files_that_are_left() -> None:
    content = parquet(kafka_partition=[1, 1, 2], kafka_offset=[10, 25, 11])

    assert read_offsets(FilesInMemory({"a": content}), [data_file()], ("events", 1), range(20)) == {10}


def test_refused_and_rejected_records_of_one_offset_are_told_apart_by_their_topic() -> None:
    content = parquet(topic=["events", "events-rejected"], kafka_partition=[1, 1], kafka_offset=[10, 11])
    hdfs = FilesInMemory({"a": content})

    assert read_offsets(hdfs, [data_file()], ("events-rejected", 1), range(20)) == {11}


def test_ids_are_found_in_the_files_that_are_left() -> None:
    hdfs = FilesInMemory({"a": parquet(event_id=["x", "y"])})

    assert find_ids(hdfs, [data_file()], {"y", "z"}) == {"y"}


def test_a_lost_file_is_named_with_its_records_and_their_ids() -> None:
    records = [
        {"topic": "events", "partition": 1, "offset": 10, "event_id": "x"},
        {"topic": "events", "partition": 1, "offset": 11, "event_id": None},
    ]

    difference = lost_file_difference(data_file("/lake/f.parquet"), records)

    assert difference.kind is Kind.MISSING_FILE
    assert "/lake/f.parquet" in difference.message
    assert "3 records" in difference.message
    assert "offsets 10 to 20" in difference.message
    assert difference.detail["event_ids"] == ["x"]
    assert difference.detail["records"] == records


def test_a_lost_file_of_the_ledger_has_no_offsets_to_name() -> None:
    lost = DataFile(table="batches", path="b", records=8, size_bytes=4)

    assert "offsets" not in lost_file_difference(lost, []).message
    assert Files(named=(lost,), lost=(lost,)).unreadable_tables == {"batches"}
