import pytest

from pipectl.lake.ledger import LedgerRow
from pipectl.lake.presto import load_query, packed, render
from pipectl.verify.findings import Kind
from pipectl.verify.judge import Judgement
from pipectl.verify.records import (
    DUPLICATES,
    LANDED,
    NOT_SELECTED,
    REJECTED,
    Judged,
    LakeRows,
    Tally,
    check_record,
)

PLACE = ("events", 2)
EVENT = Judgement(event_type="battle", event_id="a")
BROKEN = Judgement(event_type="battle", event_id="a", problem="damage is below 0")
GARBAGE = Judgement(problem="is not JSON")


def kinds(
    judgement: Judgement, *, landed: tuple[str, str] | None = None, rejected: bool = False
) -> list[Kind]:
    lake = LakeRows(landed={7: landed} if landed else {}, rejected=frozenset({7} if rejected else ()))
    return [
        difference.kind for difference in check_record(PLACE, Judged(offset=7, judgement=judgement), lake)
    ]


def test_a_record_is_right_where_its_class_is_the_one_that_it_belongs_to() -> None:
    assert not kinds(EVENT, landed=("a", "battle"))
    assert not kinds(BROKEN, rejected=True)
    assert not kinds(GARBAGE, rejected=True)
    assert not kinds(EVENT)  # not selected, or a duplicate: its range's ledger decides


@pytest.mark.parametrize("row", [("b", "battle"), ("a", "login")])
def test_a_row_that_is_not_its_record_is_found(row: tuple[str, str]) -> None:
    assert kinds(EVENT, landed=row) == [Kind.WRONG_ROW]


def test_a_landed_record_with_a_problem_is_found() -> None:
    assert kinds(BROKEN, landed=("a", "battle")) == [Kind.WRONG_CLASS]


def test_a_rejected_record_without_a_problem_is_found() -> None:
    assert kinds(EVENT, rejected=True) == [Kind.WRONG_CLASS]


def test_a_record_in_both_tables_is_found() -> None:
    assert kinds(EVENT, landed=("a", "battle"), rejected=True) == [Kind.WRONG_CLASS]


def test_garbage_that_stands_nowhere_is_found_with_its_offset() -> None:
    lake = LakeRows(landed={}, rejected=frozenset())

    (difference,) = check_record(PLACE, Judged(offset=7, judgement=GARBAGE), lake)

    assert difference.detail["partition"] == 2
    assert difference.detail["offset"] == 7
    assert "is not JSON" in difference.message


def ledger_row(event_type: str | None, **classes: int) -> LedgerRow:
    counts = {"landed": 0, "not_selected": 0, "rejected": 0, "duplicates": 0} | classes
    return LedgerRow(
        topic="events", partition=2, event_type=event_type, from_offset=0, until_offset=4, **counts
    )


LEDGER = (
    ledger_row("battle", landed=1, duplicates=1),
    ledger_row("login", not_selected=1),
    ledger_row(None, rejected=1),
)
RECORDS = (
    Judged(offset=0, judgement=EVENT),
    Judged(offset=1, judgement=EVENT),
    Judged(offset=2, judgement=Judgement(event_type="login", event_id="l")),
    Judged(offset=3, judgement=GARBAGE),
)


def full_tally(landed_ids: set[str]) -> tuple[Tally, list[Kind]]:
    tally = Tally(PLACE, LEDGER)
    tally.expect(range(4), [range(4)])
    tally.add(RECORDS[0], LANDED)
    tally.add(RECORDS[3], REJECTED)
    return tally, [difference.kind for difference in tally.add_others(RECORDS[1:3], landed_ids)]


def test_classes_that_are_counted_again_as_the_ledger_has_them_are_right() -> None:
    tally, found = full_tally({"a"})

    assert not found
    assert not list(tally.differences())


def test_only_records_of_types_with_duplicates_are_looked_up() -> None:
    assert Tally(PLACE, LEDGER).possible_duplicates(RECORDS[1:3]) == ["a"]


def test_a_duplicate_whose_id_is_not_in_events_is_found() -> None:
    _, found = full_tally(set())

    assert found == [Kind.WRONG_CLASS]


def test_a_class_that_is_counted_otherwise_than_the_ledger_says_is_found() -> None:
    tally = Tally(PLACE, LEDGER)
    tally.expect(range(4), [range(4)])
    tally.add(RECORDS[0], LANDED)
    tally.add(RECORDS[1], DUPLICATES)
    tally.add(RECORDS[2], DUPLICATES)
    tally.add(RECORDS[3], REJECTED)

    (difference,) = tally.differences()

    assert difference.kind is Kind.WRONG_CLASS
    assert difference.detail["event_type"] == "login"


def test_a_range_that_kafka_no_longer_holds_whole_is_not_compared() -> None:
    tally = Tally(PLACE, LEDGER)
    tally.expect(range(4), [range(4)])
    tally.add(RECORDS[3], DUPLICATES)

    assert not list(tally.differences())


WITHOUT_A_ROW = ("not_selected", "rejected", "duplicates")


def test_where_rows_are_trusted_only_the_other_classes_are_compared() -> None:
    tally = Tally(PLACE, LEDGER, WITHOUT_A_ROW)
    tally.expect(range(4), [range(1, 4)])
    tally.add(RECORDS[1], DUPLICATES)
    tally.add(RECORDS[2], NOT_SELECTED)
    tally.add(RECORDS[3], REJECTED)

    assert not list(tally.differences())


def test_a_range_without_anything_to_read_is_compared_too() -> None:
    tally = Tally(PLACE, LEDGER, WITHOUT_A_ROW)
    tally.expect(range(4), [])

    assert {difference.detail["event_type"] for difference in tally.differences()} == {
        "battle",
        "login",
        None,
    }


def test_a_range_that_was_not_to_be_read_is_not_compared() -> None:
    tally = Tally(PLACE, LEDGER, WITHOUT_A_ROW)
    tally.expect(range(4, 8), [range(5, 6)])

    assert not list(tally.differences())


def test_the_longest_ids_that_are_looked_up_at_once_fit_into_a_statement() -> None:
    ids = [*(["i" * 128] * 10_000), *(["'" * 128] * 5_000)]

    parts = list(packed(ids))

    assert [one for part in parts for one in part.split(" ")] == ids
    statements = [render(load_query("ids_landed"), {"ids": part}) for part in parts]
    assert max(map(len, statements)) < 1_000_000  # Presto's query.max-length
    assert len(parts) == 3
