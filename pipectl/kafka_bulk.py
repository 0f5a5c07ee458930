"""Few records among many, through confluent-kafka: it takes whole fetches apart in C.

kafka-python (kafka.py) makes an object of every record that it passes, and stays the reader wherever the
other client's word is not to be taken.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaException, TopicPartition

from pipectl.kafka import CALL_TIMEOUT_SECONDS, Record, absent, check_listens, no_record, refused

_RECORDS_A_CALL = 10_000
_CALL_SECONDS = 0.05  # a call waits so long for its last record, also where there is none
_END = "_PARTITION_EOF"
_ABSENT = ("_ALL_BROKERS_DOWN", "_TIMED_OUT", "_TRANSPORT")
"""What the client calls errors of its own."""


def read_wanted(bootstrap: str, topic: str, partition: int, wanted: Sequence[range]) -> Iterator[Record]:
    """Yield the records whose offsets lie in one of these ranges; both are in order.

    What Kafka no longer holds, or does not hold yet, is left out. Raises NotRunning where no broker answers,
    OperationFailed when no record comes for 15 seconds although there should be one.
    """
    if not wanted:
        return
    with _consumer(bootstrap) as consumer:
        place = TopicPartition(topic, partition)
        begin, end = consumer.get_watermark_offsets(place, timeout=CALL_TIMEOUT_SECONDS)
        start, stop = max(wanted[0].start, begin), min(wanted[-1].stop, end)
        if start < stop:
            consumer.assign([TopicPartition(topic, partition, start)])
            yield from _within(_messages(consumer, place, stop), wanted)


def _within(messages: Iterator[Any], wanted: Sequence[range]) -> Iterator[Record]:
    """Make records of the messages in these ranges: of all others only the offset is looked at."""
    left = iter(wanted)
    span = next(left, None)
    for message in messages:
        offset = message.offset()
        while span and span.stop <= offset:
            span = next(left, None)
        if span and span.start <= offset:
            yield _as_record(message)


def _messages(consumer: Any, place: TopicPartition, stop: int) -> Iterator[Any]:
    """Yield all messages before an offset; raises where they do not come."""
    deadline = time.monotonic() + CALL_TIMEOUT_SECONDS
    while True:
        found = consumer.consume(_RECORDS_A_CALL, timeout=_CALL_SECONDS)
        for message in found:
            if error := message.error():
                if error.name() == _END:
                    return  # what stood between here and `stop` are marks of transactions
                raise KafkaException(error)
            if message.offset() < stop:
                yield message
            if message.offset() >= stop - 1:
                return
        if found:
            deadline = time.monotonic() + CALL_TIMEOUT_SECONDS
        elif time.monotonic() > deadline:
            raise no_record(f"{place.topic}, partition {place.partition}, before offset {stop}")


def _as_record(message: Any) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp_ms=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=tuple(message.headers() or ()),
    )


@contextmanager
def _consumer(bootstrap: str) -> Iterator[Any]:
    check_listens(bootstrap)
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "pipectl",  # asked for by the client; nothing is ever committed
            "enable.auto.commit": False,
            "auto.offset.reset": "error",  # an offset that is gone is an error, never a silent jump
            "enable.partition.eof": True,
            "check.crcs": True,
            "fetch.queue.backoff.ms": 10,  # after a full queue; the default is a second
            "log_level": 0,
        }
    )
    try:
        yield consumer
    except KafkaException as error:
        reason = error.args[0]
        raised = absent if reason.name() in _ABSENT else refused
        raise raised(bootstrap, reason.str()) from error
    finally:
        consumer.close()
