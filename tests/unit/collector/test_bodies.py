"""How much of a body is taken in; asked of a real worker through the calls that granian makes."""

from __future__ import annotations

import asyncio
import gzip
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from granian.rsgi import ProtocolClosed

from pipectl.bundled import bundled
from pipectl.collector.config import CollectorConfig
from pipectl.collector.encodings import MAX_BODY_BYTES
from pipectl.collector.server import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping


class FakeProtocol:
    """One connection of granian's: gives a body, or fails as it does when the client has gone."""

    def __init__(self, body: bytes | Exception) -> None:
        self._body = body
        self.was_read = False
        self.status = 0
        self.answer: dict[str, Any] = {}

    async def __call__(self) -> bytes:
        self.was_read = True
        if isinstance(self._body, Exception):
            raise self._body
        return self._body

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        del headers
        self.status = status
        self.answer = json.loads(body)


@pytest.fixture
def worker() -> Worker:
    return Worker(
        CollectorConfig(
            host="127.0.0.1", port=1, bootstrap_servers="x", catalog_file=str(bundled("events.toml"))
        )
    )


def ask(worker: Worker, headers: Mapping[str, str], body: bytes | Exception = b"") -> tuple[int, str]:
    scope = SimpleNamespace(method="POST", path="/events", query_string="", headers=headers)
    protocol = FakeProtocol(body)
    asyncio.run(worker.__rsgi__(scope, protocol))
    return protocol.status, protocol.answer["reason"]


def test_a_body_of_unknown_length_is_a_411(worker: Worker) -> None:
    assert ask(worker, {"transfer-encoding": "chunked"}) == (411, "length_required")


def test_a_body_over_one_mebibyte_is_a_413(worker: Worker) -> None:
    assert ask(worker, {"content-length": str(MAX_BODY_BYTES + 1)}) == (413, "too_large")


@pytest.mark.parametrize("body", [b"{}", ProtocolClosed("gone")], ids=["whole", "cut off"])
def test_a_body_that_nobody_asked_for_is_taken_in_so_that_the_answer_arrives(
    worker: Worker, body: bytes | Exception
) -> None:
    scope = SimpleNamespace(method="POST", path="/nowhere", query_string="", headers={"content-length": "2"})
    protocol = FakeProtocol(body)
    asyncio.run(worker.__rsgi__(scope, protocol))
    assert (protocol.status, protocol.was_read) == (404, True)


def test_a_client_that_goes_away_in_mid_body_leaves_no_event_and_no_debt(worker: Worker) -> None:
    """More clients than the budget of bytes has room for: each must give back what it had reserved."""
    headers = {"content-length": str(MAX_BODY_BYTES)}

    for _ in range(100):
        assert ask(worker, headers, ProtocolClosed("gone")) == (408, "incomplete")


def test_what_a_bomb_held_while_it_was_inflated_is_given_back(worker: Worker) -> None:
    """More bombs than the budget of bytes has room for, one after the other: none is told to come again."""
    bomb = gzip.compress(bytes(2 * MAX_BODY_BYTES))
    headers = {"content-length": str(len(bomb)), "content-encoding": "gzip"}

    for _ in range(100):
        assert ask(worker, headers, bomb) == (413, "too_large")
