"""What the ledger (table `batches`) says: how far the stream is, and the wait until it is far enough.

A place is (topic, partition). The ledger's end of a place is the first offset that it does not have yet.
Each commit to the ledger names its ranges in its snapshot's summary, so drain and status read no file of a
table that has thousands of small ones. Verification does not take that word: it reads the rows.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from pipectl.hdfs import Hdfs
from pipectl.lake.presto import Presto
from pipectl.lake.tables import BATCH_ID_KEY, BATCHES, QUERY_ID_KEY, RANGES_KEY, SCHEMA
from pipectl.waiting import wait_until

Place = tuple[str, int]
"""(topic, partition)."""

_PAUSE_SECONDS = 0.2
# A question costs Presto 0.2 s of a core that the stream needs meanwhile, so it is asked after each commit;
# without one it is asked too, for where Iceberg's libraries cannot write the hint, they let the commit stand.
_ASK_ANYWAY_SECONDS = 5
_VERSION_HINT = f"/lake/{SCHEMA}/{BATCHES.name}/metadata/version-hint.text"
_RECENT_BATCHES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """What became of the records of one event type in one range of one partition."""

    topic: str
    partition: int
    event_type: str | None
    from_offset: int
    until_offset: int
    landed: int
    not_selected: int
    rejected: int
    duplicates: int


@dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """One micro-batch, as its commit to the ledger names it; the ranges are of every place, also at rest."""

    query_id: str
    batch_id: int
    committed_at: datetime
    ranges: Mapping[Place, range]

    @property
    def records(self) -> int:
        """The records of all classes."""
        return sum(map(len, self.ranges.values()))

    @property
    def ends(self) -> dict[Place, int]:
        """The ledger's ends after this batch."""
        return {place: offsets.stop for place, offsets in self.ranges.items()}


@dataclass(frozen=True, kw_only=True)
class StreamProgress:
    """How the stream is getting on; `last_batch` is None before the first."""

    last_batch: BatchSummary | None
    records_per_second: float
    lag: int


def ledger_ends(presto: Presto) -> dict[Place, int]:
    """Return the ledger's end of each place, from its rows; empty where there is no ledger yet."""
    if BATCHES.name not in presto.tables():
        return {}
    rows = presto.run("ledger_ends").rows
    return {(topic, partition): end for topic, partition, end in rows}


def ledger_rows(presto: Presto) -> dict[Place, list[LedgerRow]]:
    """Return the whole ledger, whose table must be there: each place in the order of its ranges."""
    rows = [LedgerRow(**record) for record in presto.run("ledger_rows").records()]
    return {place: list(group) for place, group in groupby(rows, key=lambda row: (row.topic, row.partition))}


def remaining_records(targets: Mapping[Place, int], ends: Mapping[Place, int]) -> int:
    """Count the records below the targets that the ledger does not have yet."""
    return sum(max(0, target - ends.get(place, 0)) for place, target in targets.items())


def newest_commit(hdfs: Hdfs) -> int | None:
    """Return what is another number after each commit to the ledger; one call to the NameNode."""
    return hdfs.modified_at(_VERSION_HINT)


def await_drained(
    presto: Presto,
    targets: Mapping[Place, int],
    *,
    timeout_seconds: float,
    newest_commit: Callable[[], object] = object,
    watch: Callable[[], None] = lambda: None,
) -> int:
    """Block until the ledger has everything below `targets` (Kafka's end offsets, taken before the call).

    Returns how many records were missing at the first look. Presto is asked when `newest_commit` has
    another answer than before. `watch` is called before each look and ends the wait by raising: there the
    caller notices that the stream is dead. Raises OperationFailed at the deadline.
    """
    has_ledger = False
    asked_at: object = None
    missing: list[int] = []

    def is_drained() -> bool:
        nonlocal has_ledger, asked_at
        state = (newest_commit(), time.monotonic() // _ASK_ANYWAY_SECONDS)
        if state == asked_at:
            return False
        has_ledger = has_ledger or BATCHES.name in presto.tables()
        batches = _newest_batches(presto, limit=1) if has_ledger else []
        missing.append(remaining_records(targets, batches[0].ends if batches else {}))
        asked_at = state
        return missing[-1] == 0

    wait_until(
        is_drained,
        timeout_seconds=timeout_seconds,
        message=f"The stream has not landed everything within {timeout_seconds:.0f} s.",
        pause_seconds=_PAUSE_SECONDS,
        watch=watch,
    )
    return missing[0]


def stream_progress(presto: Presto, targets: Mapping[Place, int]) -> StreamProgress:
    """Return the last batch, the rate over the last batches, and the lag behind `targets`."""
    batches = recent_batches(presto)
    return StreamProgress(
        last_batch=batches[0] if batches else None,
        records_per_second=records_per_second(batches),
        lag=remaining_records(targets, batches[0].ends if batches else {}),
    )


def recent_batches(presto: Presto, limit: int = _RECENT_BATCHES) -> list[BatchSummary]:
    """Return the last batches, the newest first; empty where there is no ledger yet."""
    return _newest_batches(presto, limit) if BATCHES.name in presto.tables() else []


def _newest_batches(presto: Presto, limit: int) -> list[BatchSummary]:
    keys = {"query_key": QUERY_ID_KEY, "batch_key": BATCH_ID_KEY, "ranges_key": RANGES_KEY}
    result = presto.run("recent_batches", limit=limit, **keys)
    return [
        BatchSummary(query_id=query, batch_id=batch, committed_at=time, ranges=_parse_ranges(ranges))
        for query, batch, time, ranges in result.rows
    ]


def records_per_second(batches: Sequence[BatchSummary]) -> float:
    """Return the rate between the oldest and the newest of these batches (newest first)."""
    if len(batches) < 2:  # noqa: PLR2004 - a rate needs two points
        return 0.0
    seconds = (batches[0].committed_at - batches[-1].committed_at).total_seconds()
    return sum(batch.records for batch in batches[:-1]) / seconds if seconds > 0 else 0.0


def _parse_ranges(text: str) -> dict[Place, range]:
    topics: Mapping[str, Mapping[str, tuple[int, int]]] = json.loads(text)
    return {
        (topic, int(partition)): range(*bounds)
        for topic, partitions in topics.items()
        for partition, bounds in partitions.items()
    }
