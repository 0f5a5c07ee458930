"""Updates that are cut off or come late, against a table that keeps of two writes the later one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pipectl.players.fold import Event, Fold
from pipectl.players.follower import by_player
from pipectl.players.rows import Row, players_at, rows_after
from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players
from tests.unit.players.conftest import Log

PLAYERS = ("ann", "bob", "eve")
FIRST, SECOND, THIRD = (Marks(next_offsets={0: end}) for end in (5, 8, 10))
AT_FIRST = PlayerState(values={"gold": 1}, offsets={0: 4})
AT_SECOND = PlayerState(values={"gold": 2}, offsets={0: 7})
AT_THIRD = PlayerState(values={"gold": 3}, offsets={0: 9})


@dataclass
class Table:
    """Keeps rows with the numbers of their updates, as Cassandra does."""

    rows: dict[str, Row] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def write(self, rows: Iterable[Row], number: int) -> None:
        for row in rows:
            if number >= self.numbers.get(row.player_id, 0):
                self.rows[row.player_id], self.numbers[row.player_id] = row, number

    def at(self, marks: Marks) -> Players | None:
        return players_at(marks, self.rows.values())


@dataclass(frozen=True)
class Step:
    """One update: how many events it takes, how many rows it gets to write, and when the others arrive."""

    size: int
    written: int
    delay: int


STEPS = st.lists(
    st.builds(Step, st.integers(1, 9), st.integers(0, len(PLAYERS)), st.integers(1, 4)), max_size=12
)


@given(players=st.lists(st.sampled_from(PLAYERS), min_size=1, max_size=60), steps=STEPS)
def test_whatever_is_cut_off_or_late_the_marks_find_the_fold(
    fold: Fold, players: list[str], steps: list[Step]
) -> None:
    """Update in slices of any size; cut some off after some rows; let the other rows arrive later."""
    log = Log(fold.columns)
    for number, player in enumerate(players):
        log.add("earn", player=player, amount=number + 1)
    table, end = Table(), 0
    late: list[tuple[int, int, list[Row]]] = []
    for number, step in enumerate(steps, start=1):
        taken = range(end, min(end + step.size, len(players)))
        rows = update(fold, table, Marks(next_offsets={0: end}), log.read({0: taken}))
        table.write(rows[: step.written], number)
        late.append((number + step.delay, number, rows[step.written :]))
        if step.written >= len(rows):
            end = taken.stop
        for due, its_number, its_rows in late:
            if due == number:
                table.write(its_rows, its_number)
        assert table.at(Marks(next_offsets={0: end})) == folded(fold, log.read({0: range(end)}))


def update(fold: Fold, table: Table, marks: Marks, events: list[Event]) -> list[Row]:
    known = table.at(marks)
    assert known is not None
    changed = {player: fold.apply(known.get(player), own) for player, own in by_player(events).items()}
    return list(rows_after(table.rows, changed, marks))


def folded(fold: Fold, events: list[Event]) -> Players:
    return {player: fold.apply(None, own) for player, own in by_player(events).items()}


def test_a_player_who_came_after_the_marks_is_not_there_yet() -> None:
    table = Table()
    table.write(rows_after({}, {"ann": AT_SECOND}, FIRST), 1)
    assert table.at(FIRST) == {}


def test_what_was_written_by_two_updates_since_the_marks_cannot_be_told() -> None:
    table = Table()
    table.write(rows_after({}, {"ann": AT_FIRST}, Marks()), 1)
    table.write(list(rows_after(table.rows, {"ann": AT_SECOND}, FIRST)), 2)
    assert table.at(FIRST) == {"ann": AT_FIRST}

    table.write(list(rows_after(table.rows, {"ann": AT_THIRD}, SECOND)), 3)
    assert table.at(FIRST) is None
    assert (table.at(SECOND), table.at(THIRD)) == ({"ann": AT_SECOND}, {"ann": AT_THIRD})
