"""What `status` asks of each service, where something listens that never says a word, as a hung engine."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from pipectl.services.registry import RECIPES
from pipectl.settings import Ports, Settings, load_settings

ASKED = tuple(name for name in RECIPES if name != "stream")  # it has no port


@pytest.fixture
def silent() -> Iterator[Settings]:
    """Settings of a stack at whose every port somebody listens and nobody answers."""
    with ExitStack() as open_ports:
        listeners = {
            use: open_ports.enter_context(socket.create_server(("127.0.0.1", 0)))
            for use in Ports.model_fields
        }
        ports = {f"ports.{use}": listener.getsockname()[1] for use, listener in listeners.items()}
        yield load_settings(flags=ports).settings


def test_no_service_that_is_silent_is_waited_for_without_end_or_taken_for_ready(silent: Settings) -> None:
    with ThreadPoolExecutor(max_workers=len(ASKED)) as pool:
        asked = {name: pool.submit(RECIPES[name].check_ready, silent) for name in ASKED}
    assert [name for name, answer in asked.items() if answer.exception() is None] == []
