"""What all tests share. The stack is started once for all that ask for it, and destroyed at the end."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing

import hypothesis
import pytest

from pipectl.players.store import PlayerStore, open_store
from tests.harness import STORE, Stack, new_stack, remove
from tests.store_servers import SERVERS, StoreServer

# A machine that also runs engines is slow at times; that is no failure of what is tested.
hypothesis.settings.register_profile("pipectl", deadline=None)
hypothesis.settings.load_profile("pipectl")

PLAYERS = ("user1.comcast.com", "user2.att.com")
PATHS = ("", "purchase_a_sword", "join_guild", "join_a_guild")


@pytest.fixture(scope="session")
def engines() -> Iterator[Stack]:
    """Engines and collector of a fresh stack, without the stream."""
    stack = new_stack()
    try:
        stack.pipectl("up")
        yield stack
        stack.destroy()
    finally:
        remove(stack)


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    """A server of the store under test; whoever kills it starts it again."""
    server = SERVERS[STORE](tmp_path_factory.mktemp(STORE))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def store(store_server: StoreServer) -> Iterator[PlayerStore]:
    """A store that is empty: each test has a namespace of its own."""
    with closing(open_store(store_server.url, f"test-{uuid.uuid4()}", timeout_seconds=5)) as store:
        yield store


@pytest.fixture(scope="session")
def assigned_requests(engines: Stack) -> list[str]:
    """The assignment's eight lines, sent before the job's very first start; returns what ab printed."""
    printed = []
    for player in PLAYERS:
        for path in PATHS:
            url = f"http://localhost:{engines.ports['collector']}/{path}"
            command = ["ab", "-n", "10", "-H", f"Host: {player}", url]
            printed.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return printed


@pytest.fixture(scope="session")
def stack(engines: Stack, assigned_requests: list[str]) -> Stack:
    """The whole pipeline, with the assignment's requests landed."""
    assert assigned_requests
    engines.pipectl("stream", "start")
    engines.pipectl("drain")
    return engines
