"""The only door to Kafka on the way of an event; its reports come back in bursts.

librdkafka reports deliveries to whoever polls it: here the event loop itself, as each request comes and
every millisecond while records are in flight (`_poll`). A thread for it would take Python's lock anew for
each record, and wait for it each time that the loop is at work. A future for each event of a list would
cost more than all else that is done for it, which is why a request waits for one `Delivery` with all its
records in it.

Memory is bounded three times: by the number of records in flight, by librdkafka's queue in bytes, and in
time, because librdkafka gives up a record after `kafka_timeout_seconds`. A record whose request was told
"too late" still counts as in flight until librdkafka has reported on it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import confluent_kafka

from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC
from pipectl.collector.config import CollectorConfig
from pipectl.collector.envelope import Record
from pipectl.collector.refusals import Refused, too_large, unavailable

_TOO_LATE = "no answer in time"  # what is said of a record after `kafka_timeout_seconds`
_QUEUE_KIB = 128 * 1024
_POLL_SECONDS = 0.001  # how long a report may lie there when no request comes
_SWEEP_SECONDS = 0.25  # how exactly the deadline is kept
_CLOSE_SECONDS = 1.0  # nobody waits any more when the collector is closed
_READY_SECONDS = 2.0  # the bound of one look at Kafka's metadata
_TOO_MANY = "Too many events are waiting for Kafka."
_QUEUE_FULL = "The queue to Kafka is full."


class Delivery:
    """What Kafka says of the records of one request, which are all sent before it is waited for.

    It belongs to the event loop: nothing of it may be used on another thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin without any record."""
        self._errors: list[str | None] = []
        self._missing = 0
        self._over = loop.create_future()

    @property
    def size(self) -> int:
        """How many records were sent."""
        return len(self._errors)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for, or nobody waits any more."""
        return not self._missing or self._over.done()

    def add(self, count: int = 1) -> range:
        """Expect a report on each of so many more records; return their places."""
        places = range(self.size, self.size + count)
        self._errors += [_TOO_LATE] * count
        self._missing += count
        return places

    def settle(self, place: int, error: str | None) -> None:
        """Note the report on a record: the name of its error, None when all replicas have it."""
        if self._over.done():
            return
        self._errors[place] = error
        self._missing -= 1
        if not self._missing:
            self._over.set_result(None)

    def give_up(self) -> None:
        """End the wait; what has no report is too late."""
        if not self._over.done():
            self._over.set_result(None)

    async def errors(self) -> list[str | None]:
        """Wait for all reports and return them, in the order of sending."""
        if self._missing:
            await self._over
        return self._errors


class Sender(Protocol):
    """What the application needs of Kafka."""

    in_flight: int

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect; called once, in the process and with the loop that will use it."""

    def begin(self) -> Delivery:
        """Begin the delivery of a request's records; the time that Kafka has for it runs from now."""

    def send(self, topic: str, key: bytes | None, value: bytes, delivery: Delivery) -> int:
        """Queue a record and return its place in the delivery.

        Raises Refused with 503 when there is no room, with 413 when the record is too large.
        """

    def send_all(self, topic: str, records: Sequence[Record], delivery: Delivery) -> list[int | Refused]:
        """Queue records at once; return the place in the delivery of each, or why it is not queued."""

    async def is_ready(self) -> bool:
        """Tell whether Kafka answers and has both topics."""

    def close(self) -> None:
        """Send what is still queued, for a moment, and stop; blocks."""


class Producer:
    """Kafka itself: idempotent, acks=all."""

    def __init__(self, config: CollectorConfig) -> None:
        """Only remember the configuration; `start` connects."""
        self.in_flight = 0
        self._config = config
        self._deadlines: deque[tuple[float, Delivery]] = deque()
        self._is_polling = False
        self._is_broken = False
        self._loop: asyncio.AbstractEventLoop
        self._kafka: Any
        self._left: list[Any] = []  # clients that were broken, until they have reported on all their records
        self._probe: asyncio.Task[bool] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect and look after the deadlines; a forked worker must call it after the fork."""
        self._loop = loop
        self._kafka = self._connect()
        self._sweep()

    def begin(self) -> Delivery:
        """Begin the delivery of a request's records; see Sender."""
        if self.in_flight:
            self._take_reports()  # those who wait may be answered now; a millisecond is long for them
        delivery = Delivery(self._loop)
        self._deadlines.append((self._loop.time() + self._config.kafka_timeout_seconds, delivery))
        return delivery

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        delivery: Delivery,
        headers: Mapping[str, bytes] | None = None,
    ) -> int:
        """Queue a record; see Sender. Only a replay has headers."""
        if self.in_flight >= self._config.max_in_flight:
            raise unavailable(_TOO_MANY)
        try:
            report = partial(self._report, delivery, delivery.size)
            self._kafka.produce(topic, value, key, on_delivery=report, headers=headers and dict(headers))
        except BufferError:
            raise unavailable(_QUEUE_FULL) from None
        except confluent_kafka.KafkaException as error:
            raise self._refusal(error.args[0]) from None
        self._await_reports(1)
        return delivery.add()[0]

    def send_all(self, topic: str, records: Sequence[Record], delivery: Delivery) -> list[int | Refused]:
        """Queue records at once; see Sender. One call for each would let go of Python's lock each time."""
        room = max(self._config.max_in_flight - self.in_flight, 0)
        messages: list[dict[str, Any]] = [
            {"value": one.value, "key": one.key, "callback": partial(self._report, delivery, place)}
            for place, one in enumerate(records[:room], delivery.size)
        ]
        queued = self._kafka.produce_batch(topic, messages)
        self._await_reports(queued)
        places = delivery.add(len(messages))
        begun: list[int | Refused] = [*places]
        if queued < len(messages):
            errors = [message.get("_error") for message in messages]
            begun = [self._queued(delivery, *one) for one in zip(places, errors, strict=True)]
        return begun + [unavailable(_TOO_MANY)] * (len(records) - len(messages))

    def _queued(self, delivery: Delivery, place: int, error: Any) -> int | Refused:
        """Return the place of a record that is queued; settle that of another, and say why it is not."""
        if error is None:
            return place
        delivery.settle(place, error.name())
        return self._refusal(error)

    def _refusal(self, error: Any) -> Refused:
        """Say why Kafka's client has not queued a record."""
        if error.code() == confluent_kafka.KafkaError._QUEUE_FULL:  # noqa: SLF001 - its name for a local error
            return unavailable(_QUEUE_FULL)
        if error.code() == confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE:
            return too_large("The event is larger than a Kafka record may be.")
        self._is_broken = self._is_broken or error.fatal()
        return unavailable("Kafka does not take events now.")

    async def is_ready(self) -> bool:
        """Look at Kafka's metadata on another thread; askers at the same time share one look."""
        if self._probe is None or self._probe.done():
            self._probe = self._loop.create_task(asyncio.to_thread(self._has_topics))
        return await asyncio.shield(self._probe)

    def _has_topics(self) -> bool:
        try:
            topics = self._kafka.list_topics(timeout=_READY_SECONDS).topics
        except confluent_kafka.KafkaException:
            return False
        return EVENTS_TOPIC in topics and REJECTED_TOPIC in topics

    def close(self) -> None:
        """Send what is still queued, for a moment; all waiters have been answered by now. Blocks."""
        self._kafka.flush(_CLOSE_SECONDS)

    def _connect(self) -> Any:
        milliseconds = int(self._config.kafka_timeout_seconds * 1000)
        options = {
            "bootstrap.servers": self._config.bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",  # as Java's and kafka-python's: one player, one partition
            "linger.ms": 0.5,
            "compression.type": "lz4",
            "message.timeout.ms": milliseconds,
            "request.timeout.ms": milliseconds,
            "queue.buffering.max.messages": self._config.max_in_flight,
            "queue.buffering.max.kbytes": _QUEUE_KIB,
            "reconnect.backoff.max.ms": 500,  # a Kafka that is back is used again at once
            "log.connection.close": False,
            "error_cb": self._note_error,
        }
        return confluent_kafka.Producer(options)

    def _note_error(self, error: Any) -> None:
        if error.fatal():
            self._is_broken = True

    def _report(self, delivery: Delivery, place: int, error: Any, _message: Any) -> None:
        self.in_flight -= 1
        delivery.settle(place, error.name() if error else None)

    def _await_reports(self, count: int) -> None:
        """Poll until these records are reported on too."""
        self.in_flight += count
        if not self._is_polling:
            self._is_polling = True
            self._loop.call_later(_POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        self._take_reports()
        self._is_polling = self.in_flight > 0
        if self._is_polling:
            self._loop.call_later(_POLL_SECONDS, self._poll)

    def _take_reports(self) -> None:
        """Settle what has been reported on by now, and leave a client that is broken."""
        self._kafka.poll(0)
        for client in self._left:
            client.poll(0)
        self._left = [client for client in self._left if len(client)]
        if self._is_broken:
            self._replace()

    def _replace(self) -> None:
        """Leave a client that had a fatal error, which is for ever, and go on with a new one."""
        self._kafka.purge()
        self._left.append(self._kafka)
        self._kafka = self._connect()
        self._is_broken = False

    def _sweep(self) -> None:
        """End the waits that are past their deadline; in the order of beginning, so most are over already.

        Also take reports: there may be one of an error while nothing is in flight.
        """
        self._take_reports()
        now = self._loop.time()
        deadlines = self._deadlines
        while deadlines and (deadlines[0][1].is_over or deadlines[0][0] <= now):
            _, delivery = deadlines.popleft()
            delivery.give_up()
        self._loop.call_later(_SWEEP_SECONDS, self._sweep)
