"""The one way to wait."""

import itertools
import time

import pytest

from pipectl.errors import OperationFailed, ServiceFailed
from pipectl.waiting import wait_until


def test_what_the_condition_returned_is_returned_as_soon_as_it_is_true() -> None:
    answers = iter([None, 0, "", "ready", "never asked for"])

    result = wait_until(lambda: next(answers), timeout_seconds=5, message="not ready", pause_seconds=0.001)

    assert result == "ready"
    assert next(answers) == "never asked for"


def test_a_condition_that_is_true_at_once_is_asked_even_without_any_time() -> None:
    assert wait_until(lambda: True, timeout_seconds=0, message="not ready")


def test_an_exception_counts_as_not_yet() -> None:
    tries = itertools.count()

    def third_time() -> bool:
        if next(tries) < 2:
            raise ConnectionRefusedError("nobody listens")
        return True

    assert wait_until(third_time, timeout_seconds=5, message="not ready", pause_seconds=0.001)


def test_at_the_deadline_the_last_error_is_evidence_and_cause() -> None:
    failure = ConnectionRefusedError("nobody listens")

    def refuse() -> bool:
        raise failure

    with pytest.raises(OperationFailed, match="Kafka does not answer") as caught:
        wait_until(refuse, timeout_seconds=0.01, message="Kafka does not answer.", pause_seconds=0.001)

    assert "nobody listens" in caught.value.evidence
    assert caught.value.__cause__ is failure


def test_the_deadline_is_kept() -> None:
    began = time.monotonic()

    with pytest.raises(OperationFailed):
        wait_until(lambda: False, timeout_seconds=0.05, message="never", pause_seconds=0.01)

    assert 0.05 <= time.monotonic() - began < 5


def test_a_watch_that_raises_ends_the_wait_at_once_and_is_not_swallowed() -> None:
    def died() -> None:
        raise ServiceFailed("Kafka ended.")

    with pytest.raises(ServiceFailed, match="Kafka ended"):
        wait_until(lambda: True, timeout_seconds=60, message="not ready", watch=died)


def test_an_interruption_is_not_taken_for_not_yet() -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait_until(interrupt, timeout_seconds=60, message="not ready")
