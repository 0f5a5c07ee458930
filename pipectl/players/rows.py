"""The rows of a store that cannot write many players and the marks in one step. Pure.

Rows are written before the marks that stand for them. So they may be ahead of the marks: while an update
writes, and after one was cut off. Three things together keep what every player had at the marks in sight:

* Beside each record stands the one before it, as of the marks at which its update began. A record that is
  ahead of the marks is passed over for that one, by readers and by the next update alike.
* Updates are numbered, and a row is written at the time that is its update's number. Of two writes the store
  keeps the later one: what a dead driver had still under way, or a client sends twice, hides nothing newer.
* An update writes all players of its slice. So a late row that stays is of a player of whom the marks have
  passed no event since: the record before it holds at the marks of today too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A player's record as JSON, and the one that the marks stood for when its update began."""

    player_id: str
    record: str
    before: str | None

    def as_of(self, marks: Marks) -> str | None:
        """Return the record that these marks stand for; None if there was none yet."""
        return self.record if _is_within(self.record, marks) else self.before


def rows_after(known: Mapping[str, Row], changed: Players, marks: Marks) -> Iterator[Row]:
    """Yield the rows that an update writes which began at these marks."""
    for name, state in changed.items():
        before = known[name].as_of(marks) if name in known else None
        yield Row(player_id=name, record=state.to_json(), before=before)


def players_at(marks: Marks, rows: Iterable[Row]) -> Players | None:
    """Return what all players had at these marks; None if a row is of a later update than the next."""
    texts = {row.player_id: row.as_of(marks) for row in rows}
    known = {name: text for name, text in texts.items() if text is not None}
    if not all(_is_within(text, marks) for text in known.values()):
        return None
    return {name: PlayerState.from_json(text) for name, text in known.items()}


def _is_within(record: str, marks: Marks) -> bool:
    offsets = PlayerState.from_json(record).offsets
    return all(offset < marks.next_offsets.get(partition, 0) for partition, offset in offsets.items())
