"""Every value of a record is read as one thing, whatever its bytes are."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.readers import EventReader, Rejected, read_refusal
from jobs.schemas import Event, NotSelected, tag_of
from pipectl.bundled import bundled
from pipectl.catalog import Catalog, EventField, EventType, load_catalog, parse_catalog
from pipectl.verify.judge import judge

GAME = load_catalog(bundled("events.toml"))
READER = EventReader(GAME, tuple(GAME.events))
SMALL = parse_catalog(
    {
        "event": {
            "purchase": {
                "summary": "A purchase.",
                "fields": {
                    "item": {"type": "string", "required": True, "max_length": 8},
                    "price": {"type": "integer", "min": 0, "max": 1000},
                    "weight": {"type": "number", "min": 0.5},
                    "class": {"type": "string", "choices": ["mage", "bard"]},
                },
            },
            "logout": {"summary": "Known, and not selected."},
        }
    }
)
OF_PURCHASES = EventReader(SMALL, ("purchase",))
TIME = "2026-11-24T12:00:00Z"
ENVELOPE = {"event_id": "a", "user_id": "player-1", "event_ts": TIME, "received_at": TIME}
PURCHASE = {**ENVELOPE, "event_type": "purchase", "item": "sword"}


def value_of(field: EventField) -> st.SearchStrategy[Any]:
    """Values that the catalog allows."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "string":
        no_halves = st.characters(exclude_categories=["Cs"])
        return st.text(no_halves, max_size=min(field.max_length or 64, 64))
    if field.type == "integer":
        return st.integers(
            int(field.min if field.min is not None else -(2**63)),
            int(field.max if field.max is not None else 2**63 - 1),
        )
    if field.type == "number":
        return st.floats(field.min, field.max, allow_nan=False, allow_infinity=False)
    return st.booleans()


def event_of(event: EventType) -> st.SearchStrategy[dict[str, Any]]:
    values = {name: value_of(field) for name, field in event.fields.items()}
    required = {name: values[name] for name, field in event.fields.items() if field.required}
    others = {name: value for name, value in values.items() if name not in required}
    fixed = {**ENVELOPE, "event_type": event.name}
    return st.fixed_dictionaries(required, optional=others).map(lambda own: {**fixed, **own})


def events(catalog: Catalog) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(list(catalog)).flatmap(event_of)


def read(reader: EventReader, **changes: Any) -> Event | NotSelected | Rejected:
    return reader.read(json.dumps({**PURCHASE, **changes}).encode())


def rejected(reader: EventReader, **changes: Any) -> Rejected:
    found = read(reader, **changes)
    assert isinstance(found, Rejected)
    return found


@given(events(GAME))
def test_an_event_that_keeps_the_catalogs_rules_is_read_back(event: dict[str, Any]) -> None:
    value = json.dumps(event, ensure_ascii=False).encode()

    found = READER.read(value)

    assert isinstance(found, Event)
    assert {
        **{name: getattr(found, name, None) for name in event},
        "event_type": tag_of(type(found)),
    } == event
    assert READER.examine(value) == found


@given(events(GAME), st.data())
def test_no_spoilt_event_raises(event: dict[str, Any], data: st.DataObject) -> None:
    """Both ways say the same of it, but for times, which the fast way leaves to be looked at later.

    So does `verify`, which has no code in common with them.
    """
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    event[data.draw(st.sampled_from(sorted(event)))] = data.draw(anything)
    value = json.dumps(event).encode()

    found, examined = READER.read(value), READER.examine(value)

    assert found == examined or isinstance(examined, Rejected)
    assert isinstance(examined, Rejected) == bool(judge(value, GAME).problem)
    if isinstance(found, Rejected):
        assert found.raw == value
        msgspec.json.encode(found)  # and nothing of it is half a character


@given(st.binary())
def test_no_bytes_raise(value: bytes) -> None:
    assert isinstance(READER.read(value), Rejected)
    assert read_refusal(value).raw == value


@given(events(GAME), st.data())
def test_no_event_with_changed_bytes_raises(event: dict[str, Any], data: st.DataObject) -> None:
    whole = json.dumps(event).encode()
    at = data.draw(st.integers(0, len(whole)))
    READER.read(whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + 1 :])


@pytest.mark.parametrize(
    ("changes", "reason", "path"),
    [
        ({"event_type": 5, "user_id": 5}, "unknown_event_type", "$.event_type"),
        ({"user_id": None, "session_id": 5}, "wrong_type", "$.session_id"),
        ({"user_id": None, "client_ts": "now"}, "missing_field", "$.user_id"),
        ({"client_ts": "now", "schema_version": 0}, "wrong_type", "$.client_ts"),
        ({"schema_version": True}, "wrong_type", "$.schema_version"),
        ({"schema_version": 0, "traffic": "x"}, "rule_broken", "$.schema_version"),
        ({"traffic": "x", "item": None}, "rule_broken", "$.traffic"),
        ({"item": None, "price": "5"}, "missing_field", "$.item"),
        ({"price": True, "weight": "5"}, "wrong_type", "$.price"),
        ({"price": 1e300}, "wrong_type", "$.price"),
        ({"price": -(2**63) - 1}, "wrong_type", "$.price"),
        ({"weight": 10**400}, "wrong_type", "$.weight"),
        ({"class": "monk"}, "rule_broken", "$.class"),
    ],
)
def test_of_several_problems_the_first_in_order_is_told(
    changes: dict[str, Any], reason: str, path: str
) -> None:
    found = rejected(OF_PURCHASES, **changes)

    assert (found.reason, found.json_path) == (reason, path)


def test_messages_are_those_of_the_catalog() -> None:
    assert rejected(OF_PURCHASES, price=2000).message == SMALL.event("purchase").fields["price"].problem_with(
        2000
    )


def test_a_number_without_a_fraction_is_an_integer() -> None:
    assert read(OF_PURCHASES, price=5.0) == read(OF_PURCHASES, price=5)


def test_of_an_event_type_that_stands_twice_the_last_counts() -> None:
    value = b'{"event_type":"logout",' + json.dumps(PURCHASE).encode()[1:]

    assert OF_PURCHASES.read(value) == read(OF_PURCHASES)


@pytest.mark.parametrize("event_type", ["logout", "probe"])
def test_of_a_type_that_is_not_selected_nothing_else_is_checked(event_type: str) -> None:
    assert isinstance(read(OF_PURCHASES, event_type=event_type, user_id=17), NotSelected)


@pytest.mark.parametrize(
    "unknown",
    [b'"\xff"', b'"\\ud800"', b"NaN", b"01", b'"\x01"', b'"\xed\xa0\x80"', b"[" * 3000 + b"]" * 3000],
)
def test_what_is_no_json_is_found_in_keys_that_nobody_asks_for_too(unknown: bytes) -> None:
    value = json.dumps(PURCHASE).encode()[:-1] + b',"color":' + unknown + b"}"

    found = OF_PURCHASES.read(value)

    assert isinstance(found, Rejected)
    assert (found.reason, found.json_path) == ("not_json", "$")


def test_what_can_be_read_of_a_rejected_event_is_kept() -> None:
    found = rejected(OF_PURCHASES, price="5")

    assert (found.stage, found.event_type, found.user_id, found.received_at) == (
        "stream",
        "purchase",
        "player-1",
        TIME,
    )


def test_a_refused_body_that_is_no_base64_is_missing() -> None:
    found = read_refusal(b'{"reason":"malformed","body_base64":"?"}')

    assert (found.stage, found.reason, found.raw) == ("collector", "malformed", None)
