"""Following the ledger into a store: what was interrupted anywhere ends as the fold."""

from collections.abc import Callable

import pytest

from pipectl.players.fold import Fold
from pipectl.players.follower import Follower, by_player, next_slice
from pipectl.players.state import Marks
from pipectl.players.store import Players, StoreAway, StoreMoved
from tests.unit.players.conftest import Log, MemoryStore

PLAYERS = ("ann", "bob", "cid")


@pytest.fixture
def played(log: Log) -> Log:
    for number in range(30):
        player = number % 3
        log.add("earn", player=PLAYERS[player], partition=player, amount=number)
        log.add("buy", player=PLAYERS[player], partition=player, kind="bow", price=2, count=1)
    return log


@pytest.fixture
def follower(store: MemoryStore, fold: Fold, played: Log) -> Follower:
    return Follower(store=store, fold=fold, ends=lambda: played.ends, read=played.read, slice_offsets=7)


def catch_up(follower: Follower) -> None:
    while follower.step() is not None:
        pass


def whole_fold(fold: Fold, log: Log) -> Players:
    return {player: fold.apply(None, events) for player, events in by_player(log.rows).items()}


def test_slice_by_slice_it_becomes_the_fold(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    catch_up(follower)

    marks, players = store.snapshot()
    assert players == whole_fold(fold, played)
    assert (marks.next_offsets, marks.rules) == (played.ends, fold.rules_digest)


def test_what_lands_later_is_folded_in_later(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    catch_up(follower)
    played.add("join", player="bob", partition=1, guild_name="rangers")
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_a_store_that_went_back_to_an_earlier_moment_becomes_the_fold_again(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    follower.step()
    earlier = dict(store.kept), store.kept_marks
    follower.step()
    store.kept, store.kept_marks = earlier
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_records_that_are_ahead_of_their_marks_are_not_folded_in_twice(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    catch_up(follower)
    store.kept_marks = Marks(rules=fold.rules_digest, next_offsets={0: 3})
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_a_store_that_is_emptied_in_the_middle_of_an_update_becomes_the_fold(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    follower.step()
    store.in_between = once(store, store.clear)
    with pytest.raises(StoreMoved):
        follower.step()
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_a_store_that_is_away_changes_nothing_and_is_caught_up_with(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    store.is_away = True
    with pytest.raises(StoreAway):
        follower.step()
    store.is_away = False
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_a_store_of_other_rules_is_folded_anew(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    catch_up(follower)
    store.kept_marks = Marks(rules="others", next_offsets=played.ends)
    store.kept = {"nobody": '{"values":{},"offsets":{}}'}
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_a_store_that_knows_more_than_the_lake_is_folded_anew(
    follower: Follower, store: MemoryStore, fold: Fold, played: Log
) -> None:
    catch_up(follower)
    del played.rows[20:]
    catch_up(follower)

    assert store.snapshot()[1] == whole_fold(fold, played)


def test_offsets_without_a_landed_event_are_passed(store: MemoryStore, fold: Fold) -> None:
    follower = Follower(store=store, fold=fold, ends=lambda: {0: 100}, read=lambda _ranges: [])
    catch_up(follower)

    assert store.marks().next_offsets == {0: 100}


def test_a_slice_is_shared_by_the_partitions_that_are_behind() -> None:
    assert next_slice({0: 5, 1: 90}, {0: 50, 1: 100, 2: 3}, 30) == {
        0: range(5, 15),
        1: range(90, 100),
        2: range(3),
    }
    assert next_slice({0: 50}, {0: 50}, 30) == {}
    assert next_slice({}, {0: 2, 1: 2}, 1) == {0: range(1), 1: range(1)}


def once(store: MemoryStore, action: Callable[[], None]) -> Callable[[], None]:
    def act() -> None:
        store.in_between = lambda: None
        action()

    return act
