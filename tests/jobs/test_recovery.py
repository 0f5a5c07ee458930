"""The start of the job: ledger, lake, checkpoint and Kafka are brought to agree."""

import fcntl
from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.checkpoint import Checkpoint
from jobs.jvm import Files, hold_lock
from jobs.ranges import Batch, Positions
from jobs.recovery import Recovery
from jobs.sinks import Sink
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC
from pipectl.errors import LakeConflict
from tests.jobs.conftest import Record, Stream, event

EVENTS_0 = (EVENTS_TOPIC, 0)
AT_REST = {(REJECTED_TOPIC, 0): 0}


class KafkaWith:
    """Stands in for `Topics`: the same questions, answered from a list of records."""

    def __init__(self, records: Sequence[Record], beginning: int = 0) -> None:
        self.records = records
        self.beginning = beginning

    def beginnings(self) -> Positions:
        return {EVENTS_0: self.beginning, **AT_REST}

    def ends(self) -> Positions:
        return {EVENTS_0: self.beginning + len(self.records), **AT_REST}


def recover(stream: Stream, kafka: KafkaWith, checkpoint: Checkpoint) -> tuple[Sink, list[str]]:
    happened: list[str] = []

    def read_records(batch: Batch) -> DataFrame:
        wanted = batch.ranges[EVENTS_0]
        return stream.frame([record for record in kafka.records if record.offset in wanted])

    recovery = Recovery(
        landing=stream.landing,
        topics=kafka,  # type: ignore[arg-type]  # the same questions
        checkpoint=checkpoint,
        read_records=read_records,
        report=lambda word, **_: happened.append(word),
    )
    return recovery.run(), happened


@pytest.fixture
def no_checkpoint(spark: SparkSession, tmp_path: Path) -> Checkpoint:
    return Checkpoint(Files(spark), f"file://{tmp_path}/none")


def test_a_first_start_begins_where_kafka_begins(stream: Stream, no_checkpoint: Checkpoint) -> None:
    sink, happened = recover(stream, KafkaWith([], beginning=17), no_checkpoint)

    assert sink.positions == {EVENTS_0: 17, **AT_REST}
    assert happened == []


def test_a_lost_checkpoint_is_rebuilt_from_the_ledger(stream: Stream, no_checkpoint: Checkpoint) -> None:
    records = [Record(value=event(), offset=offset) for offset in range(3)]
    stream.land(0, records)
    stream.restart()

    sink, _ = recover(stream, KafkaWith(records), no_checkpoint)

    assert sink.positions[EVENTS_0] == 3


def test_a_batch_cut_off_before_its_ledger_is_finished_without_any_checkpoint(
    stream: Stream, no_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [Record(value=event(), offset=0), Record(value=b"garbage", offset=1)]
    later = Record(value=event(), offset=2)
    monkeypatch.setattr(stream.landing.lake, "append_to_ledger", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stream.land(7, records)
    stream.restart()

    sink, happened = recover(stream, KafkaWith([*records, later]), no_checkpoint)

    assert happened == ["batch_finished"]
    assert sink.positions[EVENTS_0] == 2
    assert len(stream.landed_ids()) == 1
    assert stream.query("SELECT batch_id, from_offset, until_offset FROM lake.game.batches") == [
        (7, 0, 2),
        (7, 0, 2),
    ]


@pytest.mark.parametrize(("beginning", "kept"), [(0, 1), (3, 5)])
def test_kafka_without_the_next_records_is_refused(
    stream: Stream, no_checkpoint: Checkpoint, beginning: int, kept: int
) -> None:
    stream.land(0, [Record(value=event(), offset=offset) for offset in range(2)])
    stream.restart()
    kafka = KafkaWith([Record(value=event(), offset=beginning + n) for n in range(kept)], beginning)

    with pytest.raises(LakeConflict, match="events/0"):
        recover(stream, kafka, no_checkpoint)


@pytest.mark.parametrize(
    ("landed", "is_committed", "expected"),
    [
        pytest.param(2, True, [], id="goes on from the ledger: kept"),
        pytest.param(2, False, ["checkpoint_set_aside"], id="cut off after its last batch"),
        pytest.param(1, False, ["checkpoint_set_aside"], id="cut off before its last batch"),
        pytest.param(3, True, ["checkpoint_set_aside"], id="behind the ledger"),
    ],
)
def test_a_checkpoint_is_kept_only_if_it_goes_on_from_the_ledger_with_a_new_batch(  # noqa: PLR0913, PLR0917 - fixtures and cases
    stream: Stream,
    spark: SparkSession,
    checkpoint_folder: Path,
    landed: int,
    is_committed: bool,  # noqa: FBT001 - a case
    expected: list[str],
) -> None:
    (checkpoint_folder / "offsets/2").write_text('v1\n{}\n{"events":{"0":2},"events-rejected":{"0":0}}')
    (checkpoint_folder / "offsets/1").write_text('v1\n{}\n{"events":{"0":1},"events-rejected":{"0":0}}')
    if is_committed:
        (checkpoint_folder / "commits/2").write_text("v1\n{}")
    records = [Record(value=event(), offset=offset) for offset in range(4)]
    checkpoint = Checkpoint(Files(spark), f"file://{checkpoint_folder}")

    stream.land(0, records[:landed])
    stream.restart()
    assert recover(stream, KafkaWith(records), checkpoint)[1] == expected
    assert checkpoint.exists() is not bool(expected)


def test_a_checkpoint_tells_the_ranges_of_its_batches(spark: SparkSession, checkpoint_folder: Path) -> None:
    checkpoint = Checkpoint(Files(spark), f"file://{checkpoint_folder}")

    assert checkpoint.batch(0).ranges == {EVENTS_0: range(5, 10)}
    assert checkpoint.batch(2).ranges == {EVENTS_0: range(20, 30)}
    assert checkpoint.next_batch() == Batch(query_id="query", batch_id=2, ranges={EVENTS_0: range(20, 30)})


def test_a_checkpoint_whose_last_batch_ran_goes_on_behind_it(
    spark: SparkSession, checkpoint_folder: Path
) -> None:
    (checkpoint_folder / "commits/2").write_text("v1\n{}")
    checkpoint = Checkpoint(Files(spark), f"file://{checkpoint_folder}")

    assert checkpoint.next_batch() == Batch(query_id="query", batch_id=3, ranges={EVENTS_0: range(30, 30)})


def test_the_lock_is_held_against_other_processes(spark: SparkSession, tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    held = hold_lock(spark, str(lock_file))

    with lock_file.open("w") as file, pytest.raises(OSError, match="unavailable"):
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert held


def test_a_second_writer_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    with lock_file.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(LakeConflict, match="Another process"):
            hold_lock(spark, str(lock_file))
