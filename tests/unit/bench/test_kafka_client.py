"""The limit that lists are shown beside, against the broker that librdkafka brings along for tests."""

import json
from pathlib import Path

from pipectl.bench.suite.processes import Program, reference_script, run_to_end
from pipectl.kafka_bulk import read_wanted
from tests.unit.conftest import mock_kafka

TOPIC, RECORDS = "client-events", 300
KEY, VALUE = "user1", '{"event_type": "purchase_sword"}'


def test_every_record_is_acknowledged_and_measured(tmp_path: Path) -> None:
    with mock_kafka() as (client, bootstrap):
        words = (bootstrap, TOPIC, str(RECORDS), KEY, VALUE)
        program = Program(script=reference_script("kafka_client.py"), words=words, log=tmp_path / "log")

        lines = run_to_end(program, timeout_seconds=60)

        partitions = client.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
        arrived = [
            each for place in partitions for each in read_wanted(bootstrap, TOPIC, place, [range(RECORDS)])
        ]

    sample = json.loads(lines[-1])
    assert list(sample) == ["cpu_us_per_event", "events_per_second", "p99_ms", "events"]
    assert sample["events"] == RECORDS
    assert min(sample.values()) > 0
    assert {(each.key, each.value) for each in arrived} == {(KEY.encode(), VALUE.encode())}
    assert len(arrived) == RECORDS
