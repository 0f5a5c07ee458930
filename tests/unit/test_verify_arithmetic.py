from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipectl.lake.ledger import LedgerRow
from pipectl.verify import arithmetic, shares
from pipectl.verify.arithmetic import FoundRows, Ranges
from pipectl.verify.findings import Counts, Difference, Kind

PLACE = ("events", 0)


def row(start: int, until: int, event_type: str | None = "battle", **classes: int) -> LedgerRow:
    counts = {"landed": 0, "not_selected": 0, "rejected": 0, "duplicates": 0} | classes
    return LedgerRow(
        topic="events",
        partition=0,
        event_type=event_type,
        from_offset=start,
        until_offset=until,
        **counts,
    )


def found(start: int | None, rows: int, event_type: str | None = "battle", offsets: int = -1) -> FoundRows:
    return FoundRows(
        from_offset=start, event_type=event_type, rows=rows, offsets=rows if offsets < 0 else offsets
    )


def contiguous(rows: Sequence[LedgerRow], kafka: range = range(30)) -> list[Difference]:
    return list(arithmetic.check_contiguous(PLACE, rows, kafka))


ROWS = (row(0, 10, landed=10), row(10, 20, landed=6), row(10, 20, None, rejected=4), row(20, 30, landed=10))


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerRow]:
    """Draw a ledger of one place in which everything is right."""
    start, rows = draw(st.integers(0, 5)), []
    for width in draw(st.lists(st.integers(1, 9), min_size=2, max_size=8)):
        landed = draw(st.integers(0, width))
        rows.append(row(start, start + width, landed=landed, duplicates=width - landed))
        start += width
    return rows


def kafka_of(rows: Sequence[LedgerRow]) -> range:
    return range(rows[0].from_offset, rows[-1].until_offset)


@given(ledgers())
def test_a_right_ledger_has_no_difference(rows: list[LedgerRow]) -> None:
    right = [found(row.from_offset, row.landed) for row in rows if row.landed]

    assert not contiguous(rows, kafka_of(rows))
    assert not list(arithmetic.check_sums(PLACE, rows))
    assert not list(arithmetic.check_landed(PLACE, rows, right))
    assert arithmetic.count_classes(rows).is_balanced


@given(ledgers(), st.data())
def test_any_range_that_is_taken_out_of_a_ledger_leaves_a_gap(
    rows: list[LedgerRow], data: st.DataObject
) -> None:
    lost = rows.pop(data.draw(st.integers(0, len(rows) - 2)))

    (difference,) = contiguous(rows, range(min(lost.from_offset, rows[0].from_offset), rows[-1].until_offset))

    assert difference.kind is Kind.GAP
    assert difference.detail["offset"] == lost.from_offset
    assert difference.detail["until_offset"] == lost.until_offset


def test_a_gap_names_topic_partition_and_offsets() -> None:
    (difference,) = contiguous([ROWS[0], ROWS[3]])

    assert difference.kind is Kind.GAP
    assert difference.message == "events/0: no range of the ledger has [10, 20)"
    assert difference.detail == {"topic": "events", "partition": 0, "offset": 10, "until_offset": 20}


def test_two_ranges_that_overlap_are_found() -> None:
    (difference,) = contiguous([row(0, 12, landed=12), row(10, 20, landed=10)])

    assert difference.kind is Kind.OVERLAP
    assert (difference.detail["offset"], difference.detail["until_offset"]) == (10, 12)


def test_a_range_that_was_written_twice_is_found() -> None:
    (difference,) = contiguous([*ROWS, ROWS[1]])

    assert difference.kind is Kind.OVERLAP
    assert "more than once" in difference.message


def test_records_before_the_first_range_are_a_gap_while_kafka_holds_them() -> None:
    assert [difference.kind for difference in contiguous(ROWS[1:])] == [Kind.GAP]


def test_records_before_the_first_range_that_kafka_has_deleted_are_none() -> None:
    assert not contiguous(ROWS[1:], kafka=range(10, 30))


def test_a_ledger_that_is_ahead_of_kafka_is_found() -> None:
    (difference,) = contiguous(ROWS, kafka=range(25))

    assert difference.kind is Kind.AHEAD


def test_what_kafka_has_above_the_ledger_is_pending_and_no_difference() -> None:
    assert not contiguous(ROWS, kafka=range(42))
    assert arithmetic.count_pending(ROWS, range(42)) == 12


def test_without_a_ledger_all_that_kafka_holds_is_pending() -> None:
    assert arithmetic.count_pending([], range(5, 42)) == 37


@pytest.mark.parametrize("landed", [9, 11])
def test_classes_that_do_not_add_up_to_the_width_are_found(landed: int) -> None:
    (difference,) = arithmetic.check_sums(PLACE, [row(0, 10, landed=landed), *ROWS[1:]])

    assert difference.kind is Kind.CLASS_SUM
    assert f"its classes count {landed}" in difference.message


@pytest.mark.parametrize(("rows", "kind"), [(5, Kind.MISSING_ROWS), (7, Kind.EXTRA_ROWS)])
def test_a_row_too_few_or_too_many_in_events_is_found_in_its_range(rows: int, kind: Kind) -> None:
    in_events = [found(0, 10), found(10, rows), found(20, 10)]

    (difference,) = arithmetic.check_landed(PLACE, ROWS, in_events)

    assert difference.kind is kind
    assert difference.detail["offset"] == 10
    assert (difference.detail["rows"], difference.detail["ledger"]) == (rows, 6)


def test_rows_of_another_event_type_than_the_ledger_landed_are_found() -> None:
    in_events = [found(0, 10), found(10, 6, "login"), found(20, 10)]

    differences = list(arithmetic.check_landed(PLACE, ROWS, in_events))

    assert {difference.kind for difference in differences} == {Kind.MISSING_ROWS, Kind.EXTRA_ROWS}


def test_rows_before_the_first_range_are_extra() -> None:
    in_events = [found(None, 1), found(0, 10), found(10, 6), found(20, 10)]

    (difference,) = arithmetic.check_landed(PLACE, ROWS, in_events)

    assert difference.kind is Kind.EXTRA_ROWS
    assert "before the first range" in difference.message


def test_an_offset_that_stands_twice_is_found_although_the_number_of_rows_is_right() -> None:
    in_events = [found(0, 10, offsets=9), found(10, 6), found(20, 10)]

    (difference,) = arithmetic.check_landed(PLACE, ROWS, in_events)

    assert difference.kind is Kind.DUPLICATE_ROW


def test_rejected_rows_are_compared_by_range_whatever_their_type() -> None:
    rows = [row(0, 10, None, rejected=4), row(0, 10, rejected=6)]

    assert not list(arithmetic.check_rejected(PLACE, rows, [found(0, 10, None)]))
    assert list(arithmetic.check_rejected(PLACE, rows, [found(0, 9, None)]))


def test_events_and_places_must_be_as_many_as_rows() -> None:
    assert not list(arithmetic.check_identity("event ids", 5, 5))
    assert [d.kind for d in arithmetic.check_identity("event ids", 5, 4)] == [Kind.DUPLICATE_ROW]


@pytest.mark.parametrize(("rows", "expected"), [(0, 1), (1_999_999, 1), (2_000_000, 2), (5_000_000, 4)])
def test_a_large_lake_is_asked_about_in_shares_of_at_most_two_million_rows(rows: int, expected: int) -> None:
    found = list(shares(rows))

    assert [each["share"] for each in found] == list(range(expected))
    assert {each["mask"] for each in found} == {expected - 1}
    assert rows / expected < 2_000_000


def test_classes_are_counted_one_by_one() -> None:
    assert arithmetic.count_classes(ROWS) == Counts(accepted=30, landed=26, rejected=4)


def test_counts_that_do_not_add_up_are_not_balanced() -> None:
    assert not replace(Counts(accepted=30, landed=26, rejected=4), duplicates=1).is_balanced


@given(ledgers(), st.integers(0, 99))
def test_the_range_of_an_offset_is_the_one_that_it_lies_in(rows: list[LedgerRow], offset: int) -> None:
    inside = [row.from_offset for row in rows if row.from_offset <= offset < row.until_offset]

    assert Ranges(rows).start_of(offset) == (inside[0] if inside else None)


def test_only_ranges_with_duplicates_are_read_again_and_neighbours_in_one_go() -> None:
    rows = [row(0, 5, duplicates=1), row(5, 9, duplicates=2), row(9, 12), row(12, 20, duplicates=1)]

    assert arithmetic.spans_to_read(rows, deep=False) == [range(9), range(12, 20)]
    assert arithmetic.spans_to_read(rows, deep=True) == [range(20)]


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        (range(5), [(0, range(5))]),
        (range(8, 25), [(0, range(8, 10)), (10, range(10, 20)), (20, range(20, 25))]),
        (range(12, 13), [(10, range(12, 13))]),
        (range(28, 40), [(20, range(28, 30))]),
        (range(40, 50), []),
        (range(10, 10), []),
    ],
)
def test_offsets_are_cut_into_the_ranges_that_they_lie_in(
    offsets: range, expected: list[tuple[int, range]]
) -> None:
    assert list(Ranges(ROWS).cut(offsets)) == expected
