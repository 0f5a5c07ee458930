"""The ledger's arithmetic: functions from frozen rows to differences, with nobody asked anything.

All of them look at one place, which is (topic, partition). A range is [from_offset, until_offset).
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise

from pipectl.lake.ledger import LedgerRow, Place
from pipectl.verify.findings import Counts, Difference, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRows:
    """What a table has of one range (by the offset that it begins with) and one event type.

    `from_offset` is None for rows that lie before the first range; `event_type` is None where the table
    does not keep it. `offsets` counts different offsets.
    """

    from_offset: int | None
    event_type: str | None
    rows: int
    offsets: int


class Ranges:
    """The ranges of one place, to find the one that an offset lies in."""

    def __init__(self, rows: Iterable[LedgerRow]) -> None:
        """Take the ranges of these rows; each stands once, in order."""
        bounds = sorted({(row.from_offset, row.until_offset) for row in rows})
        self.all = [range(start, until) for start, until in bounds]
        self.starts = [offsets.start for offsets in self.all]

    def start_of(self, offset: int) -> int | None:
        """Return where the range of an offset begins, None if it is in no range."""
        index = bisect_right(self.starts, offset) - 1
        return self.starts[index] if index >= 0 and offset in self.all[index] else None

    def cut(self, offsets: range) -> Iterator[tuple[int, range]]:
        """Cut offsets into what lies in each range; yields where the range begins, and that part."""
        first = max(0, bisect_right(self.starts, offsets.start) - 1)
        for own in islice(self.all, first, None):
            if own.start >= offsets.stop:
                return
            if part := range(max(own.start, offsets.start), min(own.stop, offsets.stop)):
                yield own.start, part


def check_contiguous(place: Place, rows: Sequence[LedgerRow], kafka: range) -> Iterator[Difference]:
    """Find offsets that no range has, or two; `kafka` is what Kafka holds, from its beginning to its end.

    The ledger may end before Kafka does: that is pending. It may begin after offset 0 only where Kafka
    no longer holds what is before: that was deleted before the stream's first start.
    """
    ranges = Ranges(rows).all
    if not ranges:
        return
    if kafka.start < ranges[0].start:
        yield _gap(place, kafka.start, ranges[0].start)
    for before, after in pairwise(ranges):
        if before.stop < after.start:
            yield _gap(place, before.stop, after.start)
        elif after.start < before.stop:
            yield _overlap(place, before, after)
    yield from _twice_written(place, rows)
    if (end := max(offsets.stop for offsets in ranges)) > kafka.stop:
        message = f"the ledger has offsets up to {end}, and Kafka ends at {kafka.stop}"
        yield place_difference(Kind.AHEAD, place, message, kafka.stop, until_offset=end)


def check_sums(place: Place, rows: Iterable[LedgerRow]) -> Iterator[Difference]:
    """Compare the width of each range with the sum of its classes."""
    sums: Counter[tuple[int, int]] = Counter()
    for row in rows:
        classes = row.landed + row.not_selected + row.rejected + row.duplicates
        sums[row.from_offset, row.until_offset] += classes
    for (start, until), total in sums.items():
        if total != until - start:
            message = f"range [{start}, {until}) has {until - start} offsets, its classes count {total}"
            yield place_difference(Kind.CLASS_SUM, place, message, start, until_offset=until)


def check_landed(place: Place, rows: Sequence[LedgerRow], found: Iterable[FoundRows]) -> Iterator[Difference]:
    """Compare the rows in `events` with what the ledger landed, for each range and event type."""
    wanted = Counter({(row.from_offset, row.event_type): row.landed for row in rows})
    yield from _compare("events", place, wanted, list(found))


def check_rejected(
    place: Place, rows: Sequence[LedgerRow], found: Iterable[FoundRows]
) -> Iterator[Difference]:
    """Compare the rows in `rejected_events` with what the ledger rejected, for each range."""
    wanted: Counter[tuple[int, str | None]] = Counter()
    for row in rows:
        wanted[row.from_offset, None] += row.rejected
    yield from _compare("rejected_events", place, wanted, list(found))


def check_identity(what: str, rows: int, different: int) -> Iterator[Difference]:
    """Compare the rows of `events` with how many different ones of what is to be there once."""
    if different != rows:
        yield Difference(
            kind=Kind.DUPLICATE_ROW,
            message=f"events has {rows} rows and {different} different {what}",
            detail={"rows": rows, "different": different},
        )


def count_classes(rows: Iterable[LedgerRow]) -> Counts:
    """Add up the ledger; `accepted` is the width of the ranges."""
    listed = list(rows)
    return Counts(
        accepted=sum(map(len, Ranges(listed).all)),
        landed=sum(row.landed for row in listed),
        not_selected=sum(row.not_selected for row in listed),
        rejected=sum(row.rejected for row in listed),
        duplicates=sum(row.duplicates for row in listed),
    )


def count_pending(rows: Iterable[LedgerRow], kafka: range) -> int:
    """Count the offsets that Kafka has above the ledger."""
    return max(0, kafka.stop - max((row.until_offset for row in rows), default=kafka.start))


def spans_to_read(rows: Sequence[LedgerRow], *, deep: bool) -> list[range]:
    """Return the ranges whose records are read again, neighbours joined: all, or those with duplicates."""
    wanted = Ranges(row for row in rows if deep or row.duplicates).all
    spans: list[range] = []
    for offsets in wanted:
        if spans and spans[-1].stop == offsets.start:
            spans[-1] = range(spans[-1].start, offsets.stop)
        else:
            spans.append(offsets)
    return spans


def _compare(
    table: str, place: Place, wanted: Counter[tuple[int, str | None]], found: Sequence[FoundRows]
) -> Iterator[Difference]:
    have: dict[tuple[int | None, str | None], int] = defaultdict(int)
    for group in found:
        have[group.from_offset, group.event_type] += group.rows
        if group.offsets != group.rows:
            message = f"{table} has {group.rows} rows for {group.offsets} offsets of a range"
            yield place_difference(Kind.DUPLICATE_ROW, place, message, group.from_offset or 0)
    for start, event_type in sorted({*wanted, *have}, key=str):
        rows, want = have[start, event_type], wanted[start, event_type] if start is not None else 0
        if rows != want:
            kind = Kind.MISSING_ROWS if rows < want else Kind.EXTRA_ROWS
            yield _miscounted(kind, place, (table, event_type, start), (rows, want))


def _miscounted(
    kind: Kind, place: Place, group: tuple[str, str | None, int | None], counts: tuple[int, int]
) -> Difference:
    table, event_type, start = group
    rows, want = counts
    where = "before the first range" if start is None else f"of the range from {start}"
    of_type = f" ({event_type})" if event_type else ""
    detail = {"table": table, "event_type": event_type, "rows": rows, "ledger": want}
    message = f"{table} has {rows} rows {where}{of_type}, the ledger says {want}"
    return place_difference(kind, place, message, start or 0, **detail)


def _twice_written(place: Place, rows: Sequence[LedgerRow]) -> Iterator[Difference]:
    keys = Counter((row.from_offset, row.until_offset, row.event_type) for row in rows)
    twice = sorted({key[:2] for key, times in keys.items() if times > 1})
    for (start, until), _ in groupby(twice):
        message = f"range [{start}, {until}) is in the ledger more than once"
        yield place_difference(Kind.OVERLAP, place, message, start, until_offset=until)


def _gap(place: Place, start: int, until: int) -> Difference:
    return place_difference(
        Kind.GAP, place, f"no range of the ledger has [{start}, {until})", start, until_offset=until
    )


def _overlap(place: Place, before: range, after: range) -> Difference:
    until = min(before.stop, after.stop)
    return place_difference(
        Kind.OVERLAP, place, f"two ranges have [{after.start}, {until})", after.start, until_offset=until
    )


def place_difference(kind: Kind, place: Place, message: str, offset: int, **detail: object) -> Difference:
    """Return a difference that is, or begins, at an offset of a place."""
    topic, partition = place
    where = {"topic": topic, "partition": partition, "offset": offset}
    return Difference(kind=kind, message=f"{topic}/{partition}: {message}", detail=where | detail)
