"""Duplicates: rows whose id may have been landed before. The lake itself is the memory.

Only rows that were found to be `asking` are looked at: an id made by the collector is new. A row is a
duplicate if another row of its batch with the same id came first by (kafka_timestamp, partition, offset),
or if the lake has its id at another place. Found at its own place it is no duplicate: it is this very
batch, landed before a crash and run again, which so comes to the same counts.

The window is relative to the rows' own Kafka timestamps, not to the clock: two copies that were sent one
after the other are found, however long the stream was stopped in between.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.classes import DUPLICATE, SELECTED
from jobs.files import EncodedFile, write_file
from jobs.tasks import Findings, Key
from pipectl.catalog import EVENTS_TOPIC

Place = tuple[int, int]
"""Partition and offset of a record of topic `events`: of no other topic is anything selected."""

_PLACE = ["kafka_partition", "kafka_offset"]


def later_copies(files: Iterable[EncodedFile], asking: pa.Table) -> Iterator[Place]:
    """Yield the places of the asking rows before which, in these files of events, another has the same id."""
    columns = ["event_id", "kafka_timestamp", *_PLACE]
    rows = pa.concat_tables([pq.read_table(file.path, columns=columns) for file in files])
    wanted = rows.filter(pc.is_in(rows["event_id"], asking["event_id"].combine_chunks()))
    asks = set(_tuples(asking, _PLACE))
    # A client may bring an id that the collector made, in the same batch as that event: ours goes first.
    in_order = sorted(
        (event_id, (partition, offset) in asks, time, (partition, offset))
        for event_id, time, partition, offset in _tuples(wanted, columns)
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


def leave_out(found: Findings, table: str, places: AbstractSet[Place]) -> Findings:
    """Take the rows at these places out of the files of `events`, the table of that name.

    What was selected is counted anew from the rows of either kind.
    """
    others = {key: rows for key, rows in found.counts.items() if key.row_class != SELECTED}
    left = Findings(counts=Counter(others))
    for file in found.files:
        if file.table == table:
            rows = pq.read_table(file.path)
            is_one = pa.array([place in places for place in _tuples(rows, _PLACE)])
            taken, rows = rows.filter(is_one), rows.filter(pc.invert(is_one))
            left.counts += _counted(taken, DUPLICATE) + _counted(rows, SELECTED)
            if not len(rows):
                continue
            write_file(rows, file.path)
        left.files.append(file)
    return left


def _counted(events: pa.Table, row_class: str) -> Counter[Key]:
    rows = _tuples(events, ["kafka_partition", "event_type"])
    return Counter(Key(EVENTS_TOPIC, partition, event_type, row_class) for partition, event_type in rows)


def _tuples(rows: pa.Table, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(rows[name].to_pylist() for name in columns), strict=True)


def _bounds(ids: pa.ChunkedArray) -> tuple[str, str]:
    """Return the first and the last of some ids: they let the lake skip nearly all of its files."""
    bounds = pc.min_max(ids).as_py()
    return bounds["min"], bounds["max"]
