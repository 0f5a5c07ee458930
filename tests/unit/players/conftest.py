"""A small game, its events, and a store in memory that keeps the promises of the seam."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipectl.catalog import Catalog, parse_catalog
from pipectl.players.fold import Event, Fold
from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, StoreAway, StoreMoved

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
GAME: dict[str, Any] = {
    "player": {
        "gold": {"type": "integer"},
        "health": {"type": "integer", "start": 100, "min": 0, "max": 100},
        "guild": {"type": "string"},
        "wins": {"type": "integer"},
        "inventory": {"type": "items"},
    },
    "event": {
        "visit": {"summary": "A visit that does nothing."},
        "earn": {
            "summary": "Gold comes.",
            "fields": {"amount": {"type": "integer"}},
            "state": [{"add": "gold", "by": "amount"}],
        },
        "buy": {
            "summary": "Gold becomes items.",
            "fields": {
                "kind": {"type": "string"},
                "price": {"type": "integer"},
                "count": {"type": "integer"},
            },
            "state": [
                {"subtract": "gold", "by": "price", "times": "count"},
                {"add": "inventory", "item": "kind", "by": "count"},
            ],
        },
        "drop": {
            "summary": "An item goes.",
            "fields": {"kind": {"type": "string"}},
            "state": [{"subtract": "inventory", "item": "kind"}],
        },
        "fight": {
            "summary": "Health goes.",
            "fields": {
                "outcome": {"type": "string", "choices": ["won", "lost"]},
                "damage": {"type": "integer"},
            },
            "state": [
                {"subtract": "health", "by": "damage"},
                {"add": "wins", "when": {"outcome": "won"}},
            ],
        },
        "rest": {"summary": "Health comes.", "state": [{"add": "health", "by": 30}]},
        "join": {
            "summary": "A guild.",
            "fields": {"guild_name": {"type": "string"}},
            "state": [{"set": "guild", "to": "guild_name"}],
        },
        "leave": {"summary": "No guild.", "state": [{"clear": "guild"}]},
    },
}


@pytest.fixture(scope="session")
def game() -> Catalog:
    return parse_catalog(GAME)


@pytest.fixture(scope="session")
def fold(game: Catalog) -> Fold:
    return Fold(game)


class Log:
    """Makes rows of the table `events`, each at the next offset of its partition."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._offsets = {partition: itertools.count() for partition in range(4)}
        self.rows: list[Event] = []

    def add(self, event_type: str, *, player: str = "ann", partition: int = 0, **fields: Any) -> None:
        offset = next(self._offsets[partition])
        place = {"kafka_partition": partition, "kafka_offset": offset}
        row = {"user_id": player, "event_type": event_type, **place, **fields}
        self.rows.append(dict.fromkeys(self._columns) | row)

    @property
    def ends(self) -> dict[int, int]:
        partitions = {row["kafka_partition"] for row in self.rows}
        return {one: sum(row["kafka_partition"] == one for row in self.rows) for one in partitions}

    def read(self, ranges: Mapping[int, range]) -> list[Event]:
        found = [row for row in self.rows if row["kafka_offset"] in ranges.get(row["kafka_partition"], ())]
        return sorted(found, key=lambda row: (row["kafka_partition"], row["kafka_offset"]))


@pytest.fixture
def log(fold: Fold) -> Log:
    return Log(fold.columns)


@dataclass
class MemoryStore:
    """A PlayerStore in memory; it can be away, and it can be given a moment in the middle of an update."""

    kept: dict[str, str] = field(default_factory=dict)
    kept_marks: Marks = field(default_factory=Marks)
    is_away: bool = False
    in_between: Callable[[], None] = lambda: None

    def marks(self) -> Marks:
        self._check()
        return self.kept_marks

    def player(self, player_id: str) -> PlayerState | None:
        self._check()
        text = self.kept.get(player_id)
        return PlayerState.from_json(text) if text else None

    def snapshot(self) -> tuple[Marks, Players]:
        self._check()
        return self.kept_marks, {name: PlayerState.from_json(text) for name, text in self.kept.items()}

    def update(
        self, before: Marks, after: Marks, player_ids: Collection[str], change: Callable[[Players], Players]
    ) -> None:
        self._check()
        known = {name: PlayerState.from_json(self.kept[name]) for name in player_ids if name in self.kept}
        changed = change(known)
        self.in_between()
        if self.kept_marks != before:
            raise StoreMoved("moved")
        self.kept |= {name: state.to_json() for name, state in changed.items()}
        self.kept_marks = after

    def forget(self, player_id: str) -> None:
        self._check()
        self.kept.pop(player_id, None)

    def clear(self) -> None:
        self._check()
        self.kept, self.kept_marks = {}, Marks()

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.is_away:
            raise StoreAway("away")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()
