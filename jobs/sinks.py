"""Landing one batch, exactly once.

    1. The batch must begin where the ledger ends. If the ledger has its ranges already, it is done.
    2. Its records are classified, counted and encoded to files in one pass (tasks.py), outside the lake.
    3. Ids that may have been landed before are looked up in the batch and in the lake; duplicates are taken
       out of the files, and counted as a class of their own.
    4. Files that are small become one for each day. Rejected rows are appended to `rejected_events`, then
       selected ones to `events`, each in one commit that names the batch; a table whose last commit names it
       already is left alone.
    5. The counts are appended to `batches`, the ledger. From here on the batch is done.

A crash between two of these is made good at the next start (recovery.py): what was appended in step 4 is
known by its name, and steps 1 to 5 are run again over exactly the same ranges. Nothing here catches an
exception: after a failed commit only the lake itself knows what became of it, so the driver has to end.
"""

import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.duplicates import Place, landed_elsewhere, later_copies, leave_out
from jobs.files import put_together
from jobs.ranges import Batch, Positions, show_ranges
from jobs.tables import Lake
from jobs.tally import Tally, ledger_rows
from jobs.tasks import Findings
from jobs.transforms import encode
from pipectl.catalog import Catalog
from pipectl.errors import LakeConflict
from pipectl.lake.tables import REJECTED_EVENTS, events_table

_ROWS_A_TASK = 50_000  # a batch of up to so many rows is one task: more would only be more to start


@dataclass(frozen=True, kw_only=True)
class Landing:
    """What landing needs to know beside the batch itself."""

    lake: Lake
    catalog: Catalog
    selected: tuple[str, ...]
    lookup_window: timedelta


class Sink:
    """Lands batches, one after the other, and knows where the ledger ends."""

    def __init__(self, landing: Landing, positions: Positions) -> None:
        """Begin at the given positions: the ledger's, and Kafka's beginning where it has none."""
        self._lake = landing.lake
        self._events = events_table(landing.catalog)
        self._work = pickle.dumps(landing.lake.work(landing.catalog, landing.selected))
        self._lookup_window = landing.lookup_window
        self._positions = dict(positions)

    @property
    def positions(self) -> Positions:
        """The offset of each partition that is to be landed next."""
        return dict(self._positions)

    def land(self, batch: Batch, records: DataFrame) -> Tally:
        """Land the `plain` records of a batch and return its counts; empty if it had been landed before."""
        # 1.
        if self._has_landed(batch):
            return Tally()
        self._check_starts(batch)
        with _empty_folder(_scratch_of(records)) as folder:
            # 2.
            found = encode(records.coalesce(self._tasks(batch, records)), self._work, folder)
            # 3.
            if duplicates := self._find_duplicates(found):
                found = leave_out(found, self._events.name, duplicates)
            # 4.
            files = list(put_together(found.files))
            for table in (REJECTED_EVENTS, self._events):
                self._lake.append(table, [file for file in files if file.table == table.name], batch)
            # 5.
            committed_at = datetime.now(UTC).replace(tzinfo=None)
            self._lake.append_to_ledger(ledger_rows(found.counts, batch, committed_at), batch, folder)
        self._positions.update(batch.ends)
        return found.counts

    def _has_landed(self, batch: Batch) -> bool:
        return all(end <= self._positions.get(partition, 0) for partition, end in batch.ends.items())

    def _check_starts(self, batch: Batch) -> None:
        wrong = {
            partition: offsets
            for partition, offsets in batch.ranges.items()
            if offsets.start != self._positions.get(partition, 0)
        }
        if wrong:
            raise LakeConflict(
                f"Batch {batch.batch_id} does not begin where the ledger ends.",
                evidence=f"Planned: {show_ranges(wrong)}. The ledger ends at: "
                + ", ".join(f"{t}/{n} {self._positions.get((t, n), 0)}" for t, n in sorted(wrong)),
                do_next="Start the stream again: it sets the checkpoint aside and goes on from the ledger.",
            )

    def _tasks(self, batch: Batch, records: DataFrame) -> int:
        """Return in how many tasks to encode a batch.

        More of them than run at once would gain nothing, and leave more files. But partitions that are
        neighbours go into one task, as those of a topic are: where both topics have records, refusals must
        not be half of the tasks.
        """
        rows = sum(map(len, batch.ranges.values()))
        at_once = min(-(-rows // _ROWS_A_TASK), records.sparkSession.sparkContext.defaultParallelism)
        topics = {topic for topic, _ in batch.moved}
        return at_once * len(topics) if at_once > 1 else 1

    def _find_duplicates(self, found: Findings) -> frozenset[Place]:
        if not found.asking:
            return frozenset()
        asking = pa.concat_tables(found.asking)
        files = [file for file in found.files if file.table == self._events.name]
        landed = self._lake.read(self._events)
        return frozenset(
            chain(later_copies(files, asking), landed_elsewhere(asking, landed, self._lookup_window))
        )


def _scratch_of(records: DataFrame) -> Path:
    return Path(str(records.sparkSession.conf.get("spark.local.dir"))) / "batch"


@contextmanager
def _empty_folder(path: Path) -> Iterator[Path]:
    """Give a folder until the block ends; what a driver that was killed has left in it is deleted."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)  # a task of a batch that failed may still be writing
