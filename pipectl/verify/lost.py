"""What a lost file held, as far as Kafka knows: records inside its bounds that stand nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipectl.catalog import EVENTS_TOPIC, Catalog
from pipectl.hdfs import Hdfs
from pipectl.kafka import Record, read_records
from pipectl.lake.ledger import LedgerRow, Place
from pipectl.verify.arithmetic import Ranges
from pipectl.verify.files import EVENTS, DataFile, Files, find_ids, read_offsets
from pipectl.verify.judge import Judgement, judge


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where the records of a lost file are looked for."""

    bootstrap: str
    hdfs: Hdfs
    catalog: Catalog
    files: Files
    ledger: Mapping[Place, Sequence[LedgerRow]]

    def records_of(self, lost: DataFile) -> list[dict[str, Any]]:
        """Return topic, partition, offset and, where it can be read, the event id of each record."""
        candidates = [
            {"topic": topic, "partition": partition, "offset": record.offset, "event_id": judgement.event_id}
            for (topic, partition), rows in self.ledger.items()
            for record, judgement in self._candidates(lost, (topic, partition), rows)
        ]
        # More than were lost: duplicates are among them, of which the first copy was landed.
        if lost.table == EVENTS and len(candidates) > lost.records:
            return self._without_duplicates(candidates)
        return candidates

    def _without_duplicates(self, candidates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        first = {record["event_id"]: record for record in reversed(candidates)}
        landed = find_ids(self.hdfs, self.files.left(EVENTS), first.keys())
        return [record for event_id, record in reversed(first.items()) if event_id not in landed]

    def _candidates(
        self, lost: DataFile, place: Place, rows: Sequence[LedgerRow]
    ) -> Iterator[tuple[Record, Judgement]]:
        if lost.table == EVENTS and place[0] != EVENTS_TOPIC:
            return
        span = _span(lost, rows)
        if not span or not lost.may_have(place[1], span):
            return
        elsewhere = read_offsets(self.hdfs, self.files.left(lost.table), place, span)
        belongs = _Belonging(lost.table, place, rows)
        for record in read_records(self.bootstrap, *place, span.start, span.stop):
            judgement = judge(record.value, self.catalog)
            if record.offset not in elsewhere and belongs.to_table(record.offset, judgement):
                yield record, judgement


class _Belonging:
    """Says whether the ledger sent a record to a table."""

    def __init__(self, table: str, place: Place, rows: Sequence[LedgerRow]) -> None:
        self._is_events_table = table == EVENTS
        self._is_events_topic = place[0] == EVENTS_TOPIC
        self._ranges = Ranges(rows)
        self._rows = {(row.from_offset, row.event_type): row for row in rows}

    def to_table(self, offset: int, judgement: Judgement) -> bool:
        if not self._is_events_topic:
            return True  # all that the collector refused goes to rejected_events
        start = self._ranges.start_of(offset)
        row = None if start is None else self._rows.get((start, judgement.event_type))
        if row is None:
            return False
        if self._is_events_table:
            return row.landed > 0 and judgement.problem is None
        return row.rejected > 0 and judgement.problem is not None


def _span(lost: DataFile, rows: Sequence[LedgerRow]) -> range:
    """Return the offsets in which the file's rows of a place can lie."""
    if not rows:
        return range(0)
    first, until = rows[0].from_offset, max(row.until_offset for row in rows)
    if lost.first_offset is not None and lost.last_offset is not None:
        first, until = max(first, lost.first_offset), min(until, lost.last_offset + 1)
    return range(first, until)
