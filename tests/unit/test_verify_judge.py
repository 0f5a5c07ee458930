import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipectl.catalog import parse_catalog
from pipectl.verify.judge import judge

CATALOG = parse_catalog(
    {
        "event": {
            "battle": {
                "summary": "A fight.",
                "fields": {
                    "damage": {"type": "integer", "min": 0},
                    "ratio": {"type": "number"},
                    "weapon": {"type": "string", "required": True, "max_length": 5},
                    "won": {"type": "boolean"},
                },
            }
        }
    }
)
EVENT: dict[str, Any] = {
    "event_id": "0190-a",
    "event_type": "battle",
    "user_id": "user1",
    "event_ts": "2026-11-24T19:25:39.123456Z",
    "received_at": "2026-11-24T19:25:39Z",
    "request": {"method": "GET"},
    "weapon": "axe",
}


def value(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


def test_a_right_event_has_no_problem() -> None:
    judgement = judge(value(damage=3, ratio=1, won=False, client_ts=None, session_id=None), CATALOG)

    assert judgement.problem is None
    assert (judgement.event_type, judgement.event_id) == ("battle", "0190-a")


@pytest.mark.parametrize(
    "garbage", [None, b"", b"\xff\xfe", b"{", b"[]", b"7", b"null", b"{} {}", b'{"event_type": NaN}']
)
def test_what_is_no_json_object_has_no_type_and_a_problem(garbage: bytes | None) -> None:
    judgement = judge(garbage, CATALOG)

    assert judgement.event_type is None
    assert judgement.problem


@pytest.mark.parametrize(
    "changes", [{"event_id": "\ud800"}, {"weapon": "\udc00"}, {"request": {"a": ["\ud83d"]}}]
)
def test_half_a_character_is_no_json_wherever_it_stands(changes: dict[str, Any]) -> None:
    judgement = judge(value(**changes), CATALOG)

    assert judgement.event_type is None
    assert judgement.problem


def test_an_escaped_character_of_two_halves_is_a_text() -> None:
    assert judge(value(weapon="\U0001f5e1"), CATALOG).problem is None


@pytest.mark.parametrize("name", ["slay_dragon", "", None, 7, ["battle"]])
def test_an_unknown_event_type_is_a_problem_and_the_id_is_still_named(name: Any) -> None:
    judgement = judge(value(event_type=name), CATALOG)

    assert judgement.event_type is None
    assert judgement.event_id == "0190-a"
    assert judgement.problem


def test_the_probe_is_a_known_type() -> None:
    assert judge(value(event_type="probe", traffic="probe"), CATALOG).problem is None


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None},
        {"event_id": 5},
        {"user_id": ""},
        {"event_ts": "yesterday"},
        {"event_ts": "2026-13-24T19:25:39Z"},
        {"client_ts": "2026-11-24T19:25:39+01:00"},
        {"received_at": 1_795_549_967},
        {"schema_version": 0},
        {"schema_version": True},
        {"schema_version": 2**31},
        {"traffic": "robot"},
        {"request": "GET /"},
        {"request": {"host": 1}},
        {"damage": -1},
        {"damage": "3"},
        {"damage": 2**63},
        {"damage": 1.5},
        {"damage": [1]},
        {"ratio": "x"},
        {"weapon": None},
        {"weapon": "longsword"},
        {"won": 1},
    ],
)
def test_a_broken_rule_is_a_problem_of_a_known_type(changes: dict[str, Any]) -> None:
    judgement = judge(value(**changes), CATALOG)

    assert judgement.event_type == "battle"
    assert judgement.problem


@given(st.binary())
def test_no_bytes_can_make_it_fail(garbage: bytes) -> None:
    assert judge(garbage, CATALOG).problem


def test_a_number_without_a_fraction_is_an_integer() -> None:
    assert judge(value(damage=3.0, schema_version=1.0), CATALOG).problem is None
    assert judge(value(damage=3.5), CATALOG).problem
