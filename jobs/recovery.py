"""The start of the job: bring ledger, lake, checkpoint and Kafka to agree, in this order.

    1. The ledger says where each partition goes on; where it says nothing, Kafka's beginning does.
    2. Kafka must still have, and ever have had, the offsets from there on.
    3. A batch that was appended in part is finished: its ranges stand in the commits that name it.
    4. The checkpoint must go on from there with a batch that is not planned yet. One that does not (cut off
       in a batch, old, copied, of another lake) is set aside, and Spark makes a new one from the positions of
       the ledger. A lost one is the same case. Spark is not left to run a planned batch again: 4.1 then dies
       in its own report of progress (KafkaMicroBatchStream.metrics), since it has not asked for the latest
       offsets.

Nothing ever starts over in silence: offsets are given to Spark explicitly, never as "earliest".
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.checkpoint import Checkpoint
from jobs.jvm import Topics
from jobs.ranges import Batch, Positions, show_ranges
from jobs.sinks import Landing, Sink
from jobs.transforms import plain
from pipectl.errors import LakeConflict

Report = Callable[..., None]
"""Tells the log what happened: a word, then facts."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What a start has to bring to agree."""

    landing: Landing
    topics: Topics
    checkpoint: Checkpoint
    read_records: Callable[[Batch], DataFrame]
    report: Report

    def run(self) -> Sink:
        """Recover, and return the sink that goes on; raises LakeConflict if Kafka and ledger disagree."""
        # 1.
        ledger = self.landing.lake.positions()
        beginnings = self.topics.beginnings()
        sink = Sink(self.landing, {**beginnings, **ledger})
        # 2.
        _check_kafka_has(ledger, beginnings, self.topics.ends())
        # 3.
        self._finish_appended(sink)
        # 4.
        self._agree_with_checkpoint(sink)
        return sink

    def _finish_appended(self, sink: Sink) -> None:
        """Finish each batch whose commits are in the lake but not in the ledger; there is at most one."""
        for batch in self.landing.lake.last_batches():
            if tally := sink.land(batch, plain(self.read_records(batch))):
                self.report(
                    "batch_finished", batch_id=batch.batch_id, query_id=batch.query_id, rows=tally.total()
                )

    def _agree_with_checkpoint(self, sink: Sink) -> None:
        planned = self.checkpoint.next_batch() if self.checkpoint.exists() else None
        if planned and sink.positions == planned.starts == planned.ends:
            return
        if self.checkpoint.exists():
            reason = f"it goes on with {show_ranges(planned.ranges)}" if planned else "it has no batch"
            aside = self.checkpoint.set_aside()
            self.report("checkpoint_set_aside", reason=reason, kept_as=aside)


def _check_kafka_has(ledger: Positions, beginnings: Positions, ends: Positions) -> None:
    for (topic, number), position in ledger.items():
        first, end = (bounds.get((topic, number)) for bounds in (beginnings, ends))
        if first is None or end is None or not first <= position <= end:
            raise LakeConflict(
                f"Kafka does not have the records of {topic}/{number} that the lake needs next.",
                evidence=f"The ledger ends at {position}; Kafka has [{first}, {end}).",
                do_next="If the topic was made anew, clear the lake with it: pipectl destroy, pipectl up.",
            )
