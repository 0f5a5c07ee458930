"""The data files that the tables name: whether each is in HDFS, whole, and what was in one that is not.

The list of files comes from Iceberg's metadata through Presto, and the folder from the NameNode. What a
lost file held is worked out from what is left: its bounds in the metadata, the places of the rows in its
neighbours (read with pyarrow), and the records that Kafka still holds.
"""

import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipectl.catalog import EVENTS_TOPIC
from pipectl.hdfs import Hdfs, path_of
from pipectl.lake.ledger import Place
from pipectl.lake.presto import Presto
from pipectl.lake.tables import BATCHES, REJECTED_EVENTS
from pipectl.verify.findings import Difference, Kind

EVENTS = "events"
TABLES = (EVENTS, REJECTED_EVENTS.name, BATCHES.name)

_METADATA_NAME = re.compile(r"/v(\d+)\.metadata\.json$")
_PLACE_COLUMNS = ("kafka_partition", "kafka_offset")


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A data file as a table's metadata describes it; a bound is None where the metadata has none."""

    table: str
    path: str
    records: int
    size_bytes: int
    first_partition: int | None = None
    last_partition: int | None = None
    first_offset: int | None = None
    last_offset: int | None = None

    def may_have(self, partition: int, offsets: range) -> bool:
        """Say whether a row of this partition and range can be in the file."""
        if self.first_partition is None or self.last_partition is None:
            return True
        if self.first_offset is None or self.last_offset is None:
            return True
        if not self.first_partition <= partition <= self.last_partition:
            return False
        return self.first_offset < offsets.stop and offsets.start <= self.last_offset


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files that the tables name, and those of them that are not there."""

    named: tuple[DataFile, ...]
    lost: tuple[DataFile, ...]

    @property
    def unreadable_tables(self) -> frozenset[str]:
        """The tables that cannot be scanned."""
        return frozenset(file.table for file in self.lost)

    def left(self, table: str) -> list[DataFile]:
        """Return the files of a table that are there."""
        lost = {file.path for file in self.lost}
        return [file for file in self.named if file.table == table and file.path not in lost]


@dataclass(frozen=True, kw_only=True)
class Lake:
    """Where the tables are, as Presto names them and as HDFS stores them."""

    presto: Presto
    hdfs: Hdfs
    warehouse: str = "/lake"

    def folder(self, table: str) -> str:
        """Return the folder of a table."""
        return f"{self.warehouse}/{self.presto.schema}/{table}"


def check_files(lake: Lake, present: Collection[str]) -> Files:
    """Compare the files that those tables which are present name with those of HDFS, by name and length."""
    tables = [table for table in TABLES if table in present]
    named = [file for table in tables for file in _named_files(lake, table)]
    suspects = _absent(named, lake)
    if suspects:
        # Compaction may have replaced a file between the two lists: ask again for those alone.
        again = {file.path for table in tables for file in _named_files(lake, table)}
        suspects = _absent([file for file in suspects if file.path in again], lake)
    return Files(named=tuple(named), lost=tuple(suspects))


def lost_file_difference(file: DataFile, records: Iterable[Mapping[str, Any]]) -> Difference:
    """Describe a lost file; `records` are what Kafka still holds of it."""
    held = list(records)
    message = f"{file.table}: a file of {file.records} records is not in HDFS, or not whole: {file.path}"
    if file.first_offset is not None:
        message += f" (partitions {file.first_partition} to {file.last_partition}, "
        message += (
            f"offsets {file.first_offset} to {file.last_offset}; Kafka still holds {len(held)} of them)"
        )
    return Difference(
        kind=Kind.MISSING_FILE,
        message=message,
        detail={
            "table": file.table,
            "file": file.path,
            "record_count": file.records,
            "partitions": [file.first_partition, file.last_partition],
            "offsets": [file.first_offset, file.last_offset],
            "event_ids": [record["event_id"] for record in held if record["event_id"]],
            "records": held,
        },
    )


def read_offsets(hdfs: Hdfs, files: Iterable[DataFile], place: Place, offsets: range) -> set[int]:
    """Return which of the offsets of a place have a row in one of the files."""
    near = (file for file in files if file.may_have(place[1], offsets))
    return {offset for file in near for offset in _offsets_in(hdfs, file, place) if offset in offsets}


def find_ids(hdfs: Hdfs, files: Iterable[DataFile], ids: Collection[str]) -> set[str]:
    """Return which of these event ids stand in one of the files of `events`."""
    found: set[str] = set()
    for file in files if ids else ():
        found.update(row["event_id"] for row in _rows_of(hdfs, file, ("event_id",)) if row["event_id"] in ids)
    return found


def _offsets_in(hdfs: Hdfs, file: DataFile, place: Place) -> Iterator[int]:
    for row in _rows_of(hdfs, file, ("topic", *_PLACE_COLUMNS)):
        topic = row.get("topic", EVENTS_TOPIC)  # all of `events` is from there
        if (topic, row["kafka_partition"]) == place:
            yield row["kafka_offset"]


def _rows_of(hdfs: Hdfs, file: DataFile, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    # A sixth of a second that only a lost file is worth.
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    parquet = pq.ParquetFile(io.BytesIO(hdfs.read_bytes(file.path)))
    present = [name for name in columns if name in parquet.schema_arrow.names]
    for batch in parquet.iter_batches(columns=present):
        yield from batch.to_pylist()


def _named_files(lake: Lake, table: str) -> list[DataFile]:
    # The ledger has no bounds worth knowing: without it nothing can be said of offsets at all.
    ids = _field_ids(lake, table) if table != BATCHES.name else {}
    result = lake.presto.run(f"{table}_files", **ids)
    return [DataFile(table=table, **record) for record in result.records()]


def _field_ids(lake: Lake, table: str) -> dict[str, int]:
    """Return Iceberg's ids of the place columns: the metadata's bounds are kept under them."""
    listed = lake.hdfs.list(f"{lake.folder(table)}/metadata")
    newest = max((file.path for file in listed), key=_version)
    document = json.loads(lake.hdfs.read_bytes(newest))
    fields = {
        field["name"]: field["id"]
        for schema in document["schemas"]
        if schema["schema-id"] == document["current-schema-id"]
        for field in schema["fields"]
    }
    return {name.removeprefix("kafka_") + "_field": fields[name] for name in _PLACE_COLUMNS}


def _version(path: str) -> int:
    match = _METADATA_NAME.search(path)
    return int(match[1]) if match else 0


def _absent(files: list[DataFile], lake: Lake) -> list[DataFile]:
    folders = {lake.folder(file.table) for file in files}
    listed = (file for folder in folders for file in lake.hdfs.list(folder, recursive=True))
    sizes = {file.path: file.size_bytes for file in listed}
    return [file for file in files if sizes.get(path_of(file.path)) != file.size_bytes]
