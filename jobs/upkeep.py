"""Upkeep of the lake: as few files and snapshots as after the first hour, however long the stream runs.

    compact   the small files of each partition become few, sorted as the table says; readers and earlier
              snapshots keep the files that they have
    expire    snapshots go that are older than the keep time and not among the last ones, and with them
              the files that only they name

Both are Iceberg's own procedures, each one commit. Cut off at any point, they leave the table as it was or
as it should be; at worst files stay behind that no snapshot names, and nobody reads those. Manifests are
merged and old metadata files deleted by the commits themselves (TABLE_PROPERTIES).

Nobody else may write meanwhile: this runs in the driver between two batches, or in its place.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import Row, SparkSession

from jobs.jvm import collect_garbage, oldest_snapshot_time, snapshot_summaries
from jobs.sql import quoted
from pipectl.lake.job import UpkeepPolicy
from pipectl.lake.tables import CATALOG, SCHEMA, Table

Report = Callable[..., None]

_MEBIBYTE = 1024 * 1024
_TIERS = ((16, 2), (4, 12))
"""Files below such a part of the full size (1/16, 1/4) become fewer when a partition has so many of them, or
enough for a full one. By the second tier alone a minute of play would have all of its day up to there
written anew, and the stream would stand still for it. The last bound is a quarter and not more, for Spark
counts bytes before they are compressed: what it closes as a full file is smaller on disk."""
_COUNTED_EVERY = 5  # batches: counting reads the metadata of each table
_AT_REST = 4  # a stream that has nothing to do compacts at a quarter of the files: then nobody waits for it
_FILES_A_GROUP = 8  # full-size files that are rewritten together at most: it bounds memory
_GROUPS_AT_ONCE = 2
_EXPIRY_PAUSE = timedelta(minutes=15)  # an expiry reads the manifests of all snapshots: not at each occasion


class Rest:
    """Says once that no batch has come for some seconds, and once more after the next batch."""

    def __init__(self, seconds: float) -> None:
        """Begin before the first batch, which is no rest: there is nothing new to look at."""
        self._seconds = seconds
        self._last_batch: float | None = None

    def note_batch(self) -> None:
        """Take note that a batch is done."""
        self._last_batch = time.monotonic()

    def has_begun(self) -> bool:
        """Say whether a rest began since this was asked last."""
        if self._last_batch is None or time.monotonic() - self._last_batch < self._seconds:
            return False
        self._last_batch = None
        return True


@dataclass(kw_only=True)
class Upkeep:
    """Keeps some tables of one lake small."""

    spark: SparkSession
    tables: Sequence[Table]
    policy: UpkeepPolicy
    report: Report
    _files_left: int = 0  # by the last upkeep; what an earlier driver has left is looked at once

    def is_due(self, batch_id: int) -> bool:
        """Say whether it is time, after this batch (the first is 0): by batches, or by files before that.

        The numbers go on over restarts, so a driver that seldom lives for long keeps the lake small too. A
        batch of events from many days leaves a file or more in each, as many as an hour of live play. What
        cannot be counted is reported, and not due; never raises.
        """
        if self.policy.every_batches == 0:
            return False
        if (batch_id + 1) % self.policy.every_batches == 0:
            return True
        return (batch_id + 1) % _COUNTED_EVERY == 0 and self._has_added(self.policy.every_files)

    def is_due_at_rest(self) -> bool:
        """Say whether what the last batches have added is worth it, now that none comes; never raises."""
        return self.policy.every_batches > 0 and self._has_added(self.policy.every_files / _AT_REST)

    def _has_added(self, files: float) -> bool:
        try:
            return self._count_all_files() - self._files_left >= files
        except Exception as error:  # noqa: BLE001 - the bridge raises whatever the JVM raised
            self._report_failure(error)
            return False

    def _count_all_files(self) -> int:
        return sum(_count_files(self.spark, table) for table in self.tables)

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Compact every table, expire what is due, and collect the heap; never raises.

        It goes as far as `is_stopping` lets it. What fails is reported and tried again the next time: the
        stream can do without.
        """
        self.report("upkeep_begins")
        try:
            for table in self.tables:
                if not is_stopping():
                    self.compact(table)
                if not is_stopping() and self._has_old_snapshots(table):
                    self.expire(table)
            self._files_left = self._count_all_files()
            # By itself Java collects its old generation when that is full, and then it has the whole heap.
            # Frames that Python has not collected hold plans there, with all that is known of their tables.
            collect_garbage(self.spark)
        except Exception as error:  # noqa: BLE001 - the bridge raises whatever the JVM raised
            self._report_failure(error)

    def _report_failure(self, error: Exception) -> None:
        self.report("upkeep_failed", reason=f"{type(error).__name__}: {error}")

    def compact(self, table: Table) -> None:
        """Rewrite the files of each partition that are small, and have become enough, tier by tier."""
        for part_of_full, fewest in _TIERS:
            if _count_files(self.spark, table) >= fewest:
                self._rewrite(table, self.policy.file_mb * _MEBIBYTE, part_of_full, fewest)

    def _rewrite(self, table: Table, file_bytes: int, part_of_full: int, fewest: int) -> None:
        options = {
            "target-file-size-bytes": file_bytes,
            "min-file-size-bytes": file_bytes // part_of_full,
            "max-file-group-size-bytes": file_bytes * _FILES_A_GROUP,
            "max-concurrent-file-group-rewrites": _GROUPS_AT_ONCE,
            "min-input-files": fewest,
        }
        spelled = ", ".join(f"{quoted(key)}, {quoted(str(value))}" for key, value in options.items())
        self._call(
            table,
            "rewrite_data_files",
            f"strategy => 'sort', sort_order => {quoted(table.sorted_by)}, options => map({spelled})",
        )

    def expire(self, table: Table) -> None:
        """Forget the snapshots that are both older than the keep time and not among the last ones."""
        until = now() - self._keep_time
        self._call(table, "expire_snapshots", expiry(until, keep=self.policy.keep_snapshots))

    @property
    def _keep_time(self) -> timedelta:
        return timedelta(hours=self.policy.keep_hours)

    def _has_old_snapshots(self, table: Table) -> bool:
        oldest = oldest_snapshot_time(self.spark, table.full_name)
        return oldest is not None and oldest < now() - self._keep_time - _EXPIRY_PAUSE

    def _call(self, table: Table, procedure: str, arguments: str) -> None:
        begun = time.monotonic()
        result = call(self.spark, table, procedure, arguments)
        done: dict[str, Any] = {key: value for key, value in result.asDict().items() if value}
        if done:
            seconds = round(time.monotonic() - begun, 3)
            self.report("upkeep", what=procedure, table=table.name, seconds=seconds, **done)


def _count_files(spark: SparkSession, table: Table) -> int:
    summary = next(snapshot_summaries(spark, table.full_name, 1), {})
    return int(summary.get("total-data-files") or 0)


def call(spark: SparkSession, table: Table, procedure: str, arguments: str) -> Row:
    """Run one of Iceberg's procedures on a table and return what it says that it did."""
    name = quoted(f"{SCHEMA}.{table.name}")
    (result,) = spark.sql(f"CALL {CATALOG}.system.{procedure}(table => {name}, {arguments})").collect()
    return result


def expiry(until: datetime, *, keep: int) -> str:
    """Return what `expire_snapshots` is told: what is older goes, but not the last `keep` of a table."""
    return f"older_than => TIMESTAMP {quoted(until.isoformat(sep=' '))}, retain_last => {keep}"


def now() -> datetime:
    """Return the UTC time without a zone, as the lake has its times."""
    return datetime.now(UTC).replace(tzinfo=None)
