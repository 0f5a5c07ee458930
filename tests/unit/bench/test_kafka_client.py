"""The limit that lists are shown beside, against the broker that librdkafka brings along for tests."""

import json
from pathlib import Path

from confluent_kafka import Producer

from pipectl.bench.suite.processes import Program, run_to_end
from pipectl.bundled import bundled
from pipectl.kafka_bulk import read_wanted

SCRIPT = bundled("bench") / "reference" / "kafka_client.py"
RECORDS = 300


def test_every_record_is_acknowledged_and_measured(tmp_path: Path) -> None:
    broker = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
    (found,) = broker.list_topics(timeout=10).brokers.values()
    bootstrap = f"{found.host}:{found.port}"
    words = (bootstrap, "client-events", str(RECORDS), "user1", '{"event_type": "purchase_sword"}')

    lines = run_to_end(Program(script=SCRIPT, words=words, log=tmp_path / "log"), timeout_seconds=60)

    sample = json.loads(lines[-1])
    assert list(sample) == ["cpu_us_per_event", "events_per_second", "p99_ms", "events"]
    assert sample["events"] == RECORDS
    assert min(sample.values()) > 0
    partitions = broker.list_topics("client-events", timeout=10).topics["client-events"].partitions
    arrived = [
        each for place in partitions for each in read_wanted(bootstrap, words[1], place, [range(RECORDS)])
    ]
    assert {(each.key, each.value) for each in arrived} == {(words[3].encode(), words[4].encode())}
    assert len(arrived) == RECORDS
