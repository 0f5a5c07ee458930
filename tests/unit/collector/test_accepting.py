"""What becomes an event, and what stands in its record."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.collector.conftest import Kit

FORM = {"content-type": "application/x-www-form-urlencoded"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_bare_route_is_one_event_with_all_defaults(kit: Kit) -> None:
    answer = kit.ask("GET /buy", headers={"user-agent": "ab", "accept": "*/*", "cookie": "secret=1"})

    (topic, key, record) = kit.kafka.records[0]
    assert (answer.status, answer.body) == (200, b"Bought!\n")
    assert (len(kit.kafka.records), topic, key) == (1, "events", b"ann.example")
    assert MOMENT.fullmatch(record.pop("received_at"))
    assert MOMENT.fullmatch(record.pop("event_ts"))
    assert record.pop("event_id")[14] == "7"
    assert record == {
        "id_source": "collector",
        "event_type": "buy",
        "schema_version": 1,
        "user_id": "ann.example",
        "traffic": "player",
        "request": {
            "method": "GET",
            "path": "/buy",
            "host": "ann.example:5000",
            "user_agent": "ab",
            "accept": "*/*",
        },
        "item": "bow",
        "price": 100,
        "is_gift": False,
    }


def test_a_client_that_asks_for_json_is_told_the_id(kit: Kit) -> None:
    status, answer = kit.ask_json("GET /buy")

    assert status == 200
    assert answer == {"event_id": kit.events[0]["event_id"], "event_type": "buy", "status": "accepted"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_every_verb_takes_json_and_form_and_query(kit: Kit, method: str) -> None:
    kit.ask(f"{method} /buy", body=b'{"item": "axe", "price": 7, "is_gift": true, "weight": 2}')
    kit.ask(f"{method} /buy", headers=FORM, body=b"item=axe&price=7&is_gift=true&weight=2")
    kit.ask(f"{method} /buy?item=axe&price=7&is_gift=true&weight=2")

    assert [_own_fields(event) for event in kit.events] == [
        {"item": "axe", "price": 7, "is_gift": True, "weight": 2.0}
    ] * 3


def _own_fields(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("item", "price", "is_gift", "weight", "rank") if name in event}


# A path cannot carry a slash in a value (it would be another path), nor the mark of broken UTF-8.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    item=st.text(min_size=1, max_size=10).filter(lambda text: not {"/", "\ufffd"} & set(text)),
    price=st.integers(0, 1000),
    rank=st.sampled_from([None, "low", "high"]),
    weight=st.floats(0.5, 1e9) | st.integers(1, 1000),
)
def test_the_same_event_by_any_way_is_the_same_record(
    kit: Kit, item: str, price: int, rank: str | None, weight: float
) -> None:
    fields = {"item": item, "price": price, "rank": rank, "weight": weight}
    pairs: dict[str, object] = {name: value for name, value in fields.items() if value is not None}
    rest = urlencode([(name, pairs[name]) for name in ("rank", "weight") if name in pairs])

    kit.kafka.records.clear()
    kit.ask("POST /buy", body=json.dumps(fields).encode())
    kit.ask("POST /buy", headers=FORM, body=urlencode(pairs).encode())
    kit.ask(f"GET /buy?{urlencode(pairs)}")
    kit.ask(f"POST /buy/{quote(item)}/{price}?{rest}")
    kit.ask("POST /events", body=json.dumps({"event_type": "buy", **fields}).encode())
    kit.ask("POST /events", headers=FORM, body=f"event_type=buy&{urlencode(pairs)}".encode())

    records = [(event["event_type"], event["user_id"], _own_fields(event)) for event in kit.events]
    assert records == [("buy", "ann.example", {"is_gift": False, **pairs})] * 6


def test_a_percent_encoded_unicode_query_is_read(kit: Kit) -> None:
    kit.ask(f"GET /buy?item={quote('刀 +é')}")

    assert kit.events[0]["item"] == "刀 +é"


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("POST /buy", b'{"item": null, "price": null}'),
        ("POST /events", b'{"event_type": "buy", "item": null, "price": null}'),
        ("POST /events", b'[{"event_type": "buy", "item": null, "price": null}]'),
    ],
)
def test_a_null_counts_as_not_given(kit: Kit, route: str, body: bytes) -> None:
    kit.ask(route, body=body)

    assert _own_fields(kit.events[0]) == {"item": "bow", "price": 100, "is_gift": False}


@pytest.mark.parametrize(
    ("route", "headers", "user_id"),
    [
        ("POST /players/bob/fights?enemy=orc", {}, "bob"),
        ("GET /buy?user_id=bob", {}, "bob"),
        ("GET /buy", {"x-user-id": "bob"}, "bob"),
        ("GET /buy?user_id=bob", {"x-user-id": "bob"}, "bob"),
        ("GET /buy", {"host": "user1.comcast.com"}, "user1.comcast.com"),
        ("GET /buy", {"host": "user1.comcast.com:5000"}, "user1.comcast.com"),
        ("GET /buy", {"host": "[::1]:5000"}, "[::1]"),
    ],
)
def test_the_player_is_found_in_path_query_header_or_host(
    kit: Kit, route: str, headers: dict[str, str], user_id: str
) -> None:
    kit.ask(route, headers=headers)

    assert [key for _, key, _ in kit.kafka.records] == [user_id.encode()]
    assert kit.events[0]["user_id"] == user_id


@pytest.mark.parametrize(
    ("route", "headers"),
    [("GET /buy?event_id=a-1", {}), ("GET /buy", {"idempotency-key": "a-1"})],
)
def test_an_id_of_the_client_is_kept(kit: Kit, route: str, headers: dict[str, str]) -> None:
    kit.ask(route, headers=headers)

    assert (kit.events[0]["event_id"], kit.events[0]["id_source"]) == ("a-1", "client")


def test_traffic_and_run_come_from_headers(kit: Kit) -> None:
    kit.ask("GET /buy", headers={"x-pipectl-traffic": "load", "x-pipectl-run": "r-1"})

    assert (kit.events[0]["traffic"], kit.events[0]["run_id"]) == ("load", "r-1")


def test_a_probe_comes_in_through_post_events_only(kit: Kit) -> None:
    status, _ = kit.ask_json("POST /events", {"event_type": "probe"})

    assert (status, kit.events[0]["event_type"], kit.events[0]["traffic"]) == (200, "probe", "probe")


def test_times_of_the_client_are_kept_in_utc(kit: Kit) -> None:
    kit.ask("POST /buy", body=b'{"client_ts": "2001-02-03T04:05:06+02:00"}')

    assert kit.events[0]["client_ts"] == "2001-02-03T02:05:06.000000Z"
    assert kit.events[0]["event_ts"] == kit.events[0]["received_at"]
    assert "sent_at" not in kit.events[0]


def test_a_list_of_events_is_accepted_in_its_order(kit: Kit) -> None:
    status, answer = kit.ask_json("POST /events", [{"event_type": "buy", "price": n} for n in range(1000)])

    assert (status, answer["accepted"], answer["not_accepted"]) == (200, 1000, 0)
    assert [event["price"] for event in kit.events] == list(range(1000))
    assert [item["event_id"] for item in answer["items"]] == [event["event_id"] for event in kit.events]
