"""The tally: how many rows of a batch are of which class; each class is counted from its own rows."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from jobs.classes import DUPLICATE, NOT_SELECTED, REJECTED, SELECTED
from jobs.ranges import Batch
from jobs.tasks import Key

Tally: TypeAlias = Counter[Key]

LEDGER_COLUMNS: Mapping[str, str] = {
    SELECTED: "landed",
    NOT_SELECTED: "not_selected",
    REJECTED: "rejected",
    DUPLICATE: "duplicates",
}
"""Class of a row to column of the ledger."""


def totals(tally: Tally) -> dict[str, int]:
    """Return the rows of each class, by its name in the ledger."""
    found = dict.fromkeys(LEDGER_COLUMNS.values(), 0)
    for key, rows in tally.items():
        found[LEDGER_COLUMNS[key.row_class]] += rows
    return found


def ledger_rows(tally: Tally, batch: Batch, committed_at: datetime) -> list[dict[str, object]]:
    """Return what the ledger says of a batch, by partition: at least one row for each that moved."""
    counts: dict[tuple[str, int, str | None], Counter[str]] = {}
    for key, rows in tally.items():
        counts.setdefault(key[:3], Counter())[LEDGER_COLUMNS[key.row_class]] += rows
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
