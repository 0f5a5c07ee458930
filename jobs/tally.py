"""The tally: how many rows of a batch are of which class; each class is counted from its own rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.classes import DUPLICATE, NOT_SELECTED, REJECTED, SELECTED
from jobs.ranges import Batch

LEDGER_COLUMNS: Mapping[str, str] = {
    SELECTED: "landed",
    NOT_SELECTED: "not_selected",
    REJECTED: "rejected",
    DUPLICATE: "duplicates",
}
"""Class of a row to column of the ledger."""


class Wanted(NamedTuple):
    """Bounds of the rows that need a look-up."""

    smallest_id: str
    largest_id: str
    earliest: datetime
    has_replay: bool


class TallyRow(NamedTuple):
    """The rows of one class, and the bounds of those among them that need a look-up, if there are any."""

    topic: str
    kafka_partition: int
    event_type: str | None
    row_class: str
    rows: int
    wanted: Wanted | None


def count_classes(classified: DataFrame) -> list[TallyRow]:
    """Count the classified rows in one pass; the first to ask also fills the cache of a persisted batch."""
    asking = F.col("needs_lookup")
    bounds = F.struct(
        F.min(F.when(asking, F.col("event_id"))),
        F.max(F.when(asking, F.col("event_id"))),
        F.min(F.when(asking, F.col("kafka_timestamp"))),
        F.max(F.when(asking, F.col("is_replay"))),
    )
    key = ("topic", "kafka_partition", "event_type", "class")
    tally = classified.groupBy(*key).agg(F.count(F.lit(1)), F.when(F.max(asking), bounds))
    return [
        TallyRow(topic, partition, event_type, row_class, rows, wanted and Wanted(*wanted))
        for topic, partition, event_type, row_class, rows, wanted in tally.collect()
    ]


def total_of(tally: Sequence[TallyRow], row_class: str) -> int:
    """Return how many rows have the class."""
    return sum(row.rows for row in tally if row.row_class == row_class)


def totals(tally: Sequence[TallyRow]) -> dict[str, int]:
    """Return the rows of each class, by its name in the ledger."""
    return {column: total_of(tally, row_class) for row_class, column in LEDGER_COLUMNS.items()}


def ledger_rows(tally: Iterable[TallyRow], batch: Batch, committed_at: datetime) -> list[dict[str, object]]:
    """Return what the ledger says of a batch, by partition: at least one row for each that moved."""
    counts: dict[tuple[str, int, str | None], Counter[str]] = {}
    for row in tally:
        key = (row.topic, row.kafka_partition, row.event_type)
        counts.setdefault(key, Counter())[LEDGER_COLUMNS[row.row_class]] += row.rows
    for topic, partition in batch.moved.keys() - {key[:2] for key in counts}:
        counts[topic, partition, None] = Counter()
    return [
        {
            "query_id": batch.query_id,
            "batch_id": batch.batch_id,
            "topic": topic,
            "kafka_partition": partition,
            "event_type": event_type,
            "from_offset": batch.ranges[topic, partition].start,
            "until_offset": batch.ranges[topic, partition].stop,
            **{column: counter[column] for column in LEDGER_COLUMNS.values()},
            "committed_at": committed_at,
        }
        for (topic, partition, event_type), counter in sorted(counts.items(), key=lambda item: item[0][:2])
    ]
