"""The door to Kafka's topics and offsets, through kafka-python: control plane and independent reader.

No other module imports `kafka`; its types stay here and its errors become ours. The hot path (HTTP to
Kafka) is the collector's, through another client: what is read back here was not written by this one.
"""

import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC
from pipectl.errors import NotRunning, OperationFailed

TOPICS = (EVENTS_TOPIC, REJECTED_TOPIC)
TOPIC_CONFIGS: Mapping[str, str] = {
    "message.timestamp.type": "LogAppendTime",  # no client's clock decides what is late
    "retention.ms": "-1",  # records go only below what the ledger has
}

Offsets = dict[tuple[str, int], int]
"""(topic, partition) -> an offset."""

CALL_TIMEOUT_SECONDS = 15.0
"""How long one answer of Kafka is waited for."""
_POLL_TIMEOUT_MS = 1_000
_POLL_RECORDS = 5_000
_START = "Run: pipectl up"
_LOOK = "Run: pipectl logs kafka"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of a topic, with its bytes as they are."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def check_listens(bootstrap: str, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> None:
    """Raise NotRunning at once where nobody listens; a client itself would retry until its deadline."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    with _translated(bootstrap), socket.create_connection((host, int(port)), timeout=timeout_seconds):
        pass


def check_broker(bootstrap: str, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> None:
    """Make sure that a broker answers in Kafka's protocol; raises NotRunning if none does in time."""
    with _admin(bootstrap, timeout_seconds) as admin:
        admin.describe_cluster()


def ensure_topics(bootstrap: str, partitions: int, topics: Iterable[str] = TOPICS) -> None:
    """Create the topics that are missing; may be called again.

    Raises OperationFailed when a topic has another number of partitions: then the same key would go
    to another partition, and a player's order would be lost.
    """
    with _admin(bootstrap) as admin:
        found = _partition_counts(admin)
        for topic in topics:
            if topic not in found:
                _create_topic(admin, topic, partitions)
            elif found[topic] != partitions:
                raise OperationFailed(
                    f"Topic {topic} has {found[topic]} partitions, and the settings ask for {partitions}.",
                    evidence="The number of partitions is fixed for the life of a stack.",
                    do_next=f"Set kafka.partitions to {found[topic]}, or run: pipectl destroy",
                )


def end_offsets(bootstrap: str, topics: Iterable[str] = TOPICS) -> Offsets:
    """Return the offset that the next record of each partition will get."""
    with _consumer(bootstrap) as consumer:
        return _offsets(consumer.end_offsets(_partitions(consumer, topics)))


def beginning_offsets(bootstrap: str, topics: Iterable[str] = TOPICS) -> Offsets:
    """Return the first offset that Kafka still holds of each partition."""
    with _consumer(bootstrap) as consumer:
        return _offsets(consumer.beginning_offsets(_partitions(consumer, topics)))


def read_records(
    bootstrap: str, topic: str, partition: int, from_offset: int, until_offset: int
) -> Iterator[Record]:
    """Yield the records from `from_offset` (included) to `until_offset` (excluded), in order.

    Starts at the first record that Kafka still holds, and ends early where the partition ends. Raises
    OperationFailed when no record comes for 15 seconds although there should be one.
    """
    place = TopicPartition(topic, partition)
    with _consumer(bootstrap) as consumer:
        start = max(from_offset, consumer.beginning_offsets([place])[place])
        stop = min(until_offset, consumer.end_offsets([place])[place])
        consumer.assign([place])
        consumer.seek(place, start)
        yield from _poll_until(consumer, place, stop)


def absent(bootstrap: str, reason: str) -> NotRunning:
    """Return what is raised when no broker answers."""
    return NotRunning(f"Kafka does not answer at {bootstrap}.", evidence=reason, do_next=_START)


def refused(bootstrap: str, reason: str) -> OperationFailed:
    """Return what is raised when a broker answers with an error."""
    return OperationFailed(f"Kafka at {bootstrap} refused.", evidence=reason, do_next=_LOOK)


def no_record(where: str) -> OperationFailed:
    """Return what is raised when Kafka has been asked for 15 seconds for a record that should be there."""
    return OperationFailed(
        f"Kafka gave no record for {CALL_TIMEOUT_SECONDS:.0f} s.",
        evidence=where,
        do_next=_LOOK,
    )


def tail(bootstrap: str, topic: str, count: int, *, follow: bool = False) -> Iterator[Record]:
    """Yield the newest `count` records of a topic, oldest first; then, if asked to, those that come.

    Between partitions the order is that of the broker's clock.
    """
    ends = end_offsets(bootstrap, (topic,))
    newest: list[Record] = []
    for (_, partition), end in ends.items():
        newest += read_records(bootstrap, topic, partition, end - count, end)
    newest.sort(key=lambda record: (record.timestamp_ms, record.partition, record.offset))
    yield from newest[-count:]
    if follow:
        yield from _follow(bootstrap, ends)


def _follow(bootstrap: str, starts: Offsets) -> Iterator[Record]:
    with _consumer(bootstrap) as consumer:
        places = {TopicPartition(*place): offset for place, offset in starts.items()}
        consumer.assign(list(places))
        for place, offset in places.items():
            consumer.seek(place, offset)
        while True:
            for messages in consumer.poll(_POLL_TIMEOUT_MS).values():
                yield from map(_as_record, messages)


def _poll_until(consumer: Any, place: Any, stop: int) -> Iterator[Record]:
    deadline = time.monotonic() + CALL_TIMEOUT_SECONDS
    while (position := consumer.position(place)) < stop:
        for message in consumer.poll(_POLL_TIMEOUT_MS).get(place, ()):
            if message.offset >= stop:
                return
            yield _as_record(message)
        # The position also moves over offsets without a record, such as transaction markers.
        if consumer.position(place) > position:
            deadline = time.monotonic() + CALL_TIMEOUT_SECONDS
        elif time.monotonic() > deadline:
            raise no_record(f"{place.topic}, partition {place.partition}, at offset {position} of {stop}")


def _as_record(message: Any) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=message.timestamp,
        key=message.key,
        value=message.value,
        headers=tuple(message.headers or ()),
    )


def _partition_counts(admin: Any) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


def _create_topic(admin: Any, topic: str, partitions: int) -> None:
    options = {"num_partitions": partitions, "replication_factor": 1, "configs": dict(TOPIC_CONFIGS)}
    try:
        admin.create_topics({topic: options}, wait_for_metadata=True)
    except TopicAlreadyExistsError:  # somebody else was quicker
        admin.wait_for_topics([topic])


def _partitions(consumer: Any, topics: Iterable[str]) -> list[Any]:
    places = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise OperationFailed(f"Kafka has no topic {topic}.", do_next=_START)
        places += [TopicPartition(topic, number) for number in sorted(numbers)]
    return places


def _offsets(found: Mapping[Any, int]) -> Offsets:
    return {(place.topic, place.partition): offset for place, offset in found.items()}


@contextmanager
def _admin(bootstrap: str, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> Iterator[Any]:
    check_listens(bootstrap, timeout_seconds)
    with _translated(bootstrap), KafkaAdminClient(**_bounded(bootstrap, timeout_seconds)) as admin:
        yield admin


@contextmanager
def _consumer(bootstrap: str) -> Iterator[Any]:
    check_listens(bootstrap)
    with _translated(bootstrap):
        consumer = KafkaConsumer(
            **_bounded(bootstrap, CALL_TIMEOUT_SECONDS),
            auto_offset_reset="none",  # an offset that is gone is an error, never a silent jump
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            max_poll_records=_POLL_RECORDS,
        )
        with consumer:
            yield consumer


def _bounded(bootstrap: str, timeout_seconds: float) -> dict[str, Any]:
    milliseconds = int(timeout_seconds * 1000)
    return {
        "bootstrap_servers": bootstrap,
        "bootstrap_timeout_ms": milliseconds,
        "request_timeout_ms": milliseconds,
    }


@contextmanager
def _translated(bootstrap: str) -> Iterator[None]:
    try:
        yield
    except (OSError, KafkaConnectionError, KafkaTimeoutError) as error:
        raise absent(bootstrap, _reason(error)) from error
    except KafkaError as error:
        raise refused(bootstrap, _reason(error)) from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
