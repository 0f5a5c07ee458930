"""When upkeep is due: after so many batches, before that after so many files, and at rest."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.upkeep import Rest, Upkeep
from tests.jobs.conftest import BATCHES_LANDED, USUAL, MakeUpkeep, Record, Stream, event, never


@pytest.mark.parametrize(
    ("every", "batch_id", "expected"), [(50, 48, False), (50, 49, True), (50, 99, True), (0, 49, False)]
)
def test_upkeep_is_due_every_so_many_batches(
    spark: SparkSession,
    every: int,
    batch_id: int,
    expected: bool,  # noqa: FBT001 - a case
) -> None:
    policy = replace(USUAL, every_batches=every)
    keep = Upkeep(spark=spark, tables=(), policy=policy, report=lambda *_: None)

    assert keep.is_due(batch_id) is expected


def test_upkeep_is_due_before_that_when_many_files_were_added(landed: Stream, upkeep: MakeUpkeep) -> None:
    keep, _ = upkeep(replace(USUAL, every_files=4))

    assert keep.is_due(batch_id=4)  # by what an earlier driver has left
    keep.run(never)
    assert not keep.is_due(batch_id=4)
    landed.land(
        6, [Record(value=event(event_ts=f"2026-11-2{day}T10:00:00Z"), offset=18 + day) for day in (1, 2, 3)]
    )
    assert not keep.is_due(batch_id=5)  # counted now and then only
    assert keep.is_due(batch_id=9)
    keep.run(never)
    assert not keep.is_due(batch_id=14)


def test_a_rest_begins_once_after_a_batch() -> None:
    rest = Rest(seconds=0)
    before = rest.has_begun()
    rest.note_batch()

    assert [before, rest.has_begun(), rest.has_begun()] == [False, True, False]


def test_no_rest_begins_soon_after_a_batch() -> None:
    rest = Rest(seconds=3600)
    rest.note_batch()

    assert not rest.has_begun()


@pytest.mark.parametrize(("every_batches", "every_files"), [(0, 4), (50, 1000)])
def test_a_rest_without_many_files_or_without_upkeep_is_left(
    upkeep: MakeUpkeep, every_batches: int, every_files: int
) -> None:
    keep, _ = upkeep(replace(USUAL, every_batches=every_batches, every_files=every_files))

    assert not keep.is_due_at_rest()


def test_upkeep_at_rest_is_due_at_a_quarter_of_the_files(upkeep: MakeUpkeep) -> None:
    files = 3 * BATCHES_LANDED  # one of each batch in three tables; in events there are more
    keep, _ = upkeep(replace(USUAL, every_files=4 * files))

    assert keep.is_due_at_rest()
    keep.run(never)
    assert not keep.is_due_at_rest()


def test_files_that_cannot_be_counted_do_not_end_the_stream(upkeep: MakeUpkeep, warehouse: Path) -> None:
    keep, told = upkeep(USUAL)
    hint = warehouse / "game" / "events" / "metadata" / "version-hint.text"
    hint.write_text("no number")
    for metadata in hint.parent.glob("*.metadata.json"):
        metadata.unlink()

    assert not keep.is_due(batch_id=4)
    assert not keep.is_due_at_rest()
    assert [one["word"] for one in told] == ["upkeep_failed", "upkeep_failed"]
