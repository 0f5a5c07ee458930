"""The door to Spark's JVM: files, Kafka's offsets, commits and snapshots of a table, and the lock.

What PySpark has no function for is asked of the JVM's own libraries, through the bridge that PySpark
brings. Nothing outside this module knows of that.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs.files import EncodedFile
from jobs.ranges import Partition, Positions
from pipectl.errors import LakeConflict

_DESERIALIZER = "org.apache.kafka.common.serialization.ByteArrayDeserializer"


def collect_garbage(spark: SparkSession) -> None:
    """Collect what nobody holds in Python, then in the JVM; blocks for some tenths of a second.

    PySpark tells the JVM of what Python no longer holds a moment later: that goes the next time.
    """
    gc.collect()
    spark._jvm.System.gc()  # noqa: SLF001 - PySpark's only way to the JVM's libraries


class Files:
    """The few things that are done to files of any Hadoop file system; paths are URLs."""

    def __init__(self, spark: SparkSession) -> None:
        """Use the file systems as this session has them configured."""
        self._jvm = spark._jvm  # noqa: SLF001 - PySpark's only way to the JVM's libraries
        self._configuration = spark._jsc.hadoopConfiguration()  # noqa: SLF001 - see above

    def read_text(self, url: str) -> str:
        """Return the content of a file."""
        system, path = self._locate(url)
        stream = system.open(path)
        try:
            return bytes(stream.readAllBytes()).decode()
        finally:
            stream.close()

    def exists(self, url: str) -> bool:
        """Say whether there is a file or folder of that name."""
        system, path = self._locate(url)
        return bool(system.exists(path))

    def names(self, folder_url: str) -> list[str]:
        """Return the names in a folder; empty if there is no such folder."""
        system, path = self._locate(folder_url)
        if not system.exists(path):
            return []
        return [status.getPath().getName() for status in system.listStatus(path)]

    def upload(self, file: Path, url: str) -> None:
        """Copy a file of this machine."""
        system, path = self._locate(url)
        system.copyFromLocalFile(self._jvm.org.apache.hadoop.fs.Path(f"file://{file}"), path)

    def rename(self, url: str, new_url: str) -> None:
        """Give a file or folder another name."""
        system, path = self._locate(url)
        if not system.rename(path, self._jvm.org.apache.hadoop.fs.Path(new_url)):
            raise LakeConflict("A folder cannot be renamed.", evidence=f"{url} to {new_url}")

    def delete(self, url: str) -> None:
        """Delete a file, or a folder with all that is in it; one that is not there is left at that."""
        system, path = self._locate(url)
        system.delete(path, True)  # noqa: FBT003 - recursive; the JVM has no names

    def _locate(self, url: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(url)
        return path.getFileSystem(self._configuration), path


class Topics:
    """Where the partitions of some topics begin and end."""

    def __init__(self, spark: SparkSession, bootstrap_servers: str, topics: Iterable[str]) -> None:
        """Remember whom to ask; each question opens and closes a connection of its own."""
        self._jvm = spark._jvm  # noqa: SLF001 - PySpark's only way to the JVM's libraries
        self._bootstrap_servers = bootstrap_servers
        self._topics = tuple(topics)

    def beginnings(self) -> Positions:
        """Return the first offset of each partition that Kafka still has."""
        return self._ask("beginningOffsets")

    def ends(self) -> Positions:
        """Return the offset of each partition that the next record will get."""
        return self._ask("endOffsets")

    def _ask(self, question: str) -> dict[Partition, int]:
        consumer = self._connect()
        try:
            partitions = self._jvm.java.util.ArrayList()
            for topic in self._topics:
                for info in consumer.partitionsFor(topic):
                    partitions.add(self._jvm.org.apache.kafka.common.TopicPartition(topic, info.partition()))
            answer = getattr(consumer, question)(partitions)
            return {(key.topic(), key.partition()): int(answer[key]) for key in partitions}
        finally:
            consumer.close()

    def _connect(self) -> Any:
        properties = self._jvm.java.util.Properties()
        properties.put("bootstrap.servers", self._bootstrap_servers)
        properties.put("key.deserializer", _DESERIALIZER)
        properties.put("value.deserializer", _DESERIALIZER)
        return self._jvm.org.apache.kafka.clients.consumer.KafkaConsumer(properties)


def snapshot_summaries(spark: SparkSession, table_name: str, limit: int) -> Iterator[Mapping[str, str]]:
    """Yield the summaries of a table's snapshots, newest first, at most `limit`."""
    table = load_table(spark, table_name)
    snapshot = table.currentSnapshot()
    for _ in range(limit):
        if snapshot is None:
            return
        yield snapshot.summary()
        parent = snapshot.parentId()
        snapshot = None if parent is None else table.snapshot(parent)


def field_ids(spark: SparkSession, table: Any) -> dict[str, int]:
    """Return the numbers by which Iceberg knows the columns of a loaded table."""
    parser = spark._jvm.org.apache.iceberg.SchemaParser  # noqa: SLF001 - see Files
    schema = json.loads(parser.toJson(table.schema()))
    return {field["name"]: field["id"] for field in schema["fields"]}


def append_files(
    spark: SparkSession, table: Any, files: Iterable[EncodedFile], summary: Mapping[str, str]
) -> None:
    """Put files into a loaded table, in one commit with this summary, on top of what it has now."""
    append, put = table.newAppend(), []
    try:
        for file in files:
            put.append(_location(table, file))
            append.appendFile(_put(spark, table, file, put[-1]))
    except Exception:
        # Only before the commit: after one that failed, the lake alone knows what became of it.
        for location in put:
            Files(spark).delete(location)
        raise
    for key, value in summary.items():
        append.set(key, value)
    append.commit()


def _location(table: Any, file: EncodedFile) -> str:
    name = "/".join(filter(None, (_partition(table, file), file.path.name)))
    return str(table.locationProvider().newDataLocation(name))


def _partition(table: Any, file: EncodedFile) -> str:
    return f"{table.spec().fields().get(0).name()}={file.day}" if file.day else ""


def _put(spark: SparkSession, table: Any, file: EncodedFile, location: str) -> Any:
    """Copy a file to where the table is to have it, and return it as Iceberg wants it named."""
    iceberg = spark._jvm.org.apache.iceberg  # noqa: SLF001 - see Files
    local, wanted = iceberg.Files.localInput(str(file.path)), iceberg.MetricsConfig.forTable(table)
    metrics = iceberg.parquet.ParquetUtil.fileMetrics(local, wanted)
    Files(spark).upload(file.path, location)
    named = iceberg.DataFiles.builder(table.spec()).withPath(location).withFormat("parquet")
    if partition := _partition(table, file):
        named = named.withPartitionPath(partition)
    return named.withFileSizeInBytes(local.getLength()).withMetrics(metrics).build()


def oldest_snapshot_time(spark: SparkSession, table_name: str) -> datetime | None:
    """Return when the oldest snapshot of a table was committed, in UTC without a zone; None without any."""
    snapshots = load_table(spark, table_name).snapshots().iterator()
    if not snapshots.hasNext():
        return None
    # Listed in the order of their commits.
    milliseconds = snapshots.next().timestampMillis()
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def load_table(spark: SparkSession, name: str) -> Any:
    """Return a table as Iceberg's own libraries have it, with the snapshots that there are now."""
    util = spark._jvm.org.apache.iceberg.spark.Spark3Util  # noqa: SLF001 - see Files
    return util.loadIcebergTable(spark._jsparkSession, name)  # noqa: SLF001 - see Files


def end_jvm(spark: SparkSession) -> None:
    """Close a session for good and wait until its JVM has ended by itself, not killed."""
    process = spark.sparkContext._gateway.proc  # noqa: SLF001 - see Files
    spark.stop()
    process.stdin.close()
    process.wait()


def hold_lock(spark: SparkSession, lock_file: str) -> Any:
    """Lock a file for as long as the JVM lives; keep what is returned, or the lock may be let go.

    The JVM is what writes to the lake, and it outlives this Python process by a moment: so it must be the
    JVM that holds the lock. Raises LakeConflict if another process has it.
    """
    file = spark._jvm.java.io.RandomAccessFile(lock_file, "rw")  # noqa: SLF001 - see Files
    lock = file.getChannel().tryLock()
    if lock is None:
        raise LakeConflict(
            "Another process writes to this lake; there can be only one.",
            evidence=f"The lock is held: {lock_file}",
            do_next="Run: pipectl stream status   (and pipectl stream stop, to end the other one)",
        )
    return file, lock
