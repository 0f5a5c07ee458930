"""What a collector tells about itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from pipectl.catalog import parse_catalog
from pipectl.collector.app import Application
from pipectl.collector.config import CollectorConfig
from pipectl.collector.envelope import Record
from pipectl.collector.producer import Producer
from pipectl.collector.refusals import Refused
from pipectl.errors import UsageFault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.collector.conftest import Kit

NOBODY_LISTENS = "127.0.0.1:1"


def test_health_is_alive_and_ready_needs_kafka(kit: Kit) -> None:
    assert [kit.ask(f"{method} /health").status for method in ("GET", "HEAD")] == [200, 200]
    assert kit.ask("GET /ready").status == 200
    kit.kafka.is_there = False
    assert kit.ask("GET /ready").status == 503
    assert kit.ask("GET /health").status == 200


def test_metrics_count_what_was_accepted_and_refused(kit: Kit) -> None:
    for route in ("GET /buy", "GET /buy", "GET /buy?price=-1", "GET /nothing", "PATCH /buy"):
        kit.ask(route)

    lines = kit.ask("GET /metrics").body.decode().splitlines()
    counts = dict(line.split('",', 1)[1].rsplit(" ", 1) for line in lines if '",' in line)
    assert counts == {
        'type="buy"}': "2",
        'reason="catalog_violation"}': "1",
        'reason="not_found"}': "1",
        'reason="method_not_allowed"}': "1",
    }


def test_openapi_describes_every_route_of_the_catalog(kit: Kit) -> None:
    document = json.loads(kit.ask("GET /openapi.json").body)

    assert document["openapi"] == "3.1.0"
    assert {path: set(methods) for path, methods in document["paths"].items()} == {
        "/": {"get", "post"},
        "/buy": {"get", "post", "put", "delete"},
        "/buy/{item}/{price}": {"post"},
        "/players/{user_id}/fights": {"post"},
        "/events": {"post"},
    }
    schemas = document["components"]["schemas"]
    price = {"type": ["integer", "null"], "default": 100, "minimum": 0, "maximum": 1000}
    assert schemas["event.buy"]["properties"]["price"] == price
    assert schemas["event.fight"]["required"] == ["enemy"]


def test_a_failure_nobody_thought_of_is_a_503_without_a_trace(kit: Kit) -> None:
    def send_nothing(*_: object) -> None:
        raise RuntimeError("boom")

    kit.kafka.send = send_nothing  # type: ignore[method-assign, assignment]  # the seam itself breaks

    answer = kit.ask("GET /buy")

    assert answer.status == 503
    assert b"boom" not in answer.body


def test_a_catalog_cannot_take_a_route_of_the_collector(kit: Kit) -> None:
    catalog = parse_catalog({"event": {"sick": {"summary": "x", "routes": ["GET /health"]}}})

    with pytest.raises(UsageFault, match="GET /health"):
        Application(catalog, kit.kafka)


def test_a_configuration_is_read_as_it_was_written(tmp_path: Path) -> None:
    config = CollectorConfig(
        host="127.0.0.1", port=1, bootstrap_servers="x", catalog_file="events.toml", write_key="é"
    )
    file = tmp_path / "collector.json"
    file.write_text(config.to_json(), "utf-8")

    assert CollectorConfig.from_json(file) == config


def test_a_broken_configuration_is_named(tmp_path: Path) -> None:
    file = tmp_path / "collector.json"
    file.write_text('{"host": 1}')

    with pytest.raises(UsageFault, match=r"collector\.json"):
        CollectorConfig.from_json(file)


def alone(max_in_flight: int) -> CollectorConfig:
    return CollectorConfig(
        host="127.0.0.1",
        port=1,
        bootstrap_servers=NOBODY_LISTENS,
        catalog_file="x",
        max_in_flight=max_in_flight,
        kafka_timeout_seconds=0.5,
    )


def test_without_kafka_every_record_is_reported_in_time_and_room_comes_back() -> None:
    """Send to a port where nobody listens: two fit, a third does not; both fail; then there is room."""

    async def send_three() -> tuple[list[str | None], bool, int]:
        producer = Producer(alone(max_in_flight=2))
        producer.start(asyncio.get_running_loop())
        delivery = producer.begin()
        places = [producer.send("events", b"a", b"{}", delivery) for _ in range(2)]
        assert places == [0, 1]
        with pytest.raises(Refused) as full:
            producer.send("events", b"a", b"{}", delivery)
        assert full.value.status == 503
        errors = await delivery.errors()
        is_ready = await producer.is_ready()
        await asyncio.to_thread(producer.close)
        await asyncio.sleep(0)
        return errors, is_ready, producer.in_flight

    errors, is_ready, in_flight = asyncio.run(send_three())
    assert None not in errors
    assert (is_ready, in_flight) == (False, 0)


def test_a_list_is_queued_as_far_as_there_is_room_and_every_record_has_an_answer() -> None:
    """Of four at once, the first is larger than a record may be, the last is more than may be in flight."""
    values = [b"x" * 2_000_000, b"{}", b"{}", b"{}"]

    async def send_four() -> tuple[list[int | Refused], list[str | None], int]:
        producer = Producer(alone(max_in_flight=3))
        producer.start(asyncio.get_running_loop())
        delivery = producer.begin()
        records = [Record(str(n), "buy", b"a", value) for n, value in enumerate(values)]
        places = producer.send_all("events", records, delivery)
        assert producer.in_flight == 2
        errors = await delivery.errors()
        await asyncio.to_thread(producer.close)
        await asyncio.sleep(0)
        return places, errors, producer.in_flight

    (too_large, second, third, no_room), errors, in_flight = asyncio.run(send_four())
    assert (second, third) == (1, 2)
    assert isinstance(too_large, Refused)
    assert too_large.status == 413
    assert isinstance(no_room, Refused)
    assert no_room.status == 503
    assert (len(errors), None in errors, in_flight) == (3, False, 0)
