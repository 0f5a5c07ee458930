"""A batch of records becomes as many classified rows, whatever is in it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.columns import Classifier
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, parse_catalog
from tests.unit.jobs.test_readers import PURCHASE, SMALL

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as in the lake
CLASSIFIER = Classifier(SMALL, ("purchase",))


def plain_batch(
    values: Sequence[bytes | None], topic: str = EVENTS_TOPIC, first_offset: int = 0
) -> pa.RecordBatch:
    """Records with these values as a task gets them."""
    count = len(values)
    return pa.record_batch(
        {
            "topic": [topic] * count,
            "kafka_partition": pa.array([0] * count, pa.int32()),
            "kafka_offset": pa.array(range(first_offset, first_offset + count), pa.int64()),
            "kafka_timestamp": pa.array([NOON] * count, pa.timestamp("us")),
            "value": pa.array(values, pa.binary()),
            "is_replay": pa.array([False] * count, pa.bool_()),
            "headers": pa.nulls(count, pa.string()),
        }
    )


def classified(
    values: Sequence[bytes | None], topic: str = EVENTS_TOPIC, *, by: Classifier = CLASSIFIER
) -> list[dict[str, Any]]:
    """The rows in the order of the records."""
    rows = [row for made in by.classify(plain_batch(values, topic)) for row in made.to_pylist()]
    return sorted(rows, key=lambda row: int(row["kafka_offset"]))


def purchase(**changes: Any) -> bytes:
    return json.dumps({**PURCHASE, **changes}).encode()


@given(st.lists(st.none() | st.binary(max_size=8) | st.just(purchase()) | st.just(purchase(user_id=5))))
def test_every_record_is_one_row_with_its_place(values: list[bytes | None]) -> None:
    rows = classified(values)

    assert [row["kafka_offset"] for row in rows] == list(range(len(values)))
    assert all((row["event"] is None) != (row["rejection"] is None) for row in rows)


@given(st.lists(st.none() | st.binary(max_size=8)))
def test_every_refusal_is_one_row(values: list[bytes | None]) -> None:
    assert [row["class"] for row in classified(values, REJECTED_TOPIC)] == ["rejected"] * len(values)


@given(st.lists(st.datetimes(NOON.replace(year=1), NOON.replace(year=9999)) | st.text(max_size=30)))
def test_times_are_read_alone_as_among_others(times: list[datetime | str]) -> None:
    texts = [time if isinstance(time, str) else f"{time.isoformat()}Z" for time in times]
    values = [purchase(client_ts=text) for text in texts]

    rows = classified(values)

    for row, time, value in zip(rows, times, values, strict=True):
        [alone] = classified([value])
        assert row["class"] == alone["class"]
        if isinstance(time, datetime):
            assert row["event"]["client_ts"] == time


def test_wrong_times_among_right_ones_are_found() -> None:
    wrong = [
        "2026-02-30T12:00:00Z",
        "2026-11-24T12:00:00",
        "2026-11-24T25:00:00Z",
        "2026-11-24T12:00:00Z\n",
        "0000-01-01T00:00:00Z",
    ]
    values = [purchase(), *(purchase(event_ts=text) for text in wrong), purchase()]

    rows = classified(values)

    assert [row["class"] for row in rows] == ["selected", *["rejected"] * len(wrong), "selected"]
    assert {row["rejection"]["json_path"] for row in rows[1:-1]} == {"$.event_ts"}
    assert rows[1]["rejection"]["received_at"] == NOON


def test_the_payload_hash_is_over_what_the_client_said() -> None:
    said = {
        "event_type": "purchase",
        "schema_version": 2,
        "user_id": "player-1",
        "fields": {"item": "sword", "price": 5, "weight": 1.5},
    }
    text = json.dumps(said, separators=(",", ":"))

    [row, other] = classified(
        [purchase(schema_version=2, weight=1.5, price=5), purchase(schema_version=2, weight=1.5, price=6)]
    )

    assert row["event"]["payload_hash"] == hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert other["event"]["payload_hash"] != row["event"]["payload_hash"]


def test_a_field_that_the_catalog_gains_changes_no_hash() -> None:
    sections = {
        "purchase": {
            "summary": "A purchase.",
            "fields": {"item": {"type": "string"}, "price": {"type": "integer"}, "gift": {"type": "boolean"}},
        }
    }
    grown = Classifier(parse_catalog({"event": sections}), ("purchase",))
    [before] = classified([purchase(price=5)])
    [after] = classified([purchase(price=5)], by=grown)

    assert after["event"]["payload_hash"] == before["event"]["payload_hash"]
