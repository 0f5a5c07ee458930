"""What was erased counts as what it was, and its copies are still known."""

from dataclasses import dataclass, field

import pytest

from pipectl.lake.presto import Parameter, Presto, Result, load_query, render
from pipectl.verify.erased import Erasures, hash_of
from pipectl.verify.findings import Kind
from pipectl.verify.judge import Judgement
from pipectl.verify.records import LANDED, REJECTED, Judged, LakeRows, check_record
from pipectl.verify.stretches import Stretch

EVENT = Judgement(event_type="battle", event_id="a")
GARBAGE = Judgement(problem="is not JSON")
LAKE = LakeRows(
    landed={1: ("a", "battle")}, rejected=frozenset({2}), erased={3: "events", 4: "rejected_events"}
)


@pytest.mark.parametrize(
    ("offset", "row_class"), [(1, LANDED), (2, REJECTED), (3, LANDED), (4, REJECTED), (5, None)]
)
def test_an_erased_record_has_the_class_of_the_table_that_had_it(offset: int, row_class: str | None) -> None:
    assert LAKE.class_of(offset) == row_class


def test_an_erased_record_is_missed_nowhere() -> None:
    place = ("events", 0)

    assert not list(check_record(place, Judged(offset=3, judgement=EVENT), LAKE))
    assert not list(check_record(place, Judged(offset=4, judgement=GARBAGE), LAKE))
    (difference,) = check_record(place, Judged(offset=5, judgement=GARBAGE), LAKE)
    assert difference.kind is Kind.WRONG_CLASS


def test_where_nothing_was_erased_nobody_is_asked() -> None:
    nothing = Erasures(Presto("nowhere.invalid", 1), rows=0)

    assert nothing.between("events", [Stretch(("events", 0), range(10))]) == {}
    assert nothing.ids_among(["a"]) == set()


@dataclass(frozen=True)
class Erased(Presto):
    """Answers for Presto with the first hash of each text, and remembers the statements."""

    statements: list[str] = field(default_factory=list)

    def run(self, name: str, **parameters: Parameter) -> Result:
        self.statements.append(render(load_query(name), parameters))
        return Result(columns=("event_id_hash",), rows=((str(parameters["hashes"]).split(" ")[0],),))


def test_hashes_are_longer_than_ids_and_fit_into_statements_all_the_same() -> None:
    presto = Erased("nowhere.invalid", 1)
    ids = [str(number) for number in range(50_000)]

    found = Erasures(presto, rows=1).ids_among(ids)

    assert max(map(len, presto.statements)) < 1_000_000  # Presto's query.max-length
    assert len(found) == len(presto.statements) == 4


def test_an_id_is_kept_as_its_hash() -> None:
    assert hash_of("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
