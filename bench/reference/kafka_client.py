"""The raw limit of what Kafka takes: its client alone, with the settings of the collector's.

No HTTP and no check: one record again and again, to a topic that is there, each acknowledged by all replicas.

    python kafka_client.py BOOTSTRAP_SERVERS TOPIC RECORDS KEY VALUE
"""

import json
import sys
import time
from typing import Any

from confluent_kafka import Producer

IN_FLIGHT = 50_000
TIMEOUT_SECONDS = 15
OPTIONS = {"acks": "all", "enable.idempotence": True, "linger.ms": 0.5, "compression.type": "lz4"}


def send(producer: Any, topic: str, records: int, key: str, value: str) -> list[float]:
    """Send a record so many times; return the seconds until each was acknowledged.

    Raises RuntimeError when one was not.
    """
    seconds: list[float] = []

    def note(error: Any, message: Any) -> None:
        if error:
            raise RuntimeError(error.str())
        seconds.append(message.latency())

    for _ in range(records):
        while len(producer) >= IN_FLIGHT:
            producer.poll(0.01)
        producer.produce(topic, value, key, on_delivery=note)
        producer.poll(0)
    producer.flush(TIMEOUT_SECONDS)
    if len(seconds) != records:
        raise RuntimeError(f"{len(seconds)} of {records} were acknowledged")
    return seconds


def main(bootstrap: str, topic: str, records: str, key: str, value: str) -> None:
    """Print the figures of `pipectl bench batch` as JSON."""
    producer = Producer({"bootstrap.servers": bootstrap, **OPTIONS})
    producer.list_topics(topic, timeout=TIMEOUT_SECONDS)  # connects
    begun, used_before, count = time.perf_counter(), time.process_time(), int(records)
    seconds = sorted(send(producer, topic, count, key, value))
    took, used = time.perf_counter() - begun, time.process_time() - used_before
    figures = {
        "cpu_us_per_event": used * 1e6 / count,
        "events_per_second": count / took,
        "p99_ms": seconds[int(count * 0.99)] * 1000,
        "events": count,
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
