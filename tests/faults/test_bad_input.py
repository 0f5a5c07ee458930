"""What other clients put into the topic, and what a client sends twice."""

import time
import uuid

import requests
from confluent_kafka import Producer

from pipectl.catalog import EVENTS_TOPIC
from pipectl.waiting import wait_until
from tests.harness import Stack
from tests.traffic import landed_twice, missing_from

_WINDOW_SECONDS = 1


def test_garbage_from_another_client_does_not_stop_the_stream(stack: Stack) -> None:
    """Put 1,000 messages that are no events straight into the topic: each becomes a rejected row."""
    shapes = [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"42",
        b'{"event_type":"purchase_sword"',
        b'{"event_type":"nobody"}',
    ]
    before = rejected_by_stream(stack)
    producer = Producer({"bootstrap.servers": stack.bootstrap, "partitioner": "murmur2_random"})
    for number in range(1000):
        producer.produce(EVENTS_TOPIC, shapes[number % len(shapes)], key=str(number))
    assert producer.flush(30) == 0
    stack.pipectl("drain")
    assert rejected_by_stream(stack) == before + 1000
    assert stack.json("verify", "--deep")["data"]["differences"] == []


def rejected_by_stream(stack: Stack) -> int:
    return int(stack.presto.query("select count(*) from rejected_events where stage = 'stream'").scalar())


def test_the_same_ids_again_are_duplicates_also_after_a_pause_longer_than_the_window(stack: Stack) -> None:
    """Stop the stream; send ids, send them again; start it only when the window is long over."""
    stack.pipectl("stream", "stop")
    before = stack.json("verify")["data"]["counts"]["duplicates"]
    ids = [str(uuid.uuid4()) for _ in range(200)]
    send(stack, ids)
    send(stack, ids)
    over = time.monotonic() + 2 * _WINDOW_SECONDS
    wait_until(lambda: time.monotonic() > over, timeout_seconds=60, message="Time stands still.")
    stack.pipectl("stream", "start", PIPECTL_STREAM__LOOKUP_WINDOW_SECONDS=str(_WINDOW_SECONDS))
    stack.pipectl("drain")
    assert missing_from(stack.presto, set(ids)) == set()
    assert landed_twice(stack.presto) == []
    assert stack.json("verify", "--deep")["data"]["counts"]["duplicates"] == before + len(ids)
    stack.pipectl("stream", "start")


def send(stack: Stack, ids: list[str]) -> None:
    events = [{"event_type": "join_guild", "event_id": event_id, "user_id": "again"} for event_id in ids]
    answer = requests.post(f"{stack.url}/events", json=events, timeout=30)
    answer.raise_for_status()
