"""Upkeep of a small lake: what becomes fewer, what stays, and what still finds its way afterwards."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyspark.sql import SparkSession

from jobs.checkpoint import Checkpoint
from jobs.jvm import Files, oldest_snapshot_time
from jobs.player_state import read_events
from pipectl.catalog import EVENTS_TOPIC
from pipectl.lake.tables import BATCHES, REJECTED_EVENTS, all_tables, events_table
from tests.jobs.conftest import (
    BATCHES_LANDED,
    DAYS,
    TYPES,
    USUAL,
    MakeUpkeep,
    Record,
    Stream,
    event,
    landed_records,
    never,
)
from tests.jobs.test_recovery import KafkaWith, recover

AT_ONCE = replace(USUAL, every_batches=1, keep_hours=0, keep_snapshots=3)


def rows_of(stream: Stream, table: str) -> list[tuple[Any, ...]]:
    return sorted(stream.query(f"SELECT * FROM lake.game.{table}"), key=repr)


def files_of(stream: Stream, table: str) -> list[str]:
    return [path for (path,) in stream.query(f"SELECT file_path FROM lake.game.{table}.files")]


def snapshots_of(stream: Stream, table: str) -> int:
    ((count,),) = stream.query(f"SELECT count(*) FROM lake.game.{table}.snapshots")
    return int(count)


def stored_files(stream: Stream, table: str) -> set[str]:
    """Every data file in the table's folder, named by a snapshot or not."""
    path = local_path(files_of(stream, table)[0])
    folder = Path(path[: path.index("/data/")])
    return {str(file) for file in folder.rglob("*.parquet")}


def local_path(url: str) -> str:
    return urlsplit(url).path


def test_compaction_leaves_one_file_a_day_and_every_row(landed: Stream, upkeep: MakeUpkeep) -> None:
    tables = ("events", "rejected_events", "batches")
    before = {table: rows_of(landed, table) for table in tables}
    keep, told = upkeep(USUAL)
    files_before = len(files_of(landed, "batches"))

    keep.run(never)

    assert files_before == BATCHES_LANDED
    assert {table: rows_of(landed, table) for table in tables} == before
    assert [len(files_of(landed, table)) for table in tables] == [len(DAYS), 1, 1]
    assert sorted(one["table"] for one in told if one["word"] == "upkeep") == sorted(tables)


def test_a_straggler_joins_the_small_file_of_its_day(landed: Stream, upkeep: MakeUpkeep) -> None:
    keep, _ = upkeep(USUAL)
    keep.run(never)
    straggler = Record(value=event(event_ts=f"{DAYS[0]}T11:00:00Z"), offset=3 * BATCHES_LANDED)
    landed.land(BATCHES_LANDED, [straggler])
    before = files_of(landed, "events")

    keep.run(never)

    after = files_of(landed, "events")
    assert len(before) == len(DAYS) + 1
    assert len(after) == len(DAYS)
    assert len(set(before) & set(after)) == len(DAYS) - 1, "a day that got nothing is left as it is"


def land_a_file(stream: Stream, batch_id: int, events: int) -> str:
    """Land a batch of one day, with ids that do not compress; return its file."""
    offset, before = stream.sink.positions.get((EVENTS_TOPIC, 0), 0), set(files_of(stream, "events"))
    values = [event(event_id=uuid.uuid4().hex, event_ts="2026-11-20T10:00:00Z") for _ in range(events)]
    stream.land(batch_id, [Record(value=value, offset=offset + n) for n, value in enumerate(values)])
    (path,) = set(files_of(stream, "events")) - before
    return path


def test_a_file_that_has_grown_is_not_written_anew_with_each_straggler(
    landed: Stream, upkeep: MakeUpkeep
) -> None:
    large, *small = [
        land_a_file(landed, BATCHES_LANDED + number, events) for number, events in enumerate((4_000, 1, 1, 1))
    ]
    keep, _ = upkeep(replace(USUAL, file_mb=1))  # small are 64 KiB
    assert 64 * 1024 < Path(local_path(large)).stat().st_size < 256 * 1024

    keep.compact(events_table(landed.catalog))

    left = files_of(landed, "events")
    assert large in left
    assert not set(small) & set(left)
    assert len(left) == len(DAYS) + 2


def test_files_that_have_grown_become_few_when_there_are_many(
    landed: Stream, upkeep: MakeUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.upkeep._TIERS", ((16, 2), (4, 4)))
    keep, _ = upkeep(replace(USUAL, file_mb=1))
    grown = [land_a_file(landed, BATCHES_LANDED + number, 4_000) for number in range(3)]
    keep.compact(events_table(landed.catalog))
    three = files_of(landed, "events")
    grown.append(land_a_file(landed, BATCHES_LANDED + 3, 4_000))

    keep.compact(events_table(landed.catalog))

    assert set(grown[:3]) < set(three)
    assert not set(grown) & set(files_of(landed, "events"))
    assert len(files_of(landed, "events")) < len(DAYS) + len(grown)


def test_compaction_sorts_the_rows_of_a_file(landed: Stream, upkeep: MakeUpkeep) -> None:
    for number in range(BATCHES_LANDED, 2 * BATCHES_LANDED):
        offset = landed.sink.positions[EVENTS_TOPIC, 0]
        stamp = f"2026-11-24T09:00:{30 - number}Z"
        values = [event(event_type=name, sword_type="iron", event_ts=stamp) for name in TYPES]
        landed.land(number, [Record(value=value, offset=offset + n) for n, value in enumerate(values)])

    keep, _ = upkeep(USUAL)
    keep.compact(events_table(landed.catalog))

    ((path, _),) = landed.query(
        "SELECT file_path, record_count FROM lake.game.events.files ORDER BY record_count DESC LIMIT 1"
    )
    kept = landed.spark.read.parquet(path).select("event_type", "event_ts").collect()
    assert len(kept) == 18
    assert kept == sorted(kept)


def test_a_second_compaction_finds_nothing_to_do(upkeep: MakeUpkeep) -> None:
    keep, told = upkeep(USUAL)
    keep.run(never)
    told.clear()

    keep.run(never)

    assert [one["word"] for one in told] == ["upkeep_begins"]


def test_expiry_keeps_the_last_snapshots_and_only_their_files(landed: Stream, upkeep: MakeUpkeep) -> None:
    before = rows_of(landed, "batches")
    keep, _ = upkeep(AT_ONCE)
    keep.compact(BATCHES)
    assert len(stored_files(landed, "batches")) == BATCHES_LANDED + 1

    keep.expire(BATCHES)

    assert snapshots_of(landed, "batches") == AT_ONCE.keep_snapshots
    assert rows_of(landed, "batches") == before
    # The two snapshots before the compaction name all files of their time still.
    assert len(stored_files(landed, "batches")) == BATCHES_LANDED + 1


def test_expiry_deletes_the_files_that_no_snapshot_names_any_more(landed: Stream, upkeep: MakeUpkeep) -> None:
    keep, _ = upkeep(replace(AT_ONCE, keep_snapshots=1))
    keep.compact(BATCHES)

    keep.expire(BATCHES)

    named = {local_path(url) for url in files_of(landed, "batches")}
    assert stored_files(landed, "batches") == named
    assert len(named) == 1


def test_young_snapshots_are_kept_however_many(landed: Stream, upkeep: MakeUpkeep) -> None:
    keep, _ = upkeep(replace(AT_ONCE, keep_hours=1, keep_snapshots=1))

    keep.expire(BATCHES)

    assert snapshots_of(landed, "batches") == BATCHES_LANDED


def test_a_batch_is_known_as_landed_behind_compaction_and_expiry(landed: Stream, upkeep: MakeUpkeep) -> None:
    last = landed_records()[-3:]
    ranges = {
        place: range(at - (3 if place[0] == EVENTS_TOPIC else 0), at)
        for place, at in landed.sink.positions.items()
    }
    keep, _ = upkeep(AT_ONCE)
    for table in all_tables(landed.catalog):
        keep.compact(table)
        keep.expire(table)
    before = landed.landed_ids()

    landed.restart()
    landed.land(BATCHES_LANDED - 1, last, ranges)

    assert [batch.batch_id for batch in landed.landing.lake.last_batches()] == [BATCHES_LANDED - 1] * 3
    assert landed.landed_ids() == before


def test_a_batch_cut_off_before_its_ledger_is_finished_behind_compaction(
    landed: Stream, upkeep: MakeUpkeep, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    more = [
        Record(value=event(), offset=len(landed_records())),
        Record(value=b"?", offset=len(landed_records()) + 1),
    ]
    monkeypatch.setattr(landed.landing.lake, "append_to_ledger", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        landed.land(BATCHES_LANDED, more)
    keep, _ = upkeep(AT_ONCE)
    for table in all_tables(landed.catalog):
        keep.compact(table)
        keep.expire(table)
    landed.restart()
    checkpoint = Checkpoint(Files(landed.spark), f"file://{tmp_path}/none")

    sink, happened = recover(landed, KafkaWith([*landed_records(), *more]), checkpoint)

    assert happened == ["batch_finished"]
    assert sink.positions[EVENTS_TOPIC, 0] == len(landed_records()) + 2
    assert len(landed.landed_ids()) == 2 * BATCHES_LANDED + 1


def test_player_state_reads_its_slice_from_compact_files(landed: Stream, upkeep: MakeUpkeep) -> None:
    def read() -> list[Any]:
        columns = ("event_id", "kafka_partition", "kafka_offset")
        return read_events(landed.spark, "lake.game.events", columns, {0: range(3, 11)})

    before = read()
    keep, _ = upkeep(replace(AT_ONCE, keep_snapshots=1))
    events = events_table(landed.catalog)

    keep.compact(events)
    keep.expire(events)

    assert before
    assert read() == before


def test_a_stop_is_heard_between_two_steps(upkeep: MakeUpkeep) -> None:
    keep, told = upkeep(AT_ONCE)

    keep.run(lambda: True)

    assert [one["word"] for one in told] == ["upkeep_begins"]


def test_the_heap_is_collected_when_upkeep_is_done(upkeep: MakeUpkeep, spark: SparkSession) -> None:
    factory = spark._jvm.java.lang.management.ManagementFactory  # noqa: SLF001 - PySpark's way to the JVM

    def whole_collections() -> int:
        """By the old generation's collector, which each of Java's collectors names otherwise."""
        old = ("MarkSweepCompact", "PS MarkSweep", "G1 Old Generation")
        beans = factory.getGarbageCollectorMXBeans()
        return sum(bean.getCollectionCount() for bean in beans if bean.getName() in old)

    keep, _ = upkeep(USUAL)
    before = whole_collections()

    keep.run(never)

    assert whole_collections() > before


def test_a_failure_is_told_and_not_raised(landed: Stream, upkeep: MakeUpkeep) -> None:
    landed.spark.sql(f"DROP TABLE {REJECTED_EVENTS.full_name} PURGE")
    keep, told = upkeep(USUAL)

    keep.run(never)

    assert [one["word"] for one in told] == ["upkeep_begins", "upkeep_failed"]


def test_the_oldest_snapshot_tells_its_time(landed: Stream, spark: SparkSession) -> None:
    oldest = oldest_snapshot_time(spark, BATCHES.full_name)

    ((first,),) = landed.query("SELECT min(committed_at) FROM lake.game.batches.snapshots")
    assert oldest
    assert abs(oldest - first.astimezone(UTC).replace(tzinfo=None)).total_seconds() < 1
    assert oldest < datetime.now(UTC).replace(tzinfo=None)
