"""From a rejected event to the record that it should have been, or to the reason why there is none."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.replay.rebuild import Hopeless, Rebuilder, Rebuilt, Repair
from pipectl.replay.rejected import COLLECTOR, STREAM, Headline, RejectedEvent

CATALOG = load_catalog(bundled("events.toml"))
CAME_AT = datetime(2026, 11, 24, 12, 0, 0, 123000)  # noqa: DTZ001 - as Presto gives it
JSON = {"content-type": "application/json"}
FORM = "application/x-www-form-urlencoded"
EVENT = {
    "event_id": "mine",
    "id_source": "client",
    "event_type": "earn_gold",
    "schema_version": 1,
    "user_id": "ann",
    "event_ts": "2026-11-24T12:00:00.000000Z",
    "received_at": "2026-11-24T12:00:00.000000Z",
    "traffic": "player",
    "amount": 0,
}


def rejected(stage: str, raw: bytes, headers: Mapping[str, str], place: str) -> RejectedEvent:
    headline = Headline(
        place=place,
        kafka_timestamp=CAME_AT,
        stage=stage,
        reason="catalog_violation",
        json_path=None,
        message=None,
        user_id=None,
    )
    return RejectedEvent(headline=headline, raw=raw, headers=headers, received_at=CAME_AT)


def refusal(
    target: str, raw: bytes = b"", *, place: str = "events-rejected/1/7", **headers: str
) -> RejectedEvent:
    """A refused request, as its row has it; headers are spelled with `_` here."""
    method, _, path = target.partition(" ")
    path, _, query = path.partition("?")
    line = {":method": method, ":path": path, ":query": query, ":authority": "ann.example:5000"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return rejected(COLLECTOR, raw, {**line, **named}, place)


def record(raw: bytes, *, place: str = "events/1/7") -> RejectedEvent:
    return rejected(STREAM, raw, {}, place)


def rebuild(event: RejectedEvent, headers: Mapping[str, str] | None = None, **patch: Any) -> Rebuilt:
    return Rebuilder(CATALOG, Repair(patch=patch, headers=headers or {})).rebuild(event)


def values(rebuilt: Rebuilt) -> dict[str, Any]:
    return dict(json.loads(rebuilt.value))


@pytest.mark.parametrize(
    "wrong",
    [
        refusal("GET /purchase_a_sword?price=-1"),
        refusal("POST /purchase_a_sword?quantity=1", b'{"price": -1}', content_type="application/json"),
        refusal("POST /purchase_a_sword", b"price=-1", content_type=FORM),
        refusal(
            "POST /events",
            b'{"event_type": "purchase_sword", "price": -1}',
            content_type="application/json",
        ),
        refusal("POST /purchase_a_sword?price=2", b'{"price": 1}', content_type="application/json"),
    ],
    ids=lambda event: f"{event.headers[':method']} {event.headers[':path']}",
)
def test_a_patch_repairs_a_value_wherever_the_request_had_it(wrong: RejectedEvent) -> None:
    with pytest.raises(Hopeless, match="price"):
        rebuild(wrong)

    rebuilt = values(rebuild(wrong, price=120))
    assert (rebuilt["event_type"], rebuilt["price"], rebuilt["quantity"]) == ("purchase_sword", 120, 1)
    assert rebuilt["user_id"] == "ann.example"


def test_a_replayed_request_keeps_its_time_and_its_own_id() -> None:
    late = refusal("GET /earn_gold?amount=0&client_ts=2026-11-24T11:00:00Z", idempotency_key="mine")
    rebuilt = rebuild(late, amount=5)

    told = values(rebuilt)
    assert (rebuilt.event_id, told["id_source"]) == ("mine", "client")
    assert told["received_at"] == "2026-11-24T12:00:00.123000Z"
    assert told["event_ts"] == "2026-11-24T11:00:00.000000Z"
    assert rebuilt.headers == {"pipectl-replay": b"events-rejected/1/7"}
    assert rebuilt.key == b"ann.example"


def test_an_event_without_an_id_gets_the_same_one_each_time() -> None:
    ids = {rebuild(refusal("GET /earn_gold?amount=0"), amount=amount).event_id for amount in (5, 6)}
    other = rebuild(refusal("GET /earn_gold?amount=0", place="events-rejected/1/8"), amount=5)

    assert len(ids) == 1
    assert other.event_id not in ids
    assert uuid.UUID(other.event_id).version == 5


def test_a_request_of_a_load_stays_one() -> None:
    told = values(
        rebuild(refusal("GET /earn_gold?amount=0", x_pipectl_traffic="load", x_pipectl_run="r"), amount=5)
    )

    assert (told["traffic"], told["run_id"]) == ("load", "r")


def test_a_null_takes_a_value_away_and_a_header_can_be_repaired() -> None:
    misspelt = refusal("POST /earn_gold", b'{"amuont": 5, "amount": 5}', content_type="text/plain")
    with pytest.raises(Hopeless, match="application/json"):
        rebuild(misspelt)

    assert values(rebuild(misspelt, headers=JSON, amuont=None))["amount"] == 5


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (refusal("POST /earn_gold", b"{", content_type="application/json"), "not JSON"),
        (refusal("POST /earn_gold", b'{"amount": 5}', **{":cut": "true"}), "in part only"),
        (refusal("GET /earn_gold?amount=5", x_user_id=""), "x-user-id"),
        (refusal("GET /earn_gold?source=[removed]"), "not kept"),
        (refusal("POST /events", b"[]", content_type="application/json"), "JSON object"),
        (refusal("GET /gone?a=1"), "/gone"),
        (record(b"garbage"), "not JSON"),
        (record(b"[1]"), "not an object"),
        (record(b"{}"), "event type"),
        (record(json.dumps(EVENT).encode()), "amount"),
    ],
)
def test_what_is_still_wrong_is_not_sent_and_says_why(event: RejectedEvent, why: str) -> None:
    with pytest.raises(Hopeless, match=why):
        rebuild(event)


def test_a_rejected_record_is_sent_as_it_is_once_the_catalog_has_its_type() -> None:
    raw = json.dumps({**EVENT, "amount": 5}, indent=1).encode()
    rebuilt = rebuild(record(raw))

    assert (rebuilt.value, rebuilt.event_id, rebuilt.event_type) == (raw, "mine", "earn_gold")
    assert rebuilt.key == b"ann"


def test_a_patch_repairs_a_rejected_record_and_one_without_an_id_gets_one() -> None:
    nameless = json.dumps({**EVENT, "event_id": None, "note": "x"}).encode()
    first, second = (rebuild(record(nameless), amount=amount, note=None) for amount in (5, 6))

    assert first.event_id == second.event_id
    told = values(first)
    assert (told["event_id"], told["id_source"], told["amount"]) == (first.event_id, "collector", 5)
    assert "note" not in told
    assert told["received_at"] == EVENT["received_at"]
