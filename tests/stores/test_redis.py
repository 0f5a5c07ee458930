"""What Redis alone can do to its store: go back to an earlier moment."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipectl.players.redis import RedisStore
from pipectl.players.state import Marks
from pipectl.players.store import Players, StoreAway, StoreMoved
from tests.store_servers import RedisServer
from tests.stores.written import ANN, BOB, FIRST, SECOND, write


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisStore]:
    with closing(RedisStore(server.url, "test", timeout_seconds=5)) as store:
        yield store


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
    log = next(server.files.glob("appendonlydir/*.incr.aof"))
    store.update(Marks(), FIRST, ["ann"], write({"ann": ANN}))
    before = log.stat().st_size
    store.update(FIRST, SECOND, ["bob"], write({"bob": BOB}))
    server.kill()
    whole = log.read_bytes()
    for length in range(before, len(whole) + 1, 40):
        log.write_bytes(whole[:length])
        server.start()
        assert store.snapshot() in ((FIRST, {"ann": ANN}), (SECOND, {"ann": ANN, "bob": BOB}))
        server.kill()
    server.start()
