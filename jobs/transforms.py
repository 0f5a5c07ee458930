"""From Kafka's records to what lands of them: what Spark's tasks are told to do.

    records ─► plain ─► encode ─► a report of each task: files of rows, counts, ids to look up

Every record of a batch gets one class and is counted: nothing is filtered away before that, so that the
classes of a range add up to its width.
"""

import pickle
from collections.abc import Set as AbstractSet
from functools import partial

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


def reports(records: DataFrame, work: bytes, duplicates: AbstractSet[Place] = frozenset()) -> DataFrame:
    """Turn `plain` records into one row for each task, with its pickled Report in column `report`.

    `work` is a pickled Work, so that it is pickled once and not for each batch.
    """
    return records.mapInArrow(partial(report_batches, work, frozenset(duplicates)), "report BINARY")


def encode(records: DataFrame, work: bytes, duplicates: AbstractSet[Place], tasks: int) -> list[Report]:
    """Classify the `plain` records and encode what lands of them, in so many tasks; return their reports."""
    rows = reports(records.coalesce(tasks), work, duplicates).collect()
    return [pickle.loads(row.report) for row in rows]  # noqa: S301 - our own tasks have made it
