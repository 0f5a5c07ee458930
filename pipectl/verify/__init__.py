"""Verification: proof that every accepted record is in exactly one class, and each landed one in the lake.

    findings.py     what is found: counts, differences, checks that could not be made
    arithmetic.py   the ledger's arithmetic, pure
    erased.py       what was erased on purpose counts as what it was
    files.py        (d) every data file that the tables name is in HDFS
    lost.py         what a lost file held, as far as Kafka still has it
    judge.py        a second opinion about a record, by the catalog's rules
    versions.py     ids that were sent again with other content: no difference, and worth knowing
    stretches.py    stretches of offsets, as they are read again
    records.py      (c) records read again from Kafka, each where the ledger says
    __init__.py     `verify`: all of it, in order

The order is: files first, for no table with a lost file can be scanned; (a) the ledger's ranges and sums;
(b) rows in the tables against the ledger; ids and places that stand twice; (c) the second reader.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pipectl import kafka
from pipectl.catalog import EVENTS_TOPIC, Catalog
from pipectl.hdfs import Hdfs
from pipectl.lake.ledger import LedgerRow, Place, ledger_rows
from pipectl.lake.presto import Presto
from pipectl.lake.tables import BATCHES, REJECTED_EVENTS
from pipectl.verify import arithmetic
from pipectl.verify.arithmetic import FoundRows
from pipectl.verify.erased import Erasures, find_erasures
from pipectl.verify.files import EVENTS, Files, Lake, check_files, lost_file_difference
from pipectl.verify.findings import Counts, Difference, Kind, Verification
from pipectl.verify.lost import Search
from pipectl.verify.records import Part, SecondReader
from pipectl.verify.versions import Rewritten, Versions

__all__ = ["Counts", "Difference", "Kind", "Rewritten", "Sources", "Verification", "verify"]

_MOST_DIFFERENCES = 1_000
"""One lost table makes a difference of every range: nobody reads more than these."""

_MORE = f"only the first {_MOST_DIFFERENCES} differences are listed"

_DUPLICATES_NAMED = 20

_ROWS_A_QUESTION = 2_000_000
"""Presto keeps every different value that it has met: 200 MB for so many ids."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Everything that is asked: the engines, each through its own door, and the catalog's rules."""

    bootstrap: str
    presto: Presto
    hdfs: Hdfs
    catalog: Catalog
    warehouse: str = "/lake"


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What all checks stand on: taken once, so that a running stream changes nothing under them."""

    kafka: Mapping[Place, range]
    ledger: Mapping[Place, Sequence[LedgerRow]]
    files: Files
    tables: frozenset[str]
    erasures: Erasures

    def can_scan(self, table: str) -> bool:
        return table in self.tables and table not in self.files.unreadable_tables

    def of_topic(self, topic: str) -> dict[Place, Sequence[LedgerRow]]:
        return {place: rows for place, rows in self.ledger.items() if place[0] == topic}


@dataclass(kw_only=True)
class _Notes:
    """Differences and omissions, in the order in which they are found."""

    differences: list[Difference] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, found: Iterable[Difference]) -> None:
        space = _MOST_DIFFERENCES - len(self.differences)
        self.differences += islice(found, max(0, space))
        if len(self.differences) == _MOST_DIFFERENCES and _MORE not in self.skipped:
            self.skipped.append(_MORE)

    def skip(self, check: str, table: str) -> None:
        self.skipped.append(f"{check}: not possible while {table} cannot be read")


def verify(
    sources: Sources, *, deep: bool = False, on_step: Callable[[str], None] = lambda _step: None
) -> Verification:
    """Make every check and return the result; blocks, and may be called while the stream runs.

    `deep` reads every record again that Kafka still holds; otherwise only those without a row in `events`
    are, in ranges with duplicates. A lost file is a difference, and the checks that it makes impossible are
    named in `skipped`. Raises NotRunning when an engine does not answer.
    """
    notes = _Notes()
    on_step("files")
    ground = _take_ground(sources)
    on_step("ledger")
    _check_ledger(ground, notes)
    on_step("lost files")
    _describe_lost(sources, ground, notes)
    on_step("rows")
    _check_rows(sources.presto, ground, notes)
    on_step("records")
    versions = Versions(sources.presto, sources.catalog) if deep else None
    reader = SecondReader(ground.erasures, sources.bootstrap, sources.catalog, versions)
    _check_records(reader, ground, notes, deep=deep)
    verification = _conclude(ground, notes, deep=deep, read_again=reader.read)
    return replace(verification, rewritten=tuple(reader.rewritten))


def _take_ground(sources: Sources) -> _Ground:
    tables = sources.presto.tables()
    files = check_files(Lake(presto=sources.presto, hdfs=sources.hdfs, warehouse=sources.warehouse), tables)
    has_ledger = BATCHES.name in tables and BATCHES.name not in files.unreadable_tables
    ledger = ledger_rows(sources.presto) if has_ledger else {}
    begins, kafka_ends = kafka.beginning_offsets(sources.bootstrap), kafka.end_offsets(sources.bootstrap)
    return _Ground(
        kafka={place: range(begins[place], end) for place, end in sorted(kafka_ends.items())},
        ledger=ledger,
        files=files,
        tables=tables,
        erasures=find_erasures(sources.presto, tables),
    )


def _check_ledger(ground: _Ground, notes: _Notes) -> None:
    if BATCHES.name in ground.files.unreadable_tables:
        notes.skip("the ledger's ranges", BATCHES.name)
    for place, rows in ground.ledger.items():
        notes.add(arithmetic.check_contiguous(place, rows, ground.kafka.get(place, range(0))))
        notes.add(arithmetic.check_sums(place, rows))


def _check_rows(presto: Presto, ground: _Ground, notes: _Notes) -> None:
    if ground.can_scan(EVENTS):
        for place, rows, found in _found_rows(presto, ground, "events_per_range", EVENTS, EVENTS_TOPIC):
            notes.add(arithmetic.check_landed(place, rows, found))
        notes.add(_check_identity(presto, sum(row.landed for rows in ground.ledger.values() for row in rows)))
    elif ground.ledger:
        notes.skip("rows in events", EVENTS)
    table = REJECTED_EVENTS.name
    if ground.can_scan(table):
        for topic in sorted({topic for topic, _ in ground.ledger}):
            for place, rows, found in _found_rows(presto, ground, "rejected_per_range", table, topic):
                notes.add(arithmetic.check_rejected(place, rows, found))
    elif ground.ledger:
        notes.skip("rows in rejected_events", table)


def _found_rows(
    presto: Presto, ground: _Ground, query: str, table: str, topic: str
) -> Iterator[tuple[Place, Sequence[LedgerRow], list[FoundRows]]]:
    """Yield each place of a topic with its ledger, and what the table has, or had, of each of its ranges."""
    ledger = ground.of_topic(topic)
    if not ledger:
        return
    found = _rows_per_range(presto, query, topic, ledger)
    if ground.erasures.rows:
        found += _rows_per_range(presto, "erased_per_range", topic, ledger, table=table)
    by_place: dict[Place, list[FoundRows]] = defaultdict(list)
    for place, rows_of_range in found:
        by_place[place].append(rows_of_range)
    for place, rows in ledger.items():
        yield place, rows, by_place[place]


def _rows_per_range(
    presto: Presto, query: str, topic: str, ledger: Mapping[Place, Sequence[LedgerRow]], **more: str
) -> list[tuple[Place, FoundRows]]:
    """Ask for the rows of each range in these parts of the ledger: what landed later is not counted."""
    partitions = [partition for _, partition in ledger]
    untils = [max(row.until_offset for row in rows) for rows in ledger.values()]
    starts = {place: sorted({row.from_offset for row in rows}) for place, rows in ledger.items()}
    results = [
        presto.run(query, topic=topic, partitions=partitions, untils=untils, **share, **more)
        for share in shares(sum(untils))
    ]
    return [
        (
            (topic, partition),
            FoundRows(
                from_offset=starts[topic, partition][number - 1] if number else None,
                event_type=event_type,
                rows=count,
                offsets=offsets,
            ),
        )
        for result in results
        for partition, number, event_type, count, offsets in result.rows
    ]


def _check_identity(presto: Presto, landed: int) -> Iterator[Difference]:
    counted = [presto.run("identity", **share).rows[0] for share in shares(landed)]
    rows, ids, placed, places = (sum(column) for column in zip(*counted, strict=True))
    yield from arithmetic.check_identity("event ids", rows, ids)
    yield from arithmetic.check_identity("places in Kafka", placed, places)
    if ids != rows:
        copied = (row for share in shares(landed) for row in _duplicate_ids(presto, share))
        for event_id, copies in islice(copied, _DUPLICATES_NAMED):
            yield Difference(
                kind=Kind.DUPLICATE_ROW,
                message=f"event {event_id} stands in events {copies} times",
                detail={"event_id": event_id, "copies": copies},
            )


def _duplicate_ids(presto: Presto, share: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return presto.run("duplicate_ids", limit=_DUPLICATES_NAMED, **share).rows


def shares(rows: int) -> Iterator[dict[str, int]]:
    """Yield what tells apart the questions about so many rows, each about a share of them; one for few.

    Their number is a power of two: a row belongs to the share that the last bits of a number of it say.
    """
    mask = (1 << (rows // _ROWS_A_QUESTION).bit_length()) - 1
    for share in range(mask + 1):
        yield {"mask": mask, "share": share}


def _check_records(reader: SecondReader, ground: _Ground, notes: _Notes, *, deep: bool) -> None:
    if not (ground.can_scan(EVENTS) and ground.can_scan(REJECTED_EVENTS.name)):
        if ground.ledger:
            notes.skip("records read again", f"{EVENTS} or {REJECTED_EVENTS.name}")
        return
    parts = []
    for place, rows in ground.of_topic(EVENTS_TOPIC).items():
        held = [row for row in rows if row.until_offset > ground.kafka[place].start]
        parts.append(Part(place, held, arithmetic.spans_to_read(held, deep=deep)))
    notes.add(reader.check(EVENTS_TOPIC, parts))


def _describe_lost(sources: Sources, ground: _Ground, notes: _Notes) -> None:
    search = Search(
        bootstrap=sources.bootstrap,
        hdfs=sources.hdfs,
        catalog=sources.catalog,
        files=ground.files,
        ledger=ground.ledger,
    )
    notes.add(lost_file_difference(file, search.records_of(file)) for file in ground.files.lost)


def _conclude(ground: _Ground, notes: _Notes, *, deep: bool, read_again: int) -> Verification:
    of_events = ground.of_topic(EVENTS_TOPIC).values()
    counts = sum((arithmetic.count_classes(rows) for rows in of_events), Counts())
    refused = sum(
        row.rejected for place, rows in ground.ledger.items() if place[0] != EVENTS_TOPIC for row in rows
    )
    pending = sum(
        arithmetic.count_pending(ground.ledger.get(place, ()), offsets)
        for place, offsets in ground.kafka.items()
    )
    return Verification(
        counts=counts,
        refused=refused,
        pending=pending,
        erased=ground.erasures.rows,
        files=len(ground.files.named),
        read_again=read_again,
        deep=deep,
        differences=tuple(notes.differences),
        skipped=tuple(notes.skipped),
    )
