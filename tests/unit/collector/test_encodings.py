"""Bodies that come compressed, honest ones and bombs; and what may be asked without sending an event."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from pipectl.collector.encodings import MAX_BODY_BYTES, decoded
from pipectl.collector.refusals import Refused

if TYPE_CHECKING:
    from tests.unit.collector.conftest import Kit

GZIP = {"content-encoding": "gzip"}


def test_a_gzip_body_is_the_body_that_it_holds(kit: Kit) -> None:
    events = [{"event_type": "buy", "price": number} for number in range(1000)]

    answer = kit.ask("POST /events", headers=GZIP, body=gzip.compress(json.dumps(events).encode()))

    assert answer.status == 200
    assert [event["price"] for event in kit.events] == list(range(1000))


@pytest.mark.parametrize("encoding", ["GZIP", "x-gzip"])
def test_gzip_has_two_names_in_any_case(kit: Kit, encoding: str) -> None:
    packed = gzip.compress(b'{"price": 3}')

    assert kit.ask("POST /buy", headers={"content-encoding": encoding}, body=packed).status == 200


def test_a_body_that_says_identity_is_taken_as_it_is(kit: Kit) -> None:
    headers = {"content-encoding": "identity"}

    assert kit.ask("POST /buy", headers=headers, body=b'{"price": 3}').status == 200


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_another_encoding_is_a_415_that_names_the_right_one(kit: Kit, encoding: str) -> None:
    answer = kit.ask("POST /buy", headers={"content-encoding": encoding}, body=b"x")

    assert answer.status == 415
    assert ("accept-encoding", "gzip") in answer.headers
    assert len(kit.rejected) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="none at all"),
        pytest.param(gzip.compress(b'{"price": 3}')[:-1], id="cut off"),
        pytest.param(gzip.compress(b'{"price": 3}')[:-8] + b"\0" * 8, id="wrong checksum"),
        pytest.param(gzip.compress(b"{}") + b"more", id="more behind it"),
        pytest.param(gzip.compress(b"{}") + gzip.compress(b"{}"), id="two of them"),
    ],
)
def test_damaged_gzip_is_a_400_and_kept(kit: Kit, body: bytes) -> None:
    assert kit.ask("POST /buy", headers=GZIP, body=body).status == 400
    assert base64.b64decode(kit.rejected[0]["body_base64"]) == body


def test_a_refused_gzip_body_is_kept_inflated_and_without_its_passwords(kit: Kit) -> None:
    kit.ask("POST /buy", headers=GZIP, body=gzip.compress(b'{"price": -1, "password": "x"}'))

    kept = base64.b64decode(kit.rejected[0]["body_base64"])
    assert kept == b'{"price": -1, "password": "[removed]"}'


def test_a_bomb_is_a_413_and_given_up_at_the_bound() -> None:
    """Sixteen megabytes of zeros in sixteen kilobytes: no more is held than what a body may have."""
    held = 0

    def hold(size: int) -> None:
        nonlocal held
        held += size

    piece = gzip.compress(bytes(16 * 1024 * 1024))
    with pytest.raises(Refused) as refused:
        decoded(piece, "gzip", hold)

    assert refused.value.status == 413
    assert held <= MAX_BODY_BYTES


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 422), (MAX_BODY_BYTES + 1, 413)])
def test_the_bound_is_that_of_a_plain_body(kit: Kit, size: int, status: int) -> None:
    body = b'{"item": "' + b"x" * (size - 12) + b'"}'

    assert kit.ask("POST /buy", headers=GZIP, body=gzip.compress(body)).status == status


def test_an_object_with_very_many_names_is_a_400(kit: Kit) -> None:
    body = json.dumps({f"name{number}": 1 for number in range(1001)}).encode()

    assert kit.ask("POST /buy", body=body).status == 400


@pytest.mark.parametrize("opening", [b"[", b'{"item":', b'[{"item":'])
@pytest.mark.parametrize("route", ["POST /buy", "POST /events"])
def test_a_very_deep_body_is_a_400(kit: Kit, route: str, opening: bytes) -> None:
    assert kit.ask(route, body=opening * 100_000).status == 400


def test_a_nested_value_is_a_422_because_events_are_flat(kit: Kit) -> None:
    assert kit.rules("POST /buy", {"item": {"name": "bow"}}) == {("$.item", "type")}


def test_head_of_an_events_route_makes_no_event(kit: Kit) -> None:
    answer = kit.ask("HEAD /buy")

    assert answer.status == 405
    assert ("allow", "DELETE, GET, OPTIONS, POST, PUT") in answer.headers
    assert kit.kafka.records == []


def test_options_of_the_whole_collector_names_every_method(kit: Kit) -> None:
    answer = kit.ask("OPTIONS *")

    assert (answer.status, answer.headers) == (204, [("allow", "DELETE, GET, HEAD, OPTIONS, POST, PUT")])
    assert kit.kafka.records == []


def test_a_player_header_that_cannot_be_read_gives_the_event_to_nobody_else(kit: Kit) -> None:
    """granian returns no value for a header that is not ASCII, and still knows that it is there."""
    answer = kit.ask("GET /buy", unreadable=("x-user-id",))

    assert answer.status == 400
    assert kit.events == []
