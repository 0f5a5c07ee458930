"""Player state from end to end inside the driver: landed by Spark, folded, kept in a real store."""

import gc
from typing import Any

import pytest

from jobs.player_state import StateLoop, follow_ledger, read_events
from pipectl.catalog import EVENTS_TOPIC, Catalog, parse_catalog
from pipectl.lake.tables import events_table
from pipectl.players.fold import Fold
from pipectl.players.follower import Follower
from pipectl.players.state import PlayerState
from pipectl.players.store import PlayerStore
from pipectl.waiting import wait_until
from tests.jobs.conftest import EVENT_TYPES, Record, Stream, event
from tests.store_servers import StoreServer

PURCHASE = [
    {"subtract": "gold", "by": "price"},
    {"add": "inventory", "item": "sword_type"},
]


@pytest.fixture
def catalog() -> Catalog:
    player = {"gold": {"type": "integer"}, "inventory": {"type": "items"}, "role": {"type": "string"}}
    purchase = {**EVENT_TYPES["purchase_sword"], "state": PURCHASE}
    join = {**EVENT_TYPES["join_guild"], "state": [{"set": "role", "to": "role"}]}
    types = {**EVENT_TYPES, "purchase_sword": purchase, "join_guild": join}
    return parse_catalog({"player": player, "event": types})


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


def follower_of(played: Stream, store: PlayerStore) -> Follower:
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


def test_what_has_landed_is_what_players_have(played: Stream, store: PlayerStore) -> None:
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
    played: Stream, store_server: StoreServer, store: PlayerStore
) -> None:
    store_server.kill()
    reports: list[str] = []
    loop = StateLoop(
        follower_of(played, store),
        cycle_seconds=0.05,
        report=lambda name, **_facts: reports.append(name),
    )
    loop.start()
    wait_until(lambda: reports, timeout_seconds=30, message="Nothing was reported.")
    store_server.start()
    wait_until(
        lambda: store.marks().next_offsets == {0: 5}, timeout_seconds=60, message="It does not catch up."
    )
    loop.stop()
    gc.collect()  # the thread's socket to the JVM, while that is no failure (see conftest.py)
    assert reports == ["state_waits", "state_goes_on"]
