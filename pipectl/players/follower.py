"""Follows the ledger: folds what has landed since the store's marks into the store, slice by slice.

One step:
    1. Read the marks. A store of other rules, or one that is ahead of the lake, is emptied first.
    2. Take the next slice of offsets below the ledger's end, and read its events from the lake.
    3. In one update: read the players of these events, fold, write them with the new marks.

Nothing is remembered from one step to the next but what the store itself says; so whatever a crash of the
store took back is folded in again, and a step that was done twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipectl.players.fold import Event, Fold
from pipectl.players.state import Marks, Offsets, PlayerState
from pipectl.players.store import Players, PlayerStore

SLICE_OFFSETS = 50_000
"""Events that are held in memory at a time, at most."""

Slice = Mapping[int, range]
"""Partition -> range of offsets."""


@dataclass(frozen=True, kw_only=True)
class Follower:
    """Brings one store up to date; `read` returns the landed events of a slice by partition and offset."""

    store: PlayerStore
    fold: Fold
    ends: Callable[[], Offsets]
    read: Callable[[Slice], Iterable[Event]]
    slice_offsets: int = SLICE_OFFSETS

    def step(self) -> int | None:
        """Fold in the next slice and return its number of events; None if there is none.

        Raises StoreAway and StoreMoved; then nothing has changed, and the step may be done again.
        """
        ends = self.ends()
        # 1.
        before = self._marks(ends)
        # 2.
        ranges = next_slice(before.next_offsets, ends, self.slice_offsets)
        if not ranges:
            return None
        events = by_player(self.read(ranges))
        # 3.
        reached = {partition: offsets.stop for partition, offsets in ranges.items()}
        after = Marks(rules=self.fold.rules_digest, next_offsets={**before.next_offsets, **reached})
        self.store.update(before, after, events.keys(), lambda known: self._changed(known, events))
        return sum(map(len, events.values()))

    def _marks(self, ends: Offsets) -> Marks:
        marks = self.store.marks()
        is_ahead = any(mark > ends.get(partition, 0) for partition, mark in marks.next_offsets.items())
        if marks.rules in ("", self.fold.rules_digest) and not is_ahead:
            return marks
        self.store.clear()
        return Marks()

    def _changed(self, known: Players, events: Mapping[str, list[Event]]) -> dict[str, PlayerState]:
        return {player: self.fold.apply(known.get(player), own) for player, own in events.items()}


def next_slice(marks: Offsets, ends: Offsets, size: int) -> Slice:
    """Return the next offsets of every partition that is behind, about `size` in all; empty if none is."""
    behind = [partition for partition, end in ends.items() if marks.get(partition, 0) < end]
    share = max(1, size // max(1, len(behind)))
    starts = {partition: marks.get(partition, 0) for partition in behind}
    return {
        partition: range(start, min(ends[partition], start + share)) for partition, start in starts.items()
    }


def by_player(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return each player's events, in the order in which they come."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event["user_id"]].append(event)
    return dict(found)
