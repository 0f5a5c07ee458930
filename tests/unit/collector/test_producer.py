"""The producer against librdkafka's own mock of Kafka, which is a part of the client."""

import asyncio
from typing import Any

import confluent_kafka
import pytest

from pipectl.catalog import EVENTS_TOPIC
from pipectl.collector.config import CollectorConfig
from pipectl.collector.envelope import Record
from pipectl.collector.producer import Delivery, Producer
from pipectl.waiting import wait_until

RECORDS = [Record(f"id-{number}", "probe", b"key", b"%d" % number) for number in range(100)]
CONFIG = CollectorConfig(host="", port=0, bootstrap_servers="127.0.0.1:9", catalog_file="")
FATAL = confluent_kafka.KafkaError(confluent_kafka.KafkaError._FATAL, "fenced", True)  # noqa: SLF001, FBT003 - its own names


class Clients:
    """Makes the producer's clients of Kafka; they meet none until `kafka_is_there`."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.kafka_is_there = False
        self._connect = confluent_kafka.Producer

    def __call__(self, options: dict[str, Any]) -> Any:
        self.made.append(options)
        return self._connect(options | ({"test.mock.num.brokers": 1} if self.kafka_is_there else {}))


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    made = Clients()
    monkeypatch.setattr(confluent_kafka, "Producer", made)
    return made


def send(producer: Producer) -> Delivery:
    """Begin the delivery of all records."""
    delivery = producer.begin()
    assert producer.send_all(EVENTS_TOPIC, RECORDS, delivery) == list(range(len(RECORDS)))
    return delivery


def test_every_record_is_reported_on_and_none_stays_in_flight(clients: Clients) -> None:
    async def deliver() -> tuple[Producer, list[list[str | None]]]:
        producer = Producer(CONFIG)
        producer.start(asyncio.get_running_loop())
        return producer, [await send(producer).errors() for _ in range(3)]

    clients.kafka_is_there = True
    producer, errors = asyncio.run(deliver())
    assert errors == [[None] * len(RECORDS)] * 3
    assert producer.in_flight == 0


def test_a_request_that_comes_takes_the_reports_for_those_before_it(clients: Clients) -> None:
    """The loop gets no chance to poll by itself."""

    async def deliver() -> list[str | None]:
        producer = Producer(CONFIG)
        producer.start(asyncio.get_running_loop())
        first = send(producer)

        def is_over_when_another_begins() -> bool:
            producer.begin()
            return first.is_over

        wait_until(is_over_when_another_begins, timeout_seconds=30, message="No report was taken.")
        return await first.errors()

    clients.kafka_is_there = True
    assert asyncio.run(deliver()) == [None] * len(RECORDS)


def test_a_client_that_was_fenced_gives_its_records_up_and_another_takes_its_place(
    clients: Clients,
) -> None:
    async def deliver() -> tuple[Producer, list[str | None], list[str | None]]:
        producer = Producer(CONFIG)
        producer.start(asyncio.get_running_loop())
        lost = send(producer)
        clients.kafka_is_there = True
        clients.made[0]["error_cb"](FATAL)
        gone = await lost.errors()
        return producer, gone, await send(producer).errors()

    producer, gone, errors = asyncio.run(deliver())
    assert gone == ["_PURGE_QUEUE"] * len(RECORDS)
    assert errors == [None] * len(RECORDS)
    assert producer.in_flight == 0
    assert len(clients.made) == 2
