"""What is refused, how the client learns it, and what is kept of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.collector.conftest import Kit

FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_every_broken_field_is_listed(kit: Kit) -> None:
    body = {"item": "x" * 11, "price": -1, "weight": "heavy", "is_gift": 1, "rank": "mid", "prise": 3}

    assert kit.rules("POST /buy", body) == {
        ("$.item", "max_length"),
        ("$.price", "min"),
        ("$.weight", "type"),
        ("$.is_gift", "type"),
        ("$.rank", "choices"),
        ("$.prise", "unknown"),
    }
    assert kit.events == []


def test_an_unknown_field_is_answered_with_the_nearest_right_one(kit: Kit) -> None:
    _, answer = kit.ask_json("GET /buy?prise=3")

    assert answer["message"] == "prise is unknown; did you mean price?"


@pytest.mark.parametrize(
    ("route", "body", "broken"),
    [
        ("POST /buy", {"price": 1001}, ("$.price", "max")),
        ("POST /buy", {"price": 2**70}, ("$.price", "max")),
        ("POST /buy", {"price": 5.5}, ("$.price", "type")),
        ("POST /buy", {"price": 1e300}, ("$.price", "max")),
        ("GET /buy?price=5.5", None, ("$.price", "type")),
        ("POST /buy", {"price": "5"}, ("$.price", "type")),
        ("POST /buy", {"price": [5]}, ("$.price", "type")),
        ("POST /buy", {"weight": 10**400}, ("$.weight", "type")),
        ("GET /buy?price=1_0", None, ("$.price", "type")),
        ("GET /buy?price=", None, ("$.price", "type")),
        ("GET /buy?weight=nan", None, ("$.weight", "type")),
        ("GET /buy?weight=1e999", None, ("$.weight", "type")),
        ("GET /buy?is_gift=yes", None, ("$.is_gift", "type")),
        ("GET /buy?price=1&price=2", None, ("$.price", "contradiction")),
        ("POST /buy?price=2", {"price": 1}, ("$.price", "contradiction")),
        ("POST /buy/axe/2?item=bow", None, ("$.item", "contradiction")),
        ("POST /players/bob/fights", None, ("$.enemy", "required")),
        ("POST /players/bob/fights?enemy=orc&user_id=ann", None, ("$.user_id", "contradiction")),
        ("GET /buy?user_id=", None, ("$.user_id", "min_length")),
        ("GET /buy?event_id=a%20b", None, ("$.event_id", "format")),
        ("GET /buy?client_ts=2026-01-01T00:00:00", None, ("$.client_ts", "zone")),
        ("GET /buy?client_ts=yesterday", None, ("$.client_ts", "type")),
        ("GET /buy?client_ts=0001-01-01T00:00:00%2B05:00", None, ("$.client_ts", "range")),
        ("GET /buy?event_type=fight", None, ("$.event_type", "choices")),
        ("POST /events", {"price": 1}, ("$.event_type", "required")),
        ("POST /events", {"event_type": "bay"}, ("$.event_type", "unknown")),
        ("POST /events", {"event_type": ["buy"]}, ("$.event_type", "unknown")),
        ("POST /buy", [1], ("$", "type")),
    ],
)
def test_a_catalog_violation_names_path_and_rule(
    kit: Kit, route: str, body: Any, broken: tuple[str, str]
) -> None:
    assert kit.rules(route, body) == {broken}
    assert kit.events == []
    assert kit.rejected[0]["reason"] == "catalog_violation"


def test_a_header_that_cannot_be_read_is_kept_as_an_empty_one(kit: Kit) -> None:
    kit.ask("GET /buy", unreadable=("x-user-id",))

    assert kit.rejected[0]["headers"] == {"x-user-id": ""}


def test_ids_and_players_that_contradict_each_other_are_refused(kit: Kit) -> None:
    assert kit.rules("GET /buy?event_id=a", idempotency_key="b") == {("$.event_id", "contradiction")}
    assert kit.rules("GET /buy?user_id=a", x_user_id="b") == {("$.user_id", "contradiction")}


def test_a_request_that_names_no_player_at_all_is_refused(kit: Kit) -> None:
    assert kit.rules("GET /buy", host="") == {("$.user_id", "required")}


def test_traffic_of_an_unknown_kind_is_refused(kit: Kit) -> None:
    assert kit.rules("GET /buy", x_pipectl_traffic="probe") == {("header.x-pipectl-traffic", "choices")}


@pytest.mark.parametrize(
    ("route", "headers", "body"),
    [
        ("POST /buy", {}, b'{"item": '),
        ("POST /buy", {}, b'{"item": "\xff"}'),
        ("POST /buy", {}, b'{"item": "\\ud800"}'),
        ("POST /buy", {}, b'{"weight": NaN}'),
        ("POST /buy", {}, b"[" * 100_000),
        ("POST /buy", FORM, b"item=\xff"),
        ("POST /buy", FORM, b"item=%zz"),
        ("GET /buy?item=%ff", {}, None),
        ("GET /buy?item=100%", {}, None),
        ("GET /buy?" + "a=1&" * 2000, {}, None),
    ],
)
def test_unreadable_requests_are_a_400_and_kept(
    kit: Kit, route: str, headers: dict[str, str], body: bytes | None
) -> None:
    answer = kit.ask(route, headers=headers, body=body)

    assert answer.status == 400
    assert (kit.events, kit.rejected[0]["reason"]) == ([], "malformed")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "multipart/form-data", "application/json; charset=utf-16"]
)
def test_another_media_type_is_a_415_and_kept(kit: Kit, content_type: str) -> None:
    answer = kit.ask("POST /buy", headers={"content-type": content_type}, body=b"{}")

    assert answer.status == 415
    assert kit.rejected[0]["reason"] == "unsupported_media_type"


def test_what_is_kept_has_the_whole_request_but_no_secret(kit: Kit) -> None:
    body = b'{"price": -1, "password": "hunter\\"2", "note": "password: x", "user_password": "p%w"}'
    headers = {"cookie": "sid=1", "authorization": "Basic eA==", "x-user-id": "bob", "user-agent": "ab"}
    kit.ask("POST /buy?token=abc&rank=low", headers=headers, body=body)

    (_, key, kept) = kit.kafka.records[0]
    assert key == b"bob"
    assert kept["user_id"] == "bob"
    assert kept["request"] == {
        "method": "POST",
        "path": "/buy",
        "host": "ann.example:5000",
        "user_agent": "ab",
    }
    assert kept["headers"] == {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-user-id": "bob",
    }
    assert kept["query"] == 'token="[removed]"&rank=low'
    assert base64.b64decode(kept["body_base64"]).startswith(b'{"price": -1, "password": "[removed]", ')
    text = json.dumps(kept) + base64.b64decode(kept["body_base64"]).decode()
    assert not any(secret in text for secret in ("hunter", "sid=1", "eA==", "abc", "p%w"))


def test_a_kept_body_is_cut_at_64_kb_and_says_so(kit: Kit) -> None:
    kit.ask("POST /buy", body=b"[" + b"1," * 50_000)

    kept = kit.rejected[0]
    assert (len(base64.b64decode(kept["body_base64"])), kept["body_truncated"]) == (64 * 1024, True)


def test_a_body_that_is_wrong_in_very_many_places_is_answered_with_some_of_them(kit: Kit) -> None:
    status, answer = kit.ask_json("POST /buy", {f"field{n}": n for n in range(500)})

    assert (status, len(answer["errors"])) == (422, 50)


def test_a_refusal_that_cannot_be_kept_is_a_503(kit: Kit) -> None:
    kit.kafka.failing = {"events-rejected"}

    answer = kit.ask("GET /buy?price=-1")

    assert answer.status == 503
    assert ("retry-after", "1") in answer.headers


def test_an_event_that_kafka_does_not_acknowledge_is_a_503(kit: Kit) -> None:
    kit.kafka.failing = {"events"}

    answer = kit.ask("GET /buy")

    assert answer.status == 503
    assert ("retry-after", "1") in answer.headers


def test_a_full_queue_is_a_503_also_for_what_would_be_refused(kit: Kit) -> None:
    kit.kafka.is_full = True

    assert kit.ask("GET /buy").status == 503
    assert kit.ask("GET /buy?price=-1").status == 503


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("GET /nothing", 404),
        ("PATCH /buy", 405),
        ("HEAD /buy", 405),
        ("GET /events", 405),
        ("OPTIONS /x", 404),
    ],
)
def test_unknown_routes_and_methods_are_counted_but_not_kept(kit: Kit, route: str, status: int) -> None:
    answer = kit.ask(route)

    assert answer.status == status
    assert kit.kafka.records == []


def test_a_405_and_options_name_the_methods_of_the_path(kit: Kit) -> None:
    allow = ("allow", "DELETE, GET, OPTIONS, POST, PUT")

    assert allow in kit.ask("PATCH /buy").headers
    assert allow in kit.ask("OPTIONS /buy").headers
    assert ("allow", "OPTIONS, POST") in kit.ask("GET /players/bob/fights").headers


def test_a_list_is_answered_item_by_item(kit: Kit) -> None:
    items = [{"event_type": "buy"}, {"event_type": "buy", "price": -1}, 7, {"event_type": "fight"}]

    status, answer = kit.ask_json("POST /events", items)

    assert status == 207
    assert [item["status"] for item in answer["items"]] == [200, 422, 422, 422]
    assert (answer["accepted"], len(kit.events), len(kit.rejected)) == (1, 1, 3)
    assert json.loads(base64.b64decode(kit.rejected[0]["body_base64"])) == items[1]


@pytest.mark.parametrize(
    ("items", "status"),
    [([], 422), ([{"event_type": "buy", "price": -1}], 422), ([{}] * 1001, 413)],
)
def test_a_list_of_which_nothing_is_accepted_is_no_2xx(kit: Kit, items: list[Any], status: int) -> None:
    assert kit.ask("POST /events", body=json.dumps(items).encode()).status == status


def test_a_list_that_kafka_does_not_acknowledge_is_a_503(kit: Kit) -> None:
    kit.kafka.failing = {"events"}

    answer = kit.ask("POST /events", body=b'[{"event_type": "buy"}, {"event_type": "buy", "price": -1}]')

    assert answer.status == 503
    assert ("retry-after", "1") in answer.headers


def test_an_idempotency_key_for_a_whole_list_is_refused(kit: Kit) -> None:
    rules = kit.rules("POST /events", [{"event_type": "buy"}], idempotency_key="a")

    assert rules == {("header.idempotency-key", "single")}


@pytest.mark.parametrize("key", [{}, {"x-write-key": "wrong"}, {"x-write-key": "é"}])
def test_without_the_write_key_nothing_is_written(locked_kit: Kit, key: dict[str, str]) -> None:
    assert locked_kit.ask("GET /buy", headers=key).status == 401
    assert locked_kit.ask("POST /events", headers=key, body=b"{}").status == 401
    assert locked_kit.kafka.records == []


def test_the_write_key_opens_writing_and_is_not_asked_for_reading(locked_kit: Kit) -> None:
    assert locked_kit.ask("GET /buy", headers={"x-write-key": "open sesame"}).status == 200
    assert locked_kit.ask("GET /health").status == 200


@pytest.mark.parametrize("hostile", [b"password" * 8192, b"a" * 65_536, b'password="' + b"\\" * 65_000])
def test_masking_a_hostile_body_is_one_pass(kit: Kit, hostile: bytes) -> None:
    """The time is bounded by the test's own limit; a pattern that backtracks would take hours."""
    assert kit.ask("POST /buy", body=hostile).status == 400
