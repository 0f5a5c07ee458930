"""A collector without HTTP and without Kafka: the real application over a fake at the producer's seam."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import pytest

from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, Catalog, parse_catalog
from pipectl.collector.answers import Answer
from pipectl.collector.app import Application
from pipectl.collector.envelope import Record
from pipectl.collector.inputs import Request
from pipectl.collector.players import PlayerReader
from pipectl.collector.producer import Delivery
from pipectl.collector.refusals import Refused, unavailable

CATALOG: dict[str, Any] = {
    "event": {
        "default": {"summary": "front page", "reply": "Welcome!", "routes": ["GET /", "POST /"]},
        "buy": {
            "summary": "a player buys",
            "reply": "Bought!",
            "routes": ["GET /buy", "POST /buy", "PUT /buy", "DELETE /buy", "POST /buy/{item}/{price}"],
            "fields": {
                "item": {"type": "string", "default": "bow", "max_length": 10},
                "price": {"type": "integer", "default": 100, "min": 0, "max": 1000},
                "weight": {"type": "number", "min": 0.5},
                "is_gift": {"type": "boolean", "default": False},
                "rank": {"type": "string", "choices": ["low", "high"]},
            },
        },
        "fight": {
            "summary": "a player fights",
            "routes": ["POST /players/{user_id}/fights"],
            "fields": {"enemy": {"type": "string", "required": True}},
        },
    }
}


class FakeKafka:
    """Acknowledges everything at once, except what a test tells it not to."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.records: list[tuple[str, bytes | None, dict[str, Any]]] = []
        self.failing: set[str] = set()
        self.is_full = False
        self.is_there = True

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        del loop

    def begin(self) -> Delivery:
        return Delivery(asyncio.get_running_loop())

    def send(self, topic: str, key: bytes | None, value: bytes, delivery: Delivery) -> int:
        if self.is_full:
            raise unavailable("full")
        place = delivery.size
        delivery.add()
        if topic not in self.failing:
            self.records.append((topic, key, json.loads(value)))
        error = "_MSG_TIMED_OUT" if topic in self.failing else None
        asyncio.get_running_loop().call_soon(delivery.settle, place, error)
        return place

    def send_all(self, topic: str, records: Sequence[Record], delivery: Delivery) -> list[int | Refused]:
        return [self._place(topic, record, delivery) for record in records]

    def _place(self, topic: str, record: Record, delivery: Delivery) -> int | Refused:
        try:
            return self.send(topic, record.key, record.value, delivery)
        except Refused as full:
            return full

    async def is_ready(self) -> bool:
        return self.is_there

    def close(self) -> None:
        pass


class Kit:
    """A collector that can be asked, and what it has sent to Kafka."""

    def __init__(
        self,
        write_key: str | None = None,
        catalog: Catalog | None = None,
        players: PlayerReader | None = None,
    ) -> None:
        self.kafka = FakeKafka()
        catalog = catalog or parse_catalog(CATALOG)
        self.application = Application(catalog, self.kafka, write_key, players)

    def ask(
        self,
        route: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        unreadable: tuple[str, ...] = (),
    ) -> Answer:
        """Ask `METHOD /path?query`; the Host header is `ann.example:5000` unless it is given.

        `unreadable` are headers that are there with a value which the server cannot decode.
        """
        method, _, target = route.partition(" ")
        path, _, query = target.partition("?")
        sent = {"host": "ann.example:5000", **(headers or {})}
        if body is not None:
            sent = {"content-length": str(len(body)), "content-type": "application/json", **sent}

        async def receive() -> bytes:
            return body or b""

        request = Request(
            method=method,
            path=unquote(path),
            query=query,
            header=sent.get,
            receive=receive,
            has_header=lambda name: name in sent or name in unreadable,
        )
        return asyncio.run(self.application.answer(request))

    def ask_json(
        self, route: str, document: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a JSON body and ask for a JSON answer; returns status and document."""
        wanted = {"accept": "application/json", **(headers or {})}
        answer = self.ask(route, headers=wanted, body=json.dumps(document).encode() if document else None)
        return answer.status, json.loads(answer.body)

    def rules(self, route: str, document: Any = None, **headers: str) -> set[tuple[str, str]]:
        """Return (path, rule) of everything that is broken in a request which must be a 422."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, answer = self.ask_json(route, document, headers=named)
        assert status == 422, answer
        return {(error["path"], error["rule"]) for error in answer["errors"]}

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the values of all records in topic `events`."""
        return [value for topic, _, value in self.kafka.records if topic == EVENTS_TOPIC]

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Return the values of all records in topic `events-rejected`."""
        return [value for topic, _, value in self.kafka.records if topic == REJECTED_TOPIC]


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture
def locked_kit() -> Kit:
    return Kit(write_key="open sesame")
