"""What the log of a Spark job says of a drain, and the arithmetic of the arms."""

import json

import pytest

from pipectl.bench.suite.drain import sample_of
from pipectl.bench.suite.events import FIVE_TYPES, LIST_LENGTH, mixed_list, valid_event
from pipectl.bench.suite.spark import Drain, drain_of, entries
from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.collector.checks import EventSpec
from pipectl.errors import OperationFailed

CATALOG = load_catalog(bundled("events.toml"))
STARTED = '{"time": "2026-11-26T12:00:00.000+00:00", "event": "started"}'


def _line(second: int, event: str, **facts: object) -> str:
    return json.dumps({"time": f"2026-11-26T12:00:{second:02d}.000+00:00", "event": event, **facts})


def test_a_stream_is_measured_from_its_start_to_its_last_batch() -> None:
    lines = [
        STARTED,
        "WARN what Spark says itself",
        _line(4, "batch", landed=70, not_selected=20, rejected=6, duplicates=4, seconds=3.9),
        _line(6, "batch", landed=50, not_selected=0, rejected=0, duplicates=0, seconds=1.9),
        _line(9, "stopped"),
    ]

    assert drain_of(lines) == Drain(records=150, seconds=6.0)


def test_a_reference_job_says_how_many_it_has_read() -> None:
    assert drain_of([STARTED, _line(5, "drained", records=500)]) == Drain(records=500, seconds=5.0)


def test_only_the_last_run_of_a_log_counts() -> None:
    lines = [STARTED, _line(9, "batch", landed=9), _line(20, "started"), _line(25, "batch", landed=1)]

    assert [entry["event"] for entry in entries(lines)] == ["started", "batch"]
    assert drain_of(lines) == Drain(records=1, seconds=5.0)


def test_a_job_that_has_not_begun_shows_what_it_said() -> None:
    with pytest.raises(OperationFailed, match="has not begun") as failure:
        drain_of(["java.net.ConnectException"])

    assert "ConnectException" in failure.value.evidence


def test_a_job_that_began_and_drained_nothing_is_no_measurement() -> None:
    with pytest.raises(OperationFailed, match="drained nothing"):
        drain_of([STARTED])


def test_the_rate_is_of_records_in_kafka_however_often_they_are_read() -> None:
    assert sample_of("usual", Drain(records=500, seconds=10.0), 100, reads=5)["records_per_second"] == 10.0


def test_a_drain_of_other_records_compares_nothing() -> None:
    with pytest.raises(OperationFailed, match="other records"):
        sample_of("the stream", Drain(records=99, seconds=10.0), 100)


def test_a_mixed_list_has_every_type_and_a_player_for_each_event() -> None:
    events = mixed_list(CATALOG)

    assert len({event["user_id"] for event in events}) == LIST_LENGTH
    assert {event["event_type"] for event in events} == set(FIVE_TYPES)


@pytest.mark.parametrize("name", CATALOG.events)
def test_what_is_sent_passes_the_check_of_the_edge(name: str) -> None:
    event = CATALOG.event(name)

    assert EventSpec(event).check({"user_id": "player", **valid_event(event)})
