"""The proof of player state: the fold once more, over the rows that Presto reads, and what differs.

The rows come from Presto and not from Spark, each partition in order, up to the store's own marks: so the
proof holds at one moment, also while the stream runs. The totals are added up by Presto itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipectl.catalog import Catalog
from pipectl.lake.presto import Presto, load_query
from pipectl.players.fold import Event, Fold
from pipectl.players.follower import by_player
from pipectl.players.state import Marks, Offsets, PlayerState
from pipectl.players.store import Players, PlayerStore
from pipectl.players.totals import totals_in_presto, totals_of

_ROWS_A_QUERY = 100_000  # the client holds all rows of an answer


@dataclass(frozen=True, kw_only=True)
class PlayerDifference:
    """One player whose record is not the fold; None where there is no record, or no event."""

    player: str
    stored: Mapping[str, Any] | None
    folded: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class TotalDifference:
    """One sum over all players that is not what Presto adds up from the events."""

    name: str
    stored: int
    summed: int


@dataclass(frozen=True, kw_only=True)
class StateProof:
    """What was compared, and what differs.

    `unordered` are players whose events lie in more than one partition, and whose record differs: between
    partitions there is no order, so either is right. Only a client that is not ours can make such.
    """

    players: int
    marks: Offsets
    behind: int
    is_of_these_rules: bool
    totals: Mapping[str, int]
    differences: tuple[PlayerDifference, ...]
    total_differences: tuple[TotalDifference, ...]
    unordered: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Tell whether the store is the fold."""
        return self.is_of_these_rules and not self.differences and not self.total_differences


def prove_state(store: PlayerStore, presto: Presto, catalog: Catalog, ends: Offsets) -> StateProof:
    """Compare every player in the store with the fold; `ends` are the ledger's, to say what is missing."""
    fold = Fold(catalog)
    marks, stored = store.snapshot()
    folded = _folded(fold, presto, marks.next_offsets)
    differences = _differences(stored, folded)
    unordered = {one.player for one in differences if _is_unordered(folded.get(one.player))}
    totals = totals_of(catalog, stored)
    summed = totals_in_presto(presto, catalog, marks.next_offsets)
    return StateProof(
        players=len(stored),
        marks=marks.next_offsets,
        behind=marks.lag(ends),
        is_of_these_rules=_is_of_rules(marks, fold),
        totals=totals,
        differences=tuple(one for one in differences if one.player not in unordered),
        total_differences=tuple(
            TotalDifference(name=name, stored=total, summed=summed[name])
            for name, total in totals.items()
            if total != summed[name]
        ),
        unordered=tuple(sorted(unordered)),
    )


def _is_of_rules(marks: Marks, fold: Fold) -> bool:
    return marks.rules in ("", fold.rules_digest)


def _folded(fold: Fold, presto: Presto, until: Offsets) -> dict[str, PlayerState]:
    players: dict[str, PlayerState] = {}
    for rows in _slices(fold, presto, until):
        for player, events in by_player(rows).items():
            players[player] = fold.apply(players.get(player), events)
    return players


def _slices(fold: Fold, presto: Presto, until: Offsets) -> Iterator[Iterator[Event]]:
    sql = load_query("events_of_players").format(columns=", ".join(f'"{name}"' for name in fold.columns))
    for partition, end in sorted(until.items()):
        for start in range(0, end, _ROWS_A_QUERY):
            bounds = {"from_offset": start, "until_offset": min(end, start + _ROWS_A_QUERY)}
            yield presto.query(sql, partition=partition, **bounds).records()


def _differences(stored: Players, folded: Players) -> list[PlayerDifference]:
    return [
        PlayerDifference(player=player, stored=_values(stored, player), folded=_values(folded, player))
        for player in sorted(stored.keys() | folded.keys())
        if stored.get(player) != folded.get(player)
    ]


def _values(players: Players, player: str) -> Mapping[str, Any] | None:
    state = players.get(player)
    return state.values if state else None


def _is_unordered(state: PlayerState | None) -> bool:
    return state is not None and len(state.offsets) > 1
