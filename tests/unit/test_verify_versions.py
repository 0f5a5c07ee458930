"""An id that was sent again: whether it said the same, and what differs."""

from datetime import datetime
from typing import Any

import pytest

from pipectl.catalog import parse_catalog
from pipectl.lake.presto import Presto
from pipectl.verify.versions import Rewritten, Versions

CATALOG = parse_catalog(
    {
        "event": {
            "fight": {"summary": "x", "fields": {"damage": {"type": "integer"}, "speed": {"type": "number"}}},
            "trade": {"summary": "x", "fields": {"price": {"type": "integer"}}},
        }
    }
)
ROW: dict[str, Any] = {
    "event_id": "a",
    "event_type": "fight",
    "schema_version": 1,
    "user_id": "ann",
    "session_id": None,
    "client_ts": datetime(2026, 11, 24, 12, 0, 0, 123000),  # noqa: DTZ001 - as Presto gives it
    "damage": 3,
    "speed": 2.0,
    "price": None,
}
EVENT: dict[str, Any] = {
    "event_id": "a",
    "event_type": "fight",
    "schema_version": 1,
    "user_id": "ann",
    "client_ts": "2026-11-24T12:00:00.123456Z",
    "received_at": "2026-11-24T12:00:01.000000Z",
    "damage": 3,
    "speed": 2,
}


def changes(**other: Any) -> dict[str, tuple[Any, Any]]:
    return Versions(Presto("127.0.0.1", 1), CATALOG).changes(ROW, {**EVENT, **other})


def test_the_same_said_twice_is_no_change_whatever_the_server_noted() -> None:
    assert changes(received_at="2026-11-24T13:00:00.000000Z", traffic="load") == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("damage", 4),
        ("damage", None),
        ("speed", 2.5),
        ("user_id", "bob"),
        ("session_id", "s"),
        ("schema_version", 2),
    ],
)
def test_a_value_that_differs_is_named_with_both_versions(name: str, value: Any) -> None:
    assert changes(**{name: value}) == {name: (ROW[name], value)}


def test_another_time_of_the_client_is_a_change() -> None:
    assert changes(client_ts="2026-11-24T12:00:00.124000Z").keys() == {"client_ts"}


def test_another_type_is_compared_in_the_fields_of_both() -> None:
    found = changes(event_type="trade", price=5)

    assert found.keys() == {"event_type", "damage", "speed", "price"}
    assert found["damage"] == (3, None)


def test_a_rewritten_id_is_told_with_both_places() -> None:
    told = Rewritten(
        event_id="a", landed="events/0/3", again="events/0/9", payload_hash="x", changes={"damage": (3, 4)}
    )

    assert (
        told.message == "a, landed from events/0/3, was sent again at events/0/9 with damage 4 instead of 3"
    )
