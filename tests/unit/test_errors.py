"""The error tree: what a shell and a reader are told."""

import inspect
import re

import pytest

from pipectl import errors
from pipectl.errors import OperationFailed, PipectlError

LEAVES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, PipectlError) and kind is not PipectlError
]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_the_drawing_in_the_docstring_shows_every_error_with_its_exit_code(kind: type[PipectlError]) -> None:
    drawn = dict(re.findall(r"── (\w+) +(\d+)", errors.__doc__ or ""))

    assert drawn[kind.__name__] == str(kind.exit_code)


def test_the_drawing_shows_no_error_that_does_not_exist() -> None:
    drawn = re.findall(r"── (\w+)", errors.__doc__ or "")

    assert sorted(drawn) == sorted(kind.__name__ for kind in LEAVES)


def test_errors_of_different_meaning_have_different_codes() -> None:
    codes = [kind.code for kind in LEAVES]

    assert len(set(codes)) == len(codes)


def test_the_text_is_what_happened_then_the_evidence_then_what_to_do() -> None:
    error = OperationFailed("Kafka died.", evidence="exit status 1", do_next="Run: pipectl up")

    assert str(error) == "Kafka died.\nexit status 1\nRun: pipectl up"


def test_parts_that_are_not_known_leave_no_empty_lines() -> None:
    assert str(OperationFailed("Kafka died.", do_next="Run: pipectl up")) == "Kafka died.\nRun: pipectl up"
