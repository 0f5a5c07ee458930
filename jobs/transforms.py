"""From Kafka's records to what lands of them: what Spark's tasks are told to do.

    records ─► plain ─► reports, one of each task: files of rows, counts, ids to look up

Every record of a batch gets one class and is counted: nothing is filtered away before that, so that the
classes of a range add up to its width.
"""

import pickle
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame

from jobs.sql import quoted
from jobs.tasks import Place, Report, report_batches
from pipectl.catalog import REPLAY_HEADER


def plain(records: DataFrame) -> DataFrame:
    """Turn Kafka's records (both topics, with headers) into rows of simple columns.

    Columns: topic, kafka_partition, kafka_offset, kafka_timestamp, value, is_replay, headers (as JSON).
    """
    is_replay = f"exists(headers, header -> header.key = {quoted(REPLAY_HEADER)})"
    as_objects = "transform(headers, h -> named_struct('key', h.key, 'value', CAST(h.value AS STRING)))"
    return records.selectExpr(
        "topic",
        "partition AS kafka_partition",
        "offset AS kafka_offset",
        "CAST(timestamp AS TIMESTAMP_NTZ) AS kafka_timestamp",
        "value",
        f"coalesce({is_replay}, false) AS is_replay",
        f"to_json({as_objects}) AS headers",
    )


def reports(
    records: DataFrame, work: bytes, folder: Path, duplicates: AbstractSet[Place] = frozenset()
) -> DataFrame:
    """Turn `plain` records into one row for each task, with its pickled Report in column `report`.

    `work` is a pickled Work, so that it is pickled once and not for each batch.
    """
    told = partial(report_batches, work, folder, frozenset(duplicates))
    return records.mapInArrow(told, "report BINARY")


def report_on(records: DataFrame, work: bytes, folder: Path, duplicates: AbstractSet[Place]) -> Report:
    """Classify the `plain` records and encode what lands of them; return what all tasks have found."""
    found = Report()
    for row in reports(records, work, folder, duplicates).collect():
        found.add(pickle.loads(row.report))  # noqa: S301 - our own tasks have made it
    return found
