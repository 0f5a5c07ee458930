"""Every request is sent twice under its own id, while collector and streaming job are killed."""

import json
import signal

from pipectl.catalog import EVENTS_TOPIC
from pipectl.kafka import beginning_offsets, end_offsets, read_records
from tests.faults.test_kills import VICTIMS
from tests.harness import Stack
from tests.traffic import Sender, await_progress

KILLED = ("the collector's leader", "the stream's jvm")


def test_each_id_is_one_row_and_the_ledger_counts_every_copy_that_kafka_holds(stack: Stack) -> None:
    """Send each event until it was acknowledged twice; kill; drain; compare Presto, the ledger and Kafka."""
    stack.pipectl("drain")
    before = stack.json("verify")["data"]["counts"]["duplicates"]
    with Sender(stack.url, copies=2) as sender:
        for name in KILLED:
            await_progress(stack.presto, sender)
            victim = VICTIMS[name]
            victim.pick(stack.processes(victim.service)).send_signal(signal.SIGKILL)
        await_progress(stack.presto, sender)
    stack.pipectl("drain")
    copies = copies_in_kafka(stack, sender.sent)
    rows = stack.presto.query("select event_id from events").rows
    landed = [event_id for (event_id,) in rows if event_id in sender.sent]
    duplicates = stack.json("verify")["data"]["counts"]["duplicates"] - before

    assert len(landed) == len(set(landed))
    assert sender.acknowledged <= set(landed)
    assert set(landed) == copies.keys()
    assert duplicates == sum(copies.values()) - len(copies)
    assert duplicates >= len(sender.acknowledged) - 2  # the last one of each thread may have gone once


def copies_in_kafka(stack: Stack, ids: set[str]) -> dict[str, int]:
    """Count the records of each of these ids with the second client, which did not write them."""
    copies: dict[str, int] = {}
    begins, ends = (ask(stack.bootstrap, [EVENTS_TOPIC]) for ask in (beginning_offsets, end_offsets))
    for (topic, partition), end in ends.items():
        for record in read_records(stack.bootstrap, topic, partition, begins[topic, partition], end):
            event_id = event_id_of(record.value)
            if event_id in ids:
                copies[event_id] = copies.get(event_id, 0) + 1
    return copies


def event_id_of(value: bytes | None) -> str:
    """Return the id in a record; other tests leave garbage in the topic."""
    try:
        document = json.loads(value or b"null")
    except ValueError:
        return ""
    return str(document.get("event_id")) if isinstance(document, dict) else ""
