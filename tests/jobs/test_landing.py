"""A batch lands exactly once, whatever is repeated, and the ledger accounts for every offset."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.files import EncodedFile
from jobs.ranges import Batch
from jobs.transforms import plain
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, parse_catalog
from pipectl.errors import LakeConflict
from pipectl.lake.tables import Table
from tests.jobs.conftest import EVENT_TYPES, NOON, Record, Stream, event

LEDGER_SUMS = """
    SELECT topic, from_offset, until_offset,
           sum(landed), sum(not_selected), sum(rejected), sum(duplicates)
    FROM lake.game.batches GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


def client_event(event_id: str, **changes: object) -> dict[str, object]:
    return event(event_id=event_id, id_source="client", **changes)


def records_of(values: Sequence[Any], first_offset: int = 0) -> list[Record]:
    return [Record(value=value, offset=first_offset + n) for n, value in enumerate(values)]


def test_each_class_is_counted_and_the_classes_add_up_to_the_range(stream: Stream) -> None:
    values = [event(), event(event_type="logout"), b"garbage", client_event("a"), client_event("a")]
    refused = Record(value={"reason": "malformed", "received_at": "x"}, topic=REJECTED_TOPIC)

    stream.land(0, [*records_of(values), refused])

    assert stream.query(LEDGER_SUMS) == [
        (EVENTS_TOPIC, 0, 5, 2, 1, 1, 1),
        (REJECTED_TOPIC, 0, 1, 0, 0, 1, 0),
    ]
    assert stream.query("SELECT stage, reason, topic FROM lake.game.rejected_events ORDER BY 1") == [
        ("collector", "malformed", REJECTED_TOPIC),
        ("stream", "not_json", EVENTS_TOPIC),
    ]


def test_a_range_without_records_is_in_the_ledger_too(stream: Stream) -> None:
    stream.land(0, [], {(EVENTS_TOPIC, 0): range(4), (REJECTED_TOPIC, 0): range(0)})

    assert stream.query(LEDGER_SUMS) == [(EVENTS_TOPIC, 0, 4, 0, 0, 0, 0)]


def test_of_copies_in_one_batch_the_first_lands(stream: Stream) -> None:
    values = [client_event("a", session_id="first"), client_event("b"), client_event("a", session_id="later")]

    stream.land(0, records_of(values))

    assert stream.query("SELECT event_id, session_id FROM lake.game.events ORDER BY 1") == [
        ("a", "first"),
        ("b", None),
    ]


def test_a_copy_in_a_later_batch_does_not_land(stream: Stream) -> None:
    stream.land(0, records_of([client_event("a"), client_event("b")]))
    stream.land(1, records_of([client_event("b"), client_event("c")], first_offset=2))

    assert stream.landed_ids() == ["a", "b", "c"]
    assert stream.query(LEDGER_SUMS)[1] == (EVENTS_TOPIC, 2, 4, 1, 0, 0, 1)


def test_an_id_of_the_collector_that_a_client_brings_again_does_not_land(stream: Stream) -> None:
    ours = event()
    copy = {**ours, "id_source": "client"}

    stream.land(0, records_of([ours, copy]))
    stream.land(1, records_of([copy], first_offset=2))

    assert stream.landed_ids() == [ours["event_id"]]


def test_the_window_is_measured_between_the_copies_and_not_by_the_clock(stream: Stream) -> None:
    long_ago = NOON - timedelta(days=300)
    first = Record(value=client_event("a"), offset=0, timestamp=long_ago)
    copy = Record(value=client_event("a"), offset=1, timestamp=long_ago + timedelta(seconds=59))
    too_late = Record(value=client_event("a"), offset=2, timestamp=long_ago + timedelta(seconds=300))

    stream.land(0, [first])
    stream.land(1, [copy])
    assert stream.landed_ids() == ["a"]

    stream.land(2, [too_late])  # beyond the window: the price of a bounded look-up
    assert stream.landed_ids() == ["a", "a"]


def test_a_replay_is_looked_up_without_any_window(stream: Stream) -> None:
    value = event()
    replay = Record(
        value=value, offset=1, timestamp=NOON + timedelta(days=300), headers={"pipectl-replay": b"1"}
    )

    stream.land(0, [Record(value=value)])
    stream.land(1, [replay])

    assert stream.landed_ids() == [value["event_id"]]


def test_a_batch_that_is_run_again_adds_nothing(stream: Stream) -> None:
    records = records_of([event(), client_event("a"), b"garbage"])
    ranges = stream.ranges_of(records)

    stream.land(0, records, ranges)
    before = stream.query(LEDGER_SUMS)
    stream.land(0, records, ranges)
    stream.restart()
    stream.land(0, records, ranges)

    assert len(stream.landed_ids()) == 2
    assert stream.query(LEDGER_SUMS) == before


@pytest.mark.parametrize("table_name", ["rejected_events", "events", "batches"])
def test_a_crash_before_any_append_is_made_good(
    stream: Stream, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of([event(), client_event("a"), client_event("a"), b"garbage"])
    ranges = stream.ranges_of(records)
    lake = stream.landing.lake
    append = lake.append

    def append_or_die(table: Table, files: Sequence[EncodedFile], batch: Batch) -> None:
        if table.name == table_name:
            raise ConnectionError("the driver dies here")
        append(table, files, batch)

    monkeypatch.setattr(lake, "append", append_or_die)
    with pytest.raises(ConnectionError):
        stream.land(0, records, ranges)
    stream.restart()
    stream.land(0, records, ranges)

    assert len(stream.landed_ids()) == 2
    assert stream.query("SELECT count(*) FROM lake.game.rejected_events") == [(1,)]
    assert stream.query(LEDGER_SUMS) == [(EVENTS_TOPIC, 0, 4, 2, 0, 1, 1)]


def test_a_batch_that_leaves_a_gap_is_refused(stream: Stream) -> None:
    stream.land(0, records_of([event()]))

    with pytest.raises(LakeConflict, match="does not begin where the ledger ends"):
        stream.land(1, [], {(EVENTS_TOPIC, 0): range(2, 3), (REJECTED_TOPIC, 0): range(0)})


def test_a_new_field_of_the_catalog_is_null_in_older_rows(stream: Stream) -> None:
    stream.land(0, records_of([event()]))
    dragon = {"summary": "A fight.", "fields": {"heads": {"type": "integer"}}}
    stream.restart(parse_catalog({"event": {**EVENT_TYPES, "slay_dragon": dragon}}))
    stream.land(1, records_of([event(event_type="slay_dragon", heads=3)], first_offset=1))

    rows = stream.query("SELECT event_type, heads FROM lake.game.events ORDER BY kafka_offset")
    assert rows == [("default", None), ("slay_dragon", 3)]


def test_a_new_field_changes_no_older_hash(stream: Stream) -> None:
    value = event(event_type="purchase_sword", sword_type="katana", price=7)
    stream.land(0, records_of([value]))
    old_fields = EVENT_TYPES["purchase_sword"]["fields"]
    swords = {"summary": "A purchase.", "fields": {"blade": {"type": "string"}, **old_fields}}
    stream.restart(parse_catalog({"event": {**EVENT_TYPES, "purchase_sword": swords}}))
    stream.land(1, records_of([value], first_offset=1))

    [first, second] = stream.query("SELECT payload_hash FROM lake.game.events")
    assert first == second


def test_the_hash_is_over_what_the_client_said_and_nothing_else(stream: Stream) -> None:
    same = {"received_at": "2026-11-24T13:00:00Z", "request": {"method": "POST"}, "run_id": "r2"}
    stream.land(0, records_of([event(), event(**same), event(user_id="somebody-else")]))

    hashes = [
        row[0] for row in stream.query("SELECT payload_hash FROM lake.game.events ORDER BY kafka_offset")
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_field_that_changes_its_type_is_refused_with_its_name(stream: Stream) -> None:
    stream.land(0, records_of([event()]))
    guild = {"summary": "A player joins.", "fields": {"role": {"type": "integer"}}}

    with pytest.raises(LakeConflict, match="`role`"):
        stream.restart(parse_catalog({"event": {**EVENT_TYPES, "join_guild": guild}}))


def test_commits_name_their_batch_and_its_ranges(stream: Stream) -> None:
    stream.land(4, records_of([event()]))
    stream.restart()

    [batch, ledger_batch] = stream.landing.lake.last_batches()
    assert batch == ledger_batch
    assert (batch.query_id, batch.batch_id) == ("query", 4)
    assert batch.ranges == {(EVENTS_TOPIC, 0): range(1), (REJECTED_TOPIC, 0): range(0)}


def test_the_ledger_grows_by_one_file_for_each_batch(stream: Stream) -> None:
    for batch_id in range(3):
        stream.land(batch_id, records_of([event(), event(event_type="join_guild")], 2 * batch_id))

    assert stream.query("SELECT count(*) FROM lake.game.batches.files") == [(3,)]


@pytest.mark.parametrize(
    ("rows_a_task", "small_bytes", "files"), [(50, 0, 1), (49, 0, 2), (1, 0, 2), (1, 100_000, 1)]
)
def test_a_batch_leaves_a_file_a_day_or_a_large_one_for_each_task_that_runs_at_once(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, rows_a_task: int, small_bytes: int, files: int
) -> None:
    monkeypatch.setattr("jobs.sinks._ROWS_A_TASK", rows_a_task)  # the session runs two tasks at once
    monkeypatch.setattr("jobs.files._SMALL_BYTES", small_bytes)
    records = records_of([event(event_id=f"{n}") for n in range(50)])
    batch = Batch(query_id="query", batch_id=0, ranges=stream.ranges_of(records))

    stream.sink.land(batch, plain(stream.frame(records).repartition(6)))

    assert stream.query("SELECT count(*), sum(record_count) FROM lake.game.events.files") == [(files, 50)]


def test_what_a_killed_driver_left_in_the_scratch_folder_goes_and_nothing_stays_there(
    stream: Stream, warehouse: Path
) -> None:
    left_over = warehouse.parent / "batch" / "left.parquet"
    left_over.parent.mkdir()
    left_over.write_bytes(b"cut off")

    stream.land(0, records_of([event()]))

    assert not left_over.parent.exists()
    assert len(stream.landed_ids()) == 1
