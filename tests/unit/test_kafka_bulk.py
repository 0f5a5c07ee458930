"""The quick reader, against the broker that librdkafka brings along for tests: real requests, no Kafka."""

from collections.abc import Iterator

import pytest

from pipectl.errors import NotRunning
from pipectl.kafka_bulk import read_wanted
from tests.unit.conftest import mock_kafka

RECORDS = 1_000


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    """The address of a broker with a thousand records in partition 1 of topic `events`."""
    with mock_kafka() as (producer, address):
        for number in range(RECORDS):
            producer.produce("events", f"value {number}".encode(), f"key {number}".encode(), partition=1)
        assert producer.flush(10) == 0
        yield address


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], []),
        ([range(2, 4)], [2, 3]),
        ([range(2), range(3, 4), range(998, RECORDS)], [0, 1, 3, 998, 999]),
        ([range(997, 998), range(999, 2_000)], [997, 999]),
        ([range(RECORDS, 2_000)], []),
    ],
)
def test_only_the_records_in_the_ranges_are_read(
    bootstrap: str, wanted: list[range], expected: list[int]
) -> None:
    found = list(read_wanted(bootstrap, "events", 1, wanted))

    assert [record.offset for record in found] == expected
    assert [record.value for record in found] == [f"value {offset}".encode() for offset in expected]
    assert [record.key for record in found] == [f"key {offset}".encode() for offset in expected]


def test_reading_from_a_broker_that_is_not_there_is_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning, match=f"127.0.0.1:{unused_port}"):
        list(read_wanted(f"127.0.0.1:{unused_port}", "events", 0, [range(10)]))
