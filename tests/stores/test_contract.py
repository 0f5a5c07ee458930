"""What every store promises, against a real one: that of PIPECTL_TEST_STORE."""

import time
import uuid
from contextlib import closing

import pytest

from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, PlayerStore, StoreAway, StoreMoved, open_store
from pipectl.waiting import wait_until
from tests.store_servers import StoreServer
from tests.stores.written import ANN, BOB, FIRST, SECOND, write

RICH_ANN = PlayerState(values={"gold": 2**80, "inventory": {}}, offsets={0: 4})


def test_an_empty_store_has_no_marks_and_no_players(store: PlayerStore) -> None:
    assert store.snapshot() == (Marks(), {})
    assert store.player("ann") is None


def test_what_was_written_is_read_again_number_for_number(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann", "bob"], write({"ann": ANN, "bob": BOB}))

    assert store.snapshot() == (FIRST, {"ann": ANN, "bob": BOB})
    assert (store.marks(), store.player("ann")) == (FIRST, ANN)


@pytest.mark.parametrize("player", ["O'Hara %s {0}", "\N{DRAGON} \n\0", "x" * 70_000])
def test_a_player_may_have_any_name(store: PlayerStore, player: str) -> None:
    store.update(Marks(), FIRST, [player], write({player: ANN}))

    assert store.snapshot() == (FIRST, {player: ANN})
    assert store.player(player) == ANN


def test_an_update_gets_the_players_that_are_known(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    seen: list[Players] = []

    def remember(known: Players) -> Players:
        seen.append(known)
        return {}

    store.update(FIRST, FIRST, ["bob", "ann"], remember)
    assert seen == [{"ann": ANN}]


def test_a_record_of_the_same_events_takes_the_place_of_another(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    for record in (RICH_ANN, ANN):
        store.update(FIRST, FIRST, ["ann"], write({"ann": record}))
        assert store.snapshot() == (FIRST, {"ann": record})


def test_an_update_with_old_marks_is_refused(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, [], write({}))

    with pytest.raises(StoreMoved):
        store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    assert store.player("ann") is None


def test_an_update_in_whose_middle_the_store_is_emptied_writes_nothing(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))

    def empty(_known: Players) -> Players:
        store.clear()
        return {"bob": BOB}

    with pytest.raises(StoreMoved):
        store.update(FIRST, FIRST, ["bob"], empty)
    assert store.snapshot() == (Marks(), {})


def test_an_emptied_store_is_filled_again(store: PlayerStore) -> None:
    for _ in range(2):
        store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
        store.clear()
    store.update(Marks(), SECOND, ["bob"], write({"bob": BOB}))

    assert store.snapshot() == (SECOND, {"bob": BOB})


def test_many_players_are_written_at_once_and_all_are_there(store: PlayerStore) -> None:
    players = {f"player{number}": ANN for number in range(6000)}
    store.update(Marks(), FIRST, players.keys(), write(players))

    assert store.snapshot() == (FIRST, players)


def test_a_forgotten_player_does_not_come_back_and_the_others_stay(store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann", "bob"], write({"ann": ANN, "bob": BOB}))
    store.forget("ann")
    store.forget("nobody")

    assert store.snapshot() == (FIRST, {"bob": BOB})
    store.update(FIRST, SECOND, ["bob"], lambda known: known)
    assert store.snapshot() == (SECOND, {"bob": BOB})


def test_a_forgotten_player_is_in_no_file(store_server: StoreServer, store: PlayerStore) -> None:
    name = f"player-{uuid.uuid4()}"
    store.update(Marks(), FIRST, [name, "bob"], write({name: ANN, "bob": BOB}))
    assert files_with(store_server, name)

    store.forget(name)
    assert files_with(store_server, name) == []


def files_with(server: StoreServer, name: str) -> list[str]:
    """Return the files of a store that hold a name; one that goes meanwhile holds it no more."""
    found = []
    for path in sorted(server.files.rglob("*")):
        try:
            if path.is_file() and name.encode() in path.read_bytes():
                found.append(str(path))
        except FileNotFoundError:
            continue
    return found


def test_what_was_written_outlives_a_kill(store_server: StoreServer, store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    store_server.kill()
    store_server.start()

    await_marks(store, FIRST)
    assert store.snapshot() == (FIRST, {"ann": ANN})


def test_a_store_that_is_not_there_is_said_to_be_away_at_once(
    store_server: StoreServer, store: PlayerStore
) -> None:
    store.marks()
    store_server.kill()
    try:
        check_away_at_once(store, store_server)
        store.close()
        check_away_at_once(store, store_server)
    finally:
        store_server.start()
    await_marks(store, Marks())


def check_away_at_once(store: PlayerStore, server: StoreServer) -> None:
    began = time.monotonic()
    with pytest.raises(StoreAway, match=str(server.port)):
        store.marks()
    assert time.monotonic() - began < 5


def await_marks(store: PlayerStore, marks: Marks) -> None:
    wait_until(lambda: store.marks() == marks, timeout_seconds=30, message="The store does not come back.")


def test_stacks_with_one_store_do_not_see_each_other(store_server: StoreServer, store: PlayerStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    with closing(open_store(store_server.url, f"other-{uuid.uuid4()}")) as other:
        other.clear()
        assert (other.marks(), store.marks()) == (Marks(), FIRST)
