"""Duplicates: rows whose id may have been landed before. The lake itself is the memory.

Only rows that `classify` marked `needs_lookup` are looked at: an id made by the collector is new. A row is
a duplicate if another row of its batch with the same id came first by (kafka_timestamp, partition,
offset), or if the lake has its id at another place. Found at its own place it is no duplicate: it is this
very batch, landed before a crash and run again, which so comes to the same counts.

The window is relative to the rows' own Kafka timestamps, not to the clock: two copies that were sent one
after the other are found, however long the stream was stopped in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.classes import DUPLICATE, SELECTED
from jobs.tally import TallyRow

_PLACE = ("kafka_partition", "kafka_offset")


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """What a batch has to look up: bounds that let the lake skip nearly all of its files."""

    smallest_id: str
    largest_id: str
    since: datetime | None  # None: no bound, because a replay may be of any age


def find_lookup(tally: Sequence[TallyRow], window: timedelta) -> Lookup | None:
    """Return what the counted batch has to look up; None if nothing."""
    wanted = [row.wanted for row in tally if row.wanted]
    if not wanted:
        return None
    earliest = min(bounds.earliest for bounds in wanted)
    return Lookup(
        smallest_id=min(bounds.smallest_id for bounds in wanted),
        largest_id=max(bounds.largest_id for bounds in wanted),
        since=None if any(bounds.has_replay for bounds in wanted) else earliest - window,
    )


def duplicate_places(classified: DataFrame, landed: DataFrame, lookup: Lookup) -> DataFrame:
    """Return where the duplicates among these rows stand, as partition and offset; `landed` is `events`."""
    selected = classified.where(F.col("class") == SELECTED)
    candidates = selected.where("needs_lookup").select("event_id", *_PLACE)
    return _later_copies(selected).unionByName(_landed_elsewhere(candidates, landed, lookup)).distinct()


def mark_duplicates(classified: DataFrame, places: DataFrame) -> DataFrame:
    """Turn the class of each row that stands at one of these places from `selected` into `duplicate`."""
    found = F.broadcast(places.select(*_PLACE, F.lit(col=True).alias("is_duplicate")))
    # Only topic `events` has selected rows, so a place is unique among them.
    is_duplicate = (F.col("class") == SELECTED) & F.col("is_duplicate").isNotNull()
    row_class = F.when(is_duplicate, DUPLICATE).otherwise(F.col("class")).alias("class")
    others = [name for name in classified.columns if name != "class"]
    return classified.join(found, [*_PLACE], "left").select(*others, row_class)


def _later_copies(selected: DataFrame) -> DataFrame:
    # A client may bring an id that the collector made, in the same batch as that event: ours goes first.
    in_order = Window.partitionBy("event_id").orderBy("needs_lookup", "kafka_timestamp", *_PLACE)
    ranked = selected.select(*_PLACE, "needs_lookup", F.row_number().over(in_order).alias("rank"))
    return ranked.where("needs_lookup AND rank > 1").select(*_PLACE)


def _landed_elsewhere(candidates: DataFrame, landed: DataFrame, lookup: Lookup) -> DataFrame:
    near = F.col("event_id").between(lookup.smallest_id, lookup.largest_id)
    if lookup.since is not None:
        # As text: a datetime would be taken for a time in the zone of this process.
        near &= F.col("kafka_timestamp") >= F.lit(lookup.since.isoformat()).cast("timestamp_ntz")
    known = landed.where(near).select("event_id", *(F.col(name).alias(f"known_{name}") for name in _PLACE))
    at_own_place: Column = (F.col("kafka_partition") == F.col("known_kafka_partition")) & (
        F.col("kafka_offset") == F.col("known_kafka_offset")
    )
    return known.join(F.broadcast(candidates), "event_id").where(~at_own_place).select(*_PLACE)
