"""From Kafka's records to what lands of them: what Spark's tasks are told to do.

    records ─► plain ─► findings of each task: files of rows, counts, ids to look up

Every record of a batch gets one class and is counted: nothing is filtered away before that, so that the
classes of a range add up to its width.
"""

import pickle
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame

from jobs.sql import quoted
from jobs.tasks import Findings, encode_batches
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


def findings(records: DataFrame, work: bytes, folder: Path) -> DataFrame:
    """Turn `plain` records into one row for each task, with its pickled Findings in column `findings`.

    `work` is a pickled Work, so that it is pickled once and not for each batch.
    """
    return records.mapInArrow(partial(encode_batches, work, folder), "findings BINARY")


def encode(records: DataFrame, work: bytes, folder: Path) -> Findings:
    """Classify the `plain` records and encode what lands of them; return what all tasks have found."""
    found = Findings()
    for row in findings(records, work, folder).collect():
        found.add(pickle.loads(row.findings))  # noqa: S301 - our own tasks have made it
    return found
