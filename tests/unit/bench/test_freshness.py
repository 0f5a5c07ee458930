"""The open loop's schedule, and what is made of moments: no time of this machine is asserted."""

from concurrent.futures import Future
from typing import Any

import pytest

from pipectl.bench.suite.freshness import sample_of, watch
from pipectl.bench.suite.open_loop import Schedule, Sent
from pipectl.errors import OperationFailed
from pipectl.lake.presto import Presto


def test_the_moments_are_even_whatever_the_answers_do() -> None:
    schedule = Schedule(begin=1000.0, events_per_second=200, events=400)

    assert [schedule.moment(number) for number in (0, 1, 200, 399)] == [1000.0, 1000.005, 1001.0, 1001.995]


def test_times_are_counted_from_the_intended_moment() -> None:
    sent = [
        Sent(event_id=str(number), intended=100.0 + number, answered=100.5 + number) for number in range(20)
    ]
    seen = {str(number): 101.0 + number + (number == 19) for number in range(20)}

    sample = sample_of(sent, seen)

    assert (sample["p50_s"], sample["p95_s"], sample["max_s"]) == (1.0, 1.0, 2.0)
    assert sample["answered_p95_ms"] == 500


def test_a_sending_that_failed_ends_the_watch_with_its_own_reason() -> None:
    sending: Future[Any] = Future()
    sending.set_exception(OperationFailed("An event was not accepted."))

    with pytest.raises(OperationFailed, match="not accepted"):
        watch(Presto("127.0.0.1", 1), "run", sending)
