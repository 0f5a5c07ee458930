"""events send, tail: what words become, what a refusal says, what a terminal is spared."""

from typing import Any

import pytest

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.cli.events import field_types, parse_fields, refusal, visible
from pipectl.errors import OperationFailed, UsageFault

TYPES: dict[str, Any] = {"n": "integer", "x": "number", "b": "boolean", "s": "string"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("n=3", 3),
        ("x=0.5", 0.5),
        ("b=true", True),
        ("s=3", "3"),
        ("s=a=b", "a=b"),
        ("s=", ""),
        ("unknown=3", "3"),
    ],
)
def test_a_word_becomes_a_value_of_its_fields_type(word: str, value: Any) -> None:
    (read,) = parse_fields([word], TYPES).values()
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("word", ["n=three", "x=much", "b=yes"])
def test_a_value_that_does_not_fit_stays_text_for_the_collector_to_refuse(word: str) -> None:
    assert list(parse_fields([word], TYPES).values()) == [word[2:]]


@pytest.mark.parametrize("word", ["price", "=3"])
def test_a_word_that_sets_no_field_is_refused(word: str) -> None:
    with pytest.raises(UsageFault, match="is not FIELD=VALUE"):
        parse_fields([word], TYPES)


def test_the_types_come_from_the_catalog_and_an_unknown_event_has_none() -> None:
    catalog = load_catalog(bundled("events.toml"))
    assert field_types(catalog, "purchase_sword")["price"] == "integer"
    assert field_types(catalog, "purchase_swrd") == {}


def test_a_list_that_was_accepted_in_part_is_a_failure_that_says_how_many() -> None:
    late = {"status": 503, "reason": "unavailable", "message": "Kafka is late."}
    failure = refusal(207, {"accepted": 1, "not_accepted": 1, "items": [{"status": 200}, late]})
    assert isinstance(failure, OperationFailed)
    assert (failure.what, failure.evidence) == ("Only 1 of 2 events were accepted.", "Kafka is late.")


def test_an_answer_that_is_no_json_is_shown_as_it_is() -> None:
    assert refusal(404, "not here").evidence == "not here"


def test_what_a_record_says_cannot_move_the_cursor() -> None:
    assert visible("Zoë\x1b[2J\n\x07") == "Zoë\\x1b[2J\\n\\x07"
