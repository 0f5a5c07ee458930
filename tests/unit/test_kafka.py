import pytest

from pipectl import kafka
from pipectl.errors import NotRunning


def test_a_broker_that_is_not_there_is_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning, match=f"127.0.0.1:{unused_port}"):
        kafka.check_broker(f"127.0.0.1:{unused_port}")


def test_reading_from_a_broker_that_is_not_there_is_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning):
        list(kafka.read_records(f"127.0.0.1:{unused_port}", "events", 0, 0, 10))


def test_topics_take_time_from_the_broker_and_never_forget_by_themselves() -> None:
    assert kafka.TOPICS == ("events", "events-rejected")
    assert kafka.TOPIC_CONFIGS == {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}
