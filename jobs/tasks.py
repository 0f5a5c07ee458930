"""What a task makes of its share of a batch, in a Python worker of Spark: one report.

Nothing is written here: a task that is run twice, or whose batch is given up, leaves nothing behind. The
driver puts the files of all reports into the lake and commits them.
"""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.classes import DUPLICATE, REJECTED, SELECTED
from jobs.columns import Classifier
from jobs.files import EncodedFile, Layout, encode_files
from pipectl.catalog import Catalog

Place = tuple[int, int]
"""Partition and offset of a record of topic `events`: of no other topic is anything selected."""

ASKING = ("event_id", "kafka_partition", "kafka_offset", "kafka_timestamp", "is_replay")
"""The columns of what has to be looked up."""


class Key(NamedTuple):
    """What rows are counted by."""

    topic: str
    kafka_partition: int
    event_type: str | None  # None where it cannot be read or is unknown
    row_class: str


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is the same for all tasks of a driver: how to judge records, and how to encode rows."""

    catalog: Catalog
    selected: tuple[str, ...]
    events: Layout
    rejected: Layout


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a task has found: files to land, the rows of each class, and the ids that may not be new."""

    files: tuple[EncodedFile, ...]
    counts: Counter[Key]
    asking: pa.Table


def report_batches(
    pickled: bytes, duplicates: AbstractSet[Place], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield the pickled Report on batches of `plain` records, by a pickled Work."""
    work, classifier = _unpickled(pickled)
    classified = chain.from_iterable(map(classifier.classify, batches))
    rows = pa.Table.from_batches(classified, classifier.schema)
    report = report_on(_marked(rows, duplicates), work)
    yield pa.record_batch({"report": pa.array([pickle.dumps(report)], pa.binary())})


@cache
def _unpickled(pickled: bytes) -> tuple[Work, Classifier]:
    """Return work and classifier of this process: they take milliseconds to make, and tasks are many."""
    work: Work = pickle.loads(pickled)  # noqa: S301 - the driver, whose child this process is, made it
    return work, Classifier(work.catalog, work.selected)


def report_on(rows: pa.Table, work: Work) -> Report:
    """Encode what lands of classified rows, and count them."""
    selected, rejected = (
        pa.Table.from_struct_array(rows.filter(pc.equal(rows["class"], row_class))[column])
        for row_class, column in ((SELECTED, "event"), (REJECTED, "rejection"))
    )
    counted = rows.group_by(["topic", "kafka_partition", "event_type", "class"]).aggregate(
        [([], "count_all")]
    )
    return Report(
        files=(*encode_files(rejected, work.rejected), *encode_files(selected, work.events)),
        counts=Counter({Key(*key): count for *key, count in zip(*counted.to_pydict().values(), strict=True)}),
        asking=rows.filter(rows["needs_lookup"]).select(ASKING),
    )


def _marked(rows: pa.Table, duplicates: AbstractSet[Place]) -> pa.Table:
    """Turn the class of the rows at these places from `selected` into `duplicate`."""
    if not duplicates:
        return rows
    places = zip(rows["kafka_partition"].to_pylist(), rows["kafka_offset"].to_pylist(), strict=True)
    is_there = pa.chunked_array([[place in duplicates for place in places]], pa.bool_())
    is_duplicate = pc.and_(is_there, pc.equal(rows["class"], SELECTED))
    classes = pc.if_else(is_duplicate, DUPLICATE, rows["class"])
    return rows.set_column(rows.schema.get_field_index("class"), "class", classes)
