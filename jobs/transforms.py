"""From Kafka's records to classified rows. Each step is DataFrame -> DataFrame and ends in a select.

    records ─► classify ─► selected_events ─► table `events`
                      └──► rejections ──────► table `rejected_events`

Every record of a batch comes out of `classify` as one row of one class: nothing is filtered away, so that the
classes of a range can be counted and add up to its width.
"""

import pickle
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.classes import REJECTED, SELECTED
from jobs.columns import classified_ddl, classify_batches
from jobs.sql import quoted
from pipectl.catalog import REPLAY_HEADER, Catalog


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What records are judged by: the catalog, and the event types that are to be landed."""

    catalog: Catalog
    selected: tuple[str, ...]


def classify(records: DataFrame, rules: Rules) -> DataFrame:
    """Turn Kafka's records (both topics, with headers) into one classified row each, by `classify_batches`.

    Columns: topic, kafka_partition, kafka_offset, kafka_timestamp, class, event_type (NULL if unknown),
    event_id, needs_lookup, is_replay, event (a row of `events`), rejection (a row of `rejected_events`).
    """
    is_replay = f"exists(headers, header -> header.key = {quoted(REPLAY_HEADER)})"
    as_objects = "transform(headers, h -> named_struct('key', h.key, 'value', CAST(h.value AS STRING)))"
    read = records.selectExpr(
        "topic",
        "partition AS kafka_partition",
        "offset AS kafka_offset",
        "CAST(timestamp AS TIMESTAMP_NTZ) AS kafka_timestamp",
        "value",
        f"coalesce({is_replay}, false) AS is_replay",
        f"to_json({as_objects}) AS headers",
    )
    pickled = pickle.dumps((rules.catalog, rules.selected))
    return read.mapInArrow(partial(classify_batches, pickled), classified_ddl(rules.catalog))


def selected_events(classified: DataFrame) -> DataFrame:
    """Return the rows of table `events`."""
    return classified.where(F.col("class") == SELECTED).select("event.*")


def rejections(classified: DataFrame) -> DataFrame:
    """Return the rows of table `rejected_events`."""
    return classified.where(F.col("class") == REJECTED).select("rejection.*")
