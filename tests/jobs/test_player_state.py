"""Player state from end to end inside the driver: landed by Spark, folded, kept in a real Redis."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.player_state import StateLoop, follow_ledger, read_events
from pipectl.catalog import EVENTS_TOPIC, Catalog, parse_catalog
from pipectl.lake.tables import events_table
from pipectl.players.fold import Fold
from pipectl.players.follower import Follower
from pipectl.players.redis import RedisStore
from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, StoreAway, StoreMoved, open_store
from pipectl.waiting import wait_until
from tests.jobs.conftest import EVENT_TYPES, Record, Stream, event
from tests.redis_server import RedisServer

ANN = PlayerState(values={"gold": 2**70, "inventory": {"bow": 1}}, offsets={0: 4})
BOB = PlayerState(values={"gold": -1, "inventory": {}}, offsets={1: 2})
FIRST = Marks(rules="r", next_offsets={0: 5, 1: 3})
PURCHASE = [
    {"subtract": "gold", "by": "price"},
    {"add": "inventory", "item": "sword_type"},
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def store(server: RedisServer) -> RedisStore:
    return RedisStore(server.url, "test", timeout_seconds=5)


@pytest.fixture
def catalog() -> Catalog:
    player = {"gold": {"type": "integer"}, "inventory": {"type": "items"}, "role": {"type": "string"}}
    purchase = {**EVENT_TYPES["purchase_sword"], "state": PURCHASE}
    join = {**EVENT_TYPES["join_guild"], "state": [{"set": "role", "to": "role"}]}
    types = {**EVENT_TYPES, "purchase_sword": purchase, "join_guild": join}
    return parse_catalog({"player": player, "event": types})


def write(players: Players) -> Callable[[Players], Players]:
    return lambda _known: players


def test_an_empty_store_has_no_marks_and_no_players(store: RedisStore) -> None:
    assert store.snapshot() == (Marks(), {})
    assert store.player("ann") is None


def test_what_was_written_is_read_again_number_for_number(store: RedisStore) -> None:
    store.update(Marks(), FIRST, ["ann", "bob"], write({"ann": ANN, "bob": BOB}))

    assert store.snapshot() == (FIRST, {"ann": ANN, "bob": BOB})
    assert (store.marks(), store.player("ann")) == (FIRST, ANN)


def test_an_update_gets_the_players_that_are_known(store: RedisStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    seen: list[Players] = []

    def remember(known: Players) -> Players:
        seen.append(known)
        return {}

    store.update(FIRST, FIRST, ["bob", "ann"], remember)
    assert seen == [{"ann": ANN}]


def test_an_update_with_old_marks_is_refused(store: RedisStore) -> None:
    store.update(Marks(), FIRST, [], write({}))

    with pytest.raises(StoreMoved):
        store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    assert store.player("ann") is None


def test_an_update_in_whose_middle_the_store_is_emptied_writes_nothing(store: RedisStore) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))

    def empty(_known: Players) -> Players:
        store.clear()
        return {"bob": BOB}

    with pytest.raises(StoreMoved):
        store.update(FIRST, FIRST, ["bob"], empty)
    assert store.snapshot() == (Marks(), {})


def test_an_update_in_whose_middle_redis_is_killed_and_comes_back_writes_nothing(
    server: RedisServer, store: RedisStore
) -> None:
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))

    def die(_known: Players) -> Players:
        server.kill()
        server.start()
        return {"bob": BOB}

    with pytest.raises((StoreMoved, StoreAway)):
        store.update(FIRST, Marks(rules="r", next_offsets={0: 9}), ["bob"], die)
    assert store.snapshot() == (FIRST, {"ann": ANN})


def test_whatever_a_crash_cuts_off_records_and_marks_go_back_together(
    server: RedisServer, store: RedisStore
) -> None:
    """Cut the append-only file at every length within its last update: both are there, or neither is."""
    log = next(server.folder.glob("appendonlydir/*.incr.aof"))
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    before = log.stat().st_size
    second = Marks(rules="r", next_offsets={0: 5, 1: 9})
    store.update(FIRST, second, ["bob"], write({"bob": BOB}))
    server.kill()
    whole = log.read_bytes()
    for length in range(before, len(whole) + 1, 40):
        log.write_bytes(whole[:length])
        server.start()
        assert store.snapshot() in ((FIRST, {"ann": ANN}), (second, {"ann": ANN, "bob": BOB}))
        server.kill()
    server.start()


def test_a_forgotten_player_is_in_no_file_and_does_not_come_back(
    server: RedisServer, store: RedisStore
) -> None:
    store.update(Marks(), FIRST, ["ann", "bob"], write({"ann": ANN, "bob": BOB}))
    store.forget("ann")
    store.forget("nobody")
    server.kill()
    files = [path.read_bytes() for path in server.folder.rglob("appendonlydir/*")]
    server.start()

    assert store.snapshot() == (FIRST, {"bob": BOB})
    assert files
    assert not [text for text in files if b"ann" in text]


def test_a_redis_that_is_not_there_is_said_to_be_away(server: RedisServer, store: RedisStore) -> None:
    server.kill()
    with pytest.raises(StoreAway, match=str(server.port)):
        store.marks()
    server.start()


def test_stacks_with_one_redis_do_not_see_each_other(server: RedisServer, store: RedisStore) -> None:
    other = open_store(server.url, "other")
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    other.clear()

    assert (other.marks(), store.marks()) == (Marks(), FIRST)


@pytest.fixture
def played(stream: Stream, catalog: Catalog) -> Stream:
    """Two batches: what ann buys, a guild, and one that is rejected in between."""
    stream.restart(catalog)
    bought: dict[str, Any] = {"event_type": "purchase_sword", "sword_type": "katana"}
    stream.land(
        0,
        [
            Record(value=event(**bought, price=30), offset=0),
            Record(value=event(**bought, price="much"), offset=1),
            Record(value=event(event_type="join_guild", role="leader", user_id="bob"), offset=2),
        ],
    )
    stream.land(1, [Record(value=event(**bought, price=12), offset=3), Record(value=event(), offset=4)])
    return stream


def follower_of(played: Stream, store: RedisStore) -> Follower:
    return follow_ledger(played.spark, played.catalog, played.sink, store)


def test_rows_are_read_in_order_and_only_of_the_slice(played: Stream, catalog: Catalog) -> None:
    columns = Fold(catalog).columns
    table = events_table(catalog).full_name
    read = read_events(played.spark, table, columns, {0: range(2, 5), 3: range(9)})

    assert [(row["kafka_offset"], row["user_id"], row["price"]) for row in read] == [
        (2, "bob", None),
        (3, "user1.comcast.com", 12),
        (4, "user1.comcast.com", None),
    ]


def test_what_has_landed_is_what_players_have(played: Stream, store: RedisStore) -> None:
    StateLoop(follower_of(played, store), cycle_seconds=1, report=lambda *_, **__: None).catch_up()

    marks, players = store.snapshot()
    assert marks.next_offsets == {0: played.sink.positions[EVENTS_TOPIC, 0]}
    assert players == {
        "user1.comcast.com": PlayerState(
            values={"gold": -42, "inventory": {"katana": 2}, "role": None}, offsets={0: 4}
        ),
        "bob": PlayerState(values={"gold": 0, "inventory": {}, "role": "leader"}, offsets={0: 2}),
    }


def test_the_loop_outlives_a_dead_store_says_so_once_and_catches_up(
    played: Stream, server: RedisServer, store: RedisStore
) -> None:
    server.kill()
    reports: list[str] = []
    loop = StateLoop(
        follower_of(played, store),
        cycle_seconds=0.05,
        report=lambda name, **_facts: reports.append(name),
    )
    loop.start()
    wait_until(lambda: reports, timeout_seconds=30, message="Nothing was reported.")
    server.start()
    wait_until(
        lambda: store.marks().next_offsets == {0: 5}, timeout_seconds=60, message="It does not catch up."
    )
    loop.stop()
    gc.collect()  # the thread's socket to the JVM, while that is no failure (see conftest.py)
    assert reports == ["state_waits", "state_goes_on"]
