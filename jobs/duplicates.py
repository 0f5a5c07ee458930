"""Duplicates: rows whose id may have been landed before. The lake itself is the memory.

Only rows that were found to be `asking` are looked at: an id made by the collector is new. A row is a
duplicate if another row of its batch with the same id came first by (kafka_timestamp, partition, offset),
or if the lake has its id at another place. Found at its own place it is no duplicate: it is this very
batch, landed before a crash and run again, which so comes to the same counts.

The window is relative to the rows' own Kafka timestamps, not to the clock: two copies that were sent one
after the other are found, however long the stream was stopped in between.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.files import EncodedFile
from jobs.tasks import Place

_PLACE = ("kafka_partition", "kafka_offset")


def later_copies(files: Iterable[EncodedFile], asking: pa.Table) -> Iterator[Place]:
    """Yield the places of the asking rows before which, in these files of events, another has the same id."""
    columns = ["event_id", "kafka_timestamp", *_PLACE]
    tables = [pq.read_table(file.path, columns=columns) for file in files]
    rows = pa.concat_tables([table.select(columns) for table in tables])
    wanted = rows.filter(pc.is_in(rows["event_id"], asking["event_id"].combine_chunks()))
    asks = set(zip(*asking.select(_PLACE).to_pydict().values(), strict=True))
    # A client may bring an id that the collector made, in the same batch as that event: ours goes first.
    in_order = sorted(
        (event_id, place in asks, time, place)
        for event_id, time, *place_of in zip(*wanted.to_pydict().values(), strict=True)
        for place in [tuple(place_of)]
    )
    for _, copies in groupby(in_order, key=lambda row: row[0]):
        _, *later = copies
        yield from (place for _, is_asking, _, place in later if is_asking)


def landed_elsewhere(asking: pa.Table, landed: DataFrame, window: timedelta) -> Iterator[Place]:
    """Yield the places of the asking rows whose id `landed`, the table `events`, has at another place.

    It is asked for so long before the first of them as `window` says, for ever if there is a replay.
    """
    near = F.col("event_id").between(*_bounds(asking["event_id"]))
    if not pc.any(asking["is_replay"]).as_py():
        earliest: datetime = pc.min(asking["kafka_timestamp"]).as_py()
        # As text: a datetime would be taken for a time in the zone of this process.
        near &= F.col("kafka_timestamp") >= F.lit((earliest - window).isoformat()).cast("timestamp_ntz")
    known = landed.where(near).select("event_id", *(F.col(name).alias(f"known_{name}") for name in _PLACE))
    at_own_place: Column = (F.col("kafka_partition") == F.col("known_kafka_partition")) & (
        F.col("kafka_offset") == F.col("known_kafka_offset")
    )
    candidates = landed.sparkSession.createDataFrame(asking.select(["event_id", *_PLACE]))
    found = known.join(F.broadcast(candidates), "event_id").where(~at_own_place).select(*_PLACE)
    yield from ((partition, offset) for partition, offset in found.collect())


def _bounds(ids: pa.ChunkedArray) -> tuple[str, str]:
    """Return the first and the last of some ids: they let the lake skip nearly all of its files."""
    bounds = pc.min_max(ids).as_py()
    return bounds["min"], bounds["max"]
