"""Landing one batch, exactly once.

    1. The batch must begin where the ledger ends. If the ledger has its ranges already, it is done.
    2. Its rows come classified (transforms.py), each record once; each class is counted from its rows.
    3. Rows whose id may have been landed before are looked up in the lake; if there are duplicates, these
       get a class of their own, and the classes are counted again.
    4. Rejected rows are appended to `rejected_events`, then selected ones to `events`, each in one commit
       that names the batch; a table whose last commit names it already is left alone.
    5. The counts are appended to `batches`, the ledger. From here on the batch is done.

A crash between two of these is made good at the next start (recovery.py): what was appended in step 4 is
known by its name, and steps 1 to 5 are run again over exactly the same ranges. Nothing here catches an
exception: after a failed commit only the lake itself knows what became of it, so the driver has to end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from jobs.classes import REJECTED, SELECTED
from jobs.duplicates import duplicate_places, find_lookup, mark_duplicates
from jobs.ranges import Batch, Positions, show_ranges
from jobs.tables import Lake
from jobs.tally import TallyRow, count_classes, ledger_rows, total_of
from jobs.transforms import Rules, rejections, selected_events
from pipectl.errors import LakeConflict
from pipectl.lake.tables import REJECTED_EVENTS, events_table

_ROWS_A_FILE = 50_000
"""A commit of up to so many rows becomes one file a day: readers suffer from many small files."""


@dataclass(frozen=True, kw_only=True)
class Landing:
    """What landing needs to know beside the batch itself."""

    lake: Lake
    rules: Rules
    lookup_window: timedelta


class Sink:
    """Lands batches, one after the other, and knows where the ledger ends."""

    def __init__(self, landing: Landing, positions: Positions) -> None:
        """Begin at the given positions: the ledger's, and Kafka's beginning where it has none."""
        self._landing = landing
        self._positions = dict(positions)

    @property
    def positions(self) -> Positions:
        """The offset of each partition that is to be landed next."""
        return dict(self._positions)

    def land(self, batch: Batch, classified: DataFrame) -> Sequence[TallyRow]:
        """Land the classified rows of a batch and return its counts; empty if it had been landed before."""
        # 1.
        if self._has_landed(batch):
            return []
        self._check_starts(batch)
        # 2.
        with _persisted(classified) as rows:
            tally = count_classes(rows)
            # 3.
            with self._without_duplicates(rows, tally) as (resolved, final_tally):
                # 4.
                self._append_rows(resolved, final_tally, batch)
        # 5.
        committed_at = datetime.now(UTC).replace(tzinfo=None)
        self._landing.lake.append_to_ledger(ledger_rows(final_tally, batch, committed_at), batch)
        self._positions.update(batch.ends)
        return final_tally

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

    @contextmanager
    def _without_duplicates(
        self, classified: DataFrame, tally: Sequence[TallyRow]
    ) -> Iterator[tuple[DataFrame, Sequence[TallyRow]]]:
        lookup = find_lookup(tally, self._landing.lookup_window)
        if lookup is None:
            yield classified, tally
            return
        landed = self._landing.lake.read(events_table(self._landing.rules.catalog))
        # Not persisted: a cache that stems from `events` would be built anew by the append to `events`.
        places = duplicate_places(classified, landed, lookup).localCheckpoint()
        if places.isEmpty():
            yield classified, tally
            return
        # Persisted, so that what is counted and what is appended cannot differ.
        with _persisted(mark_duplicates(classified, places)) as resolved:
            yield resolved, count_classes(resolved)

    def _append_rows(self, resolved: DataFrame, tally: Sequence[TallyRow], batch: Batch) -> None:
        lake, catalog = self._landing.lake, self._landing.rules.catalog
        if count := total_of(tally, REJECTED):
            lake.append(REJECTED_EVENTS, _in_few_files(rejections(resolved), count), batch)
        if count := total_of(tally, SELECTED):
            lake.append(events_table(catalog), _in_few_files(selected_events(resolved), count), batch)


@contextmanager
def _persisted(frame: DataFrame) -> Iterator[DataFrame]:
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield frame
    finally:
        frame.unpersist()


def _in_few_files(rows: DataFrame, count: int) -> DataFrame:
    # Each task leaves a file in each day that it meets; more of them than run at once would gain nothing.
    at_once = rows.sparkSession.sparkContext.defaultParallelism
    return rows.coalesce(min(-(-count // _ROWS_A_FILE), at_once))
