"""Every record gets one class, and a reason if it cannot be landed."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row

from jobs.columns import Classifier
from jobs.transforms import plain
from pipectl.catalog import REJECTED_TOPIC, Catalog
from tests.jobs.conftest import SELECTED_TYPES, Record, event

Classify = Callable[[Sequence[Record]], list[Row]]
SWORD = {"event_type": "purchase_sword", "sword_type": "katana"}


@pytest.fixture
def classified(as_frame: Callable[[Sequence[Record]], DataFrame], catalog: Catalog) -> Classify:
    """What Spark's workers make of records, in the order of their offsets."""
    classifier = Classifier(catalog, SELECTED_TYPES)

    def classify(records: Sequence[Record]) -> list[Row]:
        batches = plain(as_frame(records)).toArrow().to_batches()
        made = [row for batch in batches for rows in classifier.classify(batch) for row in rows.to_pylist()]
        return [as_row(row) for row in sorted(made, key=lambda row: int(row["kafka_offset"]))]

    return classify


def as_row(values: dict[str, Any]) -> Row:
    return Row(
        **{name: as_row(value) if isinstance(value, dict) else value for name, value in values.items()}
    )


def text_of(**changes: Any) -> bytes:
    return json.dumps(event(**changes)).encode()


NOT_LANDABLE: dict[str, tuple[bytes | None, str, str]] = {
    "no value": (None, "not_json", "$"),
    "an empty value": (b"", "not_json", "$"),
    "garbage": (b"\x00\x01garbage", "not_json", "$"),
    "not UTF-8": (text_of().replace(b"player", b"\xff\xfe"), "not_json", "$"),
    "cut off": (text_of()[:-5], "not_json", "$"),
    "single quotes": (text_of().replace(b'"', b"'"), "not_json", "$"),
    "a raw NUL byte": (text_of().replace(b"player", b"pla\x00yer"), "not_json", "$"),
    "text after the object": (text_of() + b" and more", "not_json", "$"),
    "very deep nesting": (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "not_json", "$"),
    "a list": (b"[" + text_of() + b"]", "wrong_type", "$"),
    "a text": (b'"event"', "wrong_type", "$"),
    "null": (b"null", "wrong_type", "$"),
    "no event type": (text_of(event_type=None), "missing_field", "$.event_type"),
    "an unknown event type": (text_of(event_type="slay_dragon"), "unknown_event_type", "$.event_type"),
    "an object as event type": (text_of(event_type={"a": 1}), "unknown_event_type", "$.event_type"),
    "no event id": (text_of(event_id=None), "missing_field", "$.event_id"),
    "an empty event id": (text_of(event_id=""), "missing_field", "$.event_id"),
    "no user": (text_of(user_id=None), "missing_field", "$.user_id"),
    "no event time": (text_of(event_ts=None), "missing_field", "$.event_ts"),
    "no arrival time": (text_of(received_at=None), "missing_field", "$.received_at"),
    "a number as user": (text_of(user_id=17), "wrong_type", "$.user_id"),
    "an object as user": (text_of(user_id={"name": "x"}), "wrong_type", "$.user_id"),
    "a boolean as session": (text_of(session_id=True), "wrong_type", "$.session_id"),
    "a text as request": (text_of(request="GET /"), "wrong_type", "$.request"),
    "a number as host": (text_of(request={"host": 1}), "wrong_type", "$.request.host"),
    "a number as time": (text_of(event_ts=1_700_000_000), "wrong_type", "$.event_ts"),
    "a time in another zone": (text_of(event_ts="2026-11-24T12:00:00+02:00"), "wrong_type", "$.event_ts"),
    "a day that does not exist": (text_of(client_ts="2026-02-30T12:00:00Z"), "wrong_type", "$.client_ts"),
    "a text as version": (text_of(schema_version="1"), "wrong_type", "$.schema_version"),
    "a version beyond the column": (text_of(schema_version=2**31), "rule_broken", "$.schema_version"),
    "unknown traffic": (text_of(traffic="robot"), "rule_broken", "$.traffic"),
    "no required field": (text_of(event_type="purchase_sword"), "missing_field", "$.sword_type"),
    "a text as price": (text_of(**SWORD, price="120"), "wrong_type", "$.price"),
    "a fraction as price": (text_of(**SWORD, price=1.5), "wrong_type", "$.price"),
    "a price beyond 64 bits": (text_of(**SWORD, price=2**63), "wrong_type", "$.price"),
    "a price of 2,000 digits": (
        text_of(**SWORD)[:-1] + b',"price":' + b"9" * 2000 + b"}",
        "wrong_type",
        "$.price",
    ),
    "a text as gift": (text_of(**SWORD, gift="true"), "wrong_type", "$.gift"),
    "a text as weight": (text_of(**SWORD, weight="NaN"), "wrong_type", "$.weight"),
    "a weight beyond doubles": (text_of(**SWORD)[:-1] + b',"weight":1e999}', "wrong_type", "$.weight"),
    "a price below its least": (text_of(**SWORD, price=-1), "rule_broken", "$.price"),
    "a price above its most": (text_of(**SWORD, price=1001), "rule_broken", "$.price"),
    "a weight below its least": (text_of(**SWORD, weight=0.25), "rule_broken", "$.weight"),
    "too long a text": (
        text_of(event_type="purchase_sword", sword_type="é" * 9),
        "rule_broken",
        "$.sword_type",
    ),
    "none of the choices": (text_of(event_type="join_guild", role="king"), "rule_broken", "$.role"),
}


def test_what_cannot_be_landed_is_rejected_whole_with_reason_and_path(classified: Classify) -> None:
    rows = classified([Record(value=v, offset=n) for n, (v, _, _) in enumerate(NOT_LANDABLE.values())])

    found = {
        name: (row["class"], row.rejection.reason, row.rejection.json_path, row.rejection.raw)
        for name, row in zip(NOT_LANDABLE, rows, strict=True)
    }
    expected = {
        name: ("rejected", reason, path, value if value is None else bytearray(value))
        for name, (value, reason, path) in NOT_LANDABLE.items()
    }
    assert found == expected
    assert {row.rejection.stage for row in rows} == {"stream"}
    assert all(row.rejection.message for row in rows)
    assert all(row.event is None and row.event_id is None for row in rows)


LANDABLE: dict[str, bytes] = {
    "the least": text_of(traffic=None, schema_version=None, id_source=None, request=None),
    "null for what may be absent": text_of()[:-1] + b',"session_id":null,"client_ts":null}',
    "text that looks like a number": text_of(user_id="12345", session_id="-1.5e3"),
    "text that looks like JSON": text_of(user_id='{"a":1}', session_id="[1]", run_id="true"),
    "an escaped NUL": text_of(session_id="a\x00b"),
    "a text of 200 KB": text_of(session_id="x" * 200_000),
    "spaces around": b"\n  " + text_of() + b" \n",
    "an unknown key": text_of(color="red"),
    "a field of another type's": text_of(event_type="default", price="not checked here"),
    "a whole number as weight": text_of(**SWORD, weight=2),
    "bounds themselves": text_of(**SWORD, price=1000, weight=0.5),
    "a time without fraction": text_of(event_ts="2026-11-24T12:00:00Z"),
}


def test_what_is_unusual_but_right_is_selected(classified: Classify) -> None:
    rows = classified([Record(value=value, offset=n) for n, value in enumerate(LANDABLE.values())])

    problems = {
        name: row.rejection for name, row in zip(LANDABLE, rows, strict=True) if row["class"] != "selected"
    }
    assert problems == {}
    assert [row.event.user_id for row in rows][2:4] == ["12345", '{"a":1}']
    assert rows[4].event.session_id == "a\x00b"
    assert {row.event.price for row in rows} == {None, 1000}


def test_of_a_key_that_stands_twice_the_last_value_counts(classified: Classify) -> None:
    value = text_of()[:-1] + b',"user_id":"first","user_id":"last"}'

    [row] = classified([Record(value=value)])

    assert row.event.user_id == "last"


def test_known_types_that_are_not_selected_are_counted_and_not_checked(classified: Classify) -> None:
    values = [event(event_type="logout"), event(event_type="probe"), event(event_type="logout", user_id=None)]

    rows = classified([Record(value=value, offset=n) for n, value in enumerate(values)])

    assert [(row["class"], row.event_type) for row in rows] == [
        ("not_selected", "logout"),
        ("not_selected", "probe"),
        ("not_selected", "logout"),
    ]


def test_the_ledger_learns_no_event_type_that_is_not_in_the_catalog(classified: Classify) -> None:
    [row] = classified([Record(value=event(event_type="slay_dragon"))])

    assert row.event_type is None


def test_a_selected_event_keeps_every_column(classified: Classify) -> None:
    value = event(**SWORD, price=120, weight=1.5, gift=True, client_ts="2026-11-24T11:59:59.5Z", run_id="r1")

    [row] = classified([Record(value=value, partition=3, offset=7)])

    landed = row.event.asDict()
    assert {name: landed[name] for name in ("sword_type", "price", "weight", "gift", "role")} == {
        "sword_type": "katana",
        "price": 120,
        "weight": 1.5,
        "gift": True,
        "role": None,
    }
    assert (landed["kafka_partition"], landed["kafka_offset"]) == (3, 7)
    assert (landed["method"], landed["user_agent"], landed["accept"]) == ("GET", "ab", None)
    assert landed["event_ts"].isoformat() == "2026-11-24T12:00:00.123456"
    assert landed["client_ts"].isoformat() == "2026-11-24T11:59:59.500000"
    assert landed["kafka_timestamp"].isoformat() == "2026-11-24T12:00:00"


def test_only_ids_of_the_collector_need_no_look_up(classified: Classify) -> None:
    records = [
        Record(value=event(), offset=0),
        Record(value=event(id_source="client"), offset=1),
        Record(value=event(id_source=None), offset=2),
        Record(value=event(event_id="not-a-uuid"), offset=3),
        Record(value=event(), offset=4, headers={"pipectl-replay": b"1"}),
    ]

    rows = classified(records)

    assert [row.needs_lookup for row in rows] == [False, True, True, True, True]
    assert [row.is_replay for row in rows] == [False, False, False, False, True]


def test_what_the_collector_refused_is_kept_as_its_rejection(classified: Classify) -> None:
    refusal = {
        "reason": "catalog_violation",
        "errors": [{"path": "$.price", "rule": "max", "message": "is above 1000"}],
        "user_id": "user1",
        "received_at": "2026-11-24T12:00:00.000001Z",
        "request": {"method": "POST", "path": "/purchase_a_sword", "host": "game", "user_agent": "curl"},
        "query": "quantity=1",
        "headers": {"content-type": "application/json"},
        "body_base64": base64.b64encode(b'{"price":5000}').decode(),
        "body_truncated": False,
        "line_truncated": False,
    }

    [row] = classified([Record(value=refusal, topic=REJECTED_TOPIC)])

    kept = row.rejection
    assert (row["class"], row.event_type, kept.stage, kept.topic) == (
        "rejected",
        None,
        "collector",
        REJECTED_TOPIC,
    )
    assert (kept.reason, kept.json_path, kept.message) == ("catalog_violation", "$.price", "is above 1000")
    assert bytes(kept.raw) == b'{"price":5000}'
    assert json.loads(kept.headers) == {
        ":method": "POST",
        ":path": "/purchase_a_sword",
        ":authority": "game",
        ":query": "quantity=1",
        "user-agent": "curl",
        "content-type": "application/json",
    }
    assert kept.received_at.isoformat() == "2026-11-24T12:00:00.000001"


@pytest.mark.parametrize("cut", ["body_truncated", "line_truncated"])
def test_a_refusal_that_is_kept_in_part_only_says_so(classified: Classify, cut: str) -> None:
    refusal = {"reason": "malformed", "request": {"method": "GET", "path": "/"}, "headers": {}, cut: True}

    [row] = classified([Record(value=refusal, topic=REJECTED_TOPIC)])

    assert json.loads(row.rejection.headers)[":cut"] == "true"


@pytest.mark.parametrize("value", [None, b"", b"garbage", b"[]", b"{}", b'{"reason":{}'])
def test_garbage_among_the_refusals_is_kept_too(classified: Classify, value: bytes | None) -> None:
    [row] = classified([Record(value=value, topic=REJECTED_TOPIC)])

    assert (row["class"], row.rejection.stage, row.rejection.reason) == ("rejected", "stream", "not_json")
    assert row.rejection.raw == (value if value is None else bytearray(value))


def test_headers_of_a_rejected_record_are_kept(classified: Classify) -> None:
    [row] = classified([Record(value=b"garbage", headers={"pipectl-replay": b"7"})])

    assert json.loads(row.rejection.headers) == [{"key": "pipectl-replay", "value": "7"}]
