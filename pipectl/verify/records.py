"""The second reader: records are taken from Kafka again, and each has to be where the ledger says.

It goes load by load (stretches.py), so that memory stays bounded whatever the lake holds. A deep reader
doubts every record; another takes those with a row in `events` for what their rows say, and reads only the
others. Of each load:

    landed rows     the record has that id and type, and by the catalog's rules nothing is wrong with it
    rejected rows   by the catalog's rules something is wrong with the record
    erased rows     were one of these two, and are counted as what they were
    all others      the ledger counts them as not selected or as duplicates; a duplicate's id is in `events`,
                    and what it says may differ from what landed (versions.py)

and of each range of which Kafka still holds all that was to be read, the classes are counted once more and
compared.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

from pipectl.catalog import Catalog
from pipectl.kafka import Record, read_records
from pipectl.kafka_bulk import read_wanted
from pipectl.lake.ledger import LedgerRow, Place
from pipectl.lake.presto import packed
from pipectl.verify.arithmetic import Ranges, place_difference
from pipectl.verify.erased import Erasures
from pipectl.verify.files import EVENTS
from pipectl.verify.findings import Difference, Kind
from pipectl.verify.judge import Judgement, judge
from pipectl.verify.stretches import Stretch, by_stretch, loads, parameters, runs_without
from pipectl.verify.versions import Rewritten, Version, Versions

_LOAD_RECORDS = 50_000  # of a deep reader: each with its row, and what it says
_LOAD_OFFSETS = 1_000_000  # of another: each with a bit that says whether it has a row
_MOST_UNDECIDED = 50_000  # records without a row: their ids are looked up before more are read
_MOST_REWRITTEN = 1_000  # nobody reads more than these

LANDED, NOT_SELECTED, REJECTED, DUPLICATES = CLASSES = ("landed", "not_selected", "rejected", "duplicates")
"""The classes, by the names of their columns in the ledger."""

_CLASSES_WITHOUT_A_ROW = (NOT_SELECTED, REJECTED, DUPLICATES)  # in `events`


@dataclass(frozen=True, kw_only=True, slots=True)
class LakeRows:
    """What the lake has of one stretch of offsets: offset -> (event id, event type), and offsets.

    `doubted` has the runs of offsets whose records are to be read, in order. `erased` has the offsets of rows
    that it had: offset -> table.
    """

    doubted: Sequence[range] = ()
    landed: dict[int, tuple[str, str]]
    rejected: frozenset[int]
    erased: Mapping[int, str] = field(default_factory=dict)

    def class_of(self, offset: int) -> str | None:
        """Return the class of a record that has, or had, a row; None for any other."""
        if offset in self.landed or self.erased.get(offset) == EVENTS:
            return LANDED
        return REJECTED if offset in self.rejected or offset in self.erased else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A record read again, and what the second reader makes of it."""

    offset: int
    judgement: Judgement
    value: bytes | None = None


class Part(NamedTuple):
    """A place, the spans of it that are to be read again, and the ledger of at least these spans."""

    place: Place
    rows: Sequence[LedgerRow]
    spans: Sequence[range]


class SecondReader:
    """Reads places again and keeps count; `read` is the number of records so far.

    Given `versions` it is deep: it reads records with a row in `events` too, and compares duplicates with
    what landed; `rewritten` has those that say something else.
    """

    def __init__(
        self, erasures: Erasures, bootstrap: str, catalog: Catalog, versions: Versions | None = None
    ) -> None:
        """Take the doors, and the rules to judge by."""
        self._presto = erasures.presto
        self._erasures = erasures
        self._bootstrap = bootstrap
        self._catalog = catalog
        self._versions = versions
        self.read = 0
        self.rewritten: list[Rewritten] = []

    def check(self, topic: str, parts: Sequence[Part]) -> Iterator[Difference]:
        """Read parts of a topic again, whole loads at a time."""
        classes = CLASSES if self._versions else _CLASSES_WITHOUT_A_ROW
        tallies = {part.place: Tally(part.place, part.rows, classes) for part in parts}
        stretches = (Stretch(part.place, span) for part in parts for span in part.spans)
        for load in loads(stretches, _LOAD_RECORDS if self._versions else _LOAD_OFFSETS):
            yield from self._check_load(topic, load, tallies)
        for tally in tallies.values():
            yield from tally.differences()

    def _check_load(
        self, topic: str, load: Sequence[Stretch], tallies: Mapping[Place, "Tally"]
    ) -> Iterator[Difference]:
        others: list[tuple[Place, Judged]] = []
        for stretch, lake in self._lake_rows(topic, load).items():
            place, tally = stretch.place, tallies[stretch.place]
            tally.expect(stretch.offsets, lake.doubted)
            for judged in self._judged(place, lake.doubted):
                self.read += 1
                yield from check_record(place, judged, lake)
                if row_class := lake.class_of(judged.offset):
                    tally.add(judged, row_class)
                else:
                    others.append((place, judged))
                if len(others) == _MOST_UNDECIDED:
                    yield from self._decide(others, tallies)
                    others = []
        yield from self._decide(others, tallies)

    def _decide(
        self, others: Sequence[tuple[Place, Judged]], tallies: Mapping[Place, "Tally"]
    ) -> Iterator[Difference]:
        """Tell duplicates from records that are not selected, by looking their ids up at once."""
        by_place: defaultdict[Place, list[Judged]] = defaultdict(list)
        for place, judged in others:
            by_place[place].append(judged)
        possible = [tallies[place].possible_duplicates(found) for place, found in by_place.items()]
        landed_ids = self._ids_landed(list(chain.from_iterable(possible)))
        for place, found in by_place.items():
            yield from tallies[place].add_others(found, landed_ids)
            self._note_rewritten(place, [each for each in found if each.judgement.event_id in landed_ids])

    def _note_rewritten(self, place: Place, again: Iterable[Judged]) -> None:
        if self._versions:
            found = self._versions.compare(place, [_as_version(judged) for judged in again])
            self.rewritten += islice(found, _MOST_REWRITTEN - len(self.rewritten))

    def _judged(self, place: Place, doubted: Sequence[range]) -> Iterator[Judged]:
        for record in self._records(place, doubted):
            judgement = judge(record.value, self._catalog)
            value = record.value if self._versions else None
            yield Judged(offset=record.offset, judgement=judgement, value=value)

    def _records(self, place: Place, doubted: Sequence[range]) -> Iterator[Record]:
        if not self._versions:
            yield from read_wanted(self._bootstrap, *place, doubted)
            return
        for span in doubted:  # all that there is, with a client that had no part in writing it
            yield from read_records(self._bootstrap, *place, span.start, span.stop)

    def _lake_rows(self, topic: str, load: Sequence[Stretch]) -> dict[Stretch, LakeRows]:
        doubted = self._doubted(load)
        landed = self._between("landed", load) if self._versions else {}
        rejected = self._between("rejected", load, topic=topic)
        erased = self._erasures.between(topic, load)
        return {
            stretch: LakeRows(
                doubted=doubted.get(stretch, ()),
                landed={offset: (event_id, kind) for offset, event_id, kind in landed.get(stretch, ())},
                rejected=frozenset(offset for (offset,) in rejected.get(stretch, ())),
                erased=erased.get(stretch, {}),
            )
            for stretch in load
        }

    def _doubted(self, load: Sequence[Stretch]) -> Mapping[Stretch, Sequence[range]]:
        if self._versions:
            return {stretch: [stretch.offsets] for stretch in load}
        held = self._between("held", load)
        return {stretch: runs_without(stretch.offsets, held.get(stretch, ())) for stretch in load}

    def _between(self, which: str, load: Sequence[Stretch], **more: str) -> Mapping[Stretch, Sequence[Any]]:
        return by_stretch(load, self._presto.run(f"{which}_between", **parameters(load), **more).rows)

    def _ids_landed(self, ids: Sequence[str]) -> set[str]:
        found = self._erasures.ids_among(ids)
        for text in packed(ids):
            found |= {event_id for (event_id,) in self._presto.run("ids_landed", ids=text).rows}
        return found


def _as_version(judged: Judged) -> Version:
    return Version(offset=judged.offset, event=json.loads(judged.value or b"{}"))


def check_record(place: Place, judged: Judged, lake: LakeRows) -> Iterator[Difference]:
    """Compare one record with the row that the lake has of it, if it has one."""
    offset, said = judged.offset, judged.judgement
    landed, is_rejected = lake.landed.get(offset), offset in lake.rejected
    if landed and is_rejected:
        yield _wrong_class(place, judged, "stands in events and in rejected_events")
    elif landed and said.problem:
        yield _wrong_class(place, judged, f"was landed, and {said.problem}")
    elif landed and landed != (said.event_id, said.event_type):
        message = f"the record at offset {offset} is {said.event_type} {said.event_id}, its row is "
        message += f"{landed[1]} {landed[0]}"
        yield place_difference(Kind.WRONG_ROW, place, message, offset, event_id=said.event_id)
    elif is_rejected and not said.problem:
        yield _wrong_class(place, judged, "was rejected, and nothing is wrong with it")
    elif lake.class_of(offset) is None and said.event_type is None:
        yield _wrong_class(place, judged, f"stands nowhere, and {said.problem}")


class Tally:
    """The classes of one place, counted again by range and event type."""

    def __init__(self, place: Place, rows: Sequence[LedgerRow], classes: Sequence[str] = CLASSES) -> None:
        """Take the ledger that the counts of these classes are to be compared with."""
        self._classes = classes
        self._place = place
        self._ranges = Ranges(rows)
        self._rows = {(row.from_offset, row.event_type): row for row in rows}
        self._types: defaultdict[int, set[str | None]] = defaultdict(set)
        for row in rows:
            self._types[row.from_offset].add(row.event_type)
        self._counts: Counter[tuple[int, str | None, str]] = Counter()
        self._expected: Counter[int] = Counter()
        self._read: Counter[int] = Counter()

    def expect(self, offsets: range, doubted: Iterable[range]) -> None:
        """Note that of these offsets, the doubted ones are to be counted."""
        for start, _ in self._ranges.cut(offsets):
            self._expected[start] += 0  # there may be none
        for span in doubted:
            for start, part in self._ranges.cut(span):
                self._expected[start] += len(part)

    def add(self, judged: Judged, row_class: str) -> None:
        """Count a record in a class."""
        start = self._ranges.start_of(judged.offset)
        if start is not None:
            self._types[start].add(judged.judgement.event_type)
            self._counts[start, judged.judgement.event_type, row_class] += 1
            self._read[start] += 1

    def possible_duplicates(self, others: Iterable[Judged]) -> list[str]:
        """Return the ids of those records without a row that the ledger may count as duplicates."""
        return [
            judged.judgement.event_id
            for judged in others
            if judged.judgement.event_id and (row := self._row_of(judged)) and row.duplicates
        ]

    def add_others(self, others: Iterable[Judged], landed_ids: set[str]) -> Iterator[Difference]:
        """Count the records without a row: a duplicate has a landed id, the rest is not selected."""
        for judged in others:
            row, event_id = self._row_of(judged), judged.judgement.event_id
            if event_id in landed_ids:
                self.add(judged, DUPLICATES)
            elif row and row.duplicates and not row.not_selected:
                self.add(judged, DUPLICATES)
                yield _wrong_class(self._place, judged, "counts as a duplicate, and its id is not in events")
            else:
                self.add(judged, NOT_SELECTED)

    def differences(self) -> Iterator[Difference]:
        """Compare the counts of every range of which all was read that was to be read."""
        for offsets in self._ranges.all:
            start = offsets.start
            if start in self._expected and self._read[start] == self._expected[start]:
                yield from self._compare(offsets)

    def _compare(self, offsets: range) -> Iterator[Difference]:
        for event_type in sorted(self._types[offsets.start], key=str):
            row = self._rows.get((offsets.start, event_type))
            wanted = {name: getattr(row, name) if row else 0 for name in self._classes}
            found = {name: self._counts[offsets.start, event_type, name] for name in self._classes}
            if found != wanted:
                message = f"of {event_type} in [{offsets.start}, {offsets.stop}) Kafka has {found}, "
                message += f"the ledger says {wanted}"
                yield place_difference(
                    Kind.WRONG_CLASS, self._place, message, offsets.start, event_type=event_type
                )

    def _row_of(self, judged: Judged) -> LedgerRow | None:
        start = self._ranges.start_of(judged.offset)
        return None if start is None else self._rows.get((start, judged.judgement.event_type))


def _wrong_class(place: Place, judged: Judged, what: str) -> Difference:
    event_id = judged.judgement.event_id
    named = f" ({event_id})" if event_id else ""
    message = f"the record at offset {judged.offset}{named} {what}"
    return place_difference(Kind.WRONG_CLASS, place, message, judged.offset, event_id=event_id)
