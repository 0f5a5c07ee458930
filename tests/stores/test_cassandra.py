"""What Cassandra's store does without a transaction: records run ahead of the marks, and nobody sees it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, PlayerStore, StoreAway, StoreMoved
from pipectl.waiting import wait_until
from tests.harness import STORE
from tests.store_servers import StoreServer
from tests.stores.written import BOB, FIRST, SECOND, write

pytestmark = pytest.mark.skipif(STORE != "cassandra", reason="the store of this run is another one")

BETWEEN = Marks(rules="r", next_offsets={0: 5, 1: 4})
LATER_BOB = PlayerState(values={"gold": 7, "inventory": {}}, offsets={1: 5})
LAST_BOB = PlayerState(values={"gold": 1, "inventory": {}}, offsets={1: 8})
PLAYERS = [f"player{number}" for number in range(50)]


@pytest.fixture
def bobs(store: PlayerStore) -> PlayerStore:
    """A store that knows bob, as of the first marks."""
    store.update(Marks(), FIRST, ["bob"], write({"bob": BOB}))
    return store


def test_what_an_update_wrote_that_did_not_get_to_its_marks_is_not_seen(bobs: PlayerStore) -> None:
    def move_marks(_known: Players) -> Players:
        bobs.update(FIRST, BETWEEN, [], write({}))
        return {"bob": LATER_BOB, "eve": LATER_BOB}

    with pytest.raises(StoreMoved):
        bobs.update(FIRST, SECOND, ["bob", "eve"], move_marks)
    assert bobs.snapshot() == (BETWEEN, {"bob": BOB})

    assert (bobs.player("bob"), bobs.player("eve")) == (BOB, None)

    seen: list[Players] = []

    def go_on(known: Players) -> Players:
        seen.append(known)
        return {"bob": LAST_BOB, "eve": LAST_BOB}

    bobs.update(BETWEEN, SECOND, ["bob", "eve"], go_on)
    assert seen == [{"bob": BOB}]
    assert bobs.snapshot() == (SECOND, {"bob": LAST_BOB, "eve": LAST_BOB})


def test_a_write_that_comes_late_does_not_hide_a_newer_one(bobs: PlayerStore) -> None:
    def be_overtaken(_known: Players) -> Players:
        bobs.update(FIRST, SECOND, ["bob"], write({"bob": LAST_BOB}))
        return {"bob": LATER_BOB}

    with pytest.raises(StoreMoved):
        bobs.update(FIRST, BETWEEN, ["bob"], be_overtaken)
    assert bobs.snapshot() == (SECOND, {"bob": LAST_BOB})


def test_at_every_moment_players_have_what_the_marks_say(
    store_server: StoreServer, store: PlayerStore
) -> None:
    """Update all players again and again; look meanwhile; kill Cassandra in between; look again."""
    with writing(store) as steps:
        for _ in range(3):
            for _ in range(5):
                await_step(steps)
                check_whole(store)
            store_server.kill()
            store_server.start()
            wait_until(lambda: store.marks() != Marks(), timeout_seconds=30, message="It does not come back.")
            check_whole(store)


@contextmanager
def writing(store: PlayerStore) -> Iterator[list[int]]:
    """Give every player one event more with each step, in a thread; yield the steps that succeeded."""
    steps: list[int] = []
    stopped = threading.Event()

    def write_on() -> None:
        while not stopped.wait(0.02):
            try:
                marks = store.marks()
                offset = marks.next_offsets.get(0, 0)
                state = PlayerState(values={"gold": offset}, offsets={0: offset})
                after = Marks(rules="r", next_offsets={0: offset + 1})
                store.update(marks, after, PLAYERS, write(dict.fromkeys(PLAYERS, state)))
                steps.append(offset)
            except (StoreAway, StoreMoved):
                continue

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        yield steps
    finally:
        stopped.set()
        thread.join()


def await_step(steps: list[int]) -> None:
    before = len(steps)
    wait_until(lambda: len(steps) > before, timeout_seconds=60, message="Nothing is written.")


def check_whole(store: PlayerStore) -> None:
    marks, players = store.snapshot()
    assert players.keys() == set(PLAYERS)
    assert {state.values["gold"] for state in players.values()} == {marks.next_offsets[0] - 1}
