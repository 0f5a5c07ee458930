"""What a task makes of its share of a batch, in a Python worker of Spark: local files, and findings.

Nothing is written into the lake here: a task that is run twice, or whose batch is given up, leaves nothing
there. The driver puts the files of all tasks into the lake and commits them.
"""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.classes import REJECTED, SELECTED
from jobs.columns import Classifier
from jobs.files import EncodedFile, Layout, encode_files
from pipectl.catalog import Catalog

_ASKING = ("event_id", "kafka_partition", "kafka_offset", "kafka_timestamp", "is_replay")
_KEY = ["topic", "kafka_partition", "event_type", "class"]
_PART_BYTES = 64 * 1024 * 1024  # of rows in Arrow, which bounds memory: a record may have a megabyte


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


@dataclass(kw_only=True)
class Findings:
    """What tasks have found: files to land, the rows of each class, and the rows whose ids may not be new."""

    files: list[EncodedFile] = field(default_factory=list)
    counts: Counter[Key] = field(default_factory=Counter)
    asking: list[pa.Table] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Take in what another task has found."""
        self.files += other.files
        self.counts += other.counts
        self.asking += other.asking


def encode_batches(
    pickled: bytes, folder: Path, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield the pickled Findings on `plain` records, by a pickled Work; the files go into the folder."""
    work, classifier = _unpickled(pickled)
    classified = chain.from_iterable(map(classifier.classify, batches))
    found = Findings()
    for rows in _in_parts(classified):
        found.add(_encode(rows, work, folder))
    yield pa.record_batch({"findings": pa.array([pickle.dumps(found)], pa.binary())})


def _in_parts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Put batches together, as long as they fit: each part becomes a file of each day that it meets."""
    part: list[pa.RecordBatch] = []
    for batch in batches:
        part.append(batch)
        if sum(each.nbytes for each in part) >= _PART_BYTES:
            yield pa.Table.from_batches(part)
            part = []
    if part:
        yield pa.Table.from_batches(part)


@cache
def _unpickled(pickled: bytes) -> tuple[Work, Classifier]:
    """Return work and classifier of this process: they take milliseconds to make, and tasks are many."""
    work: Work = pickle.loads(pickled)  # noqa: S301 - the driver, whose child this process is, made it
    return work, Classifier(work.catalog, work.selected)


def _encode(rows: pa.Table, work: Work, folder: Path) -> Findings:
    """Encode what lands of classified rows, and count them."""
    selected, rejected = (
        pa.Table.from_struct_array(rows[column].filter(pc.equal(rows["class"], row_class)))
        for row_class, column in ((SELECTED, "event"), (REJECTED, "rejection"))
    )
    counted = rows.group_by(_KEY).aggregate([([], "count_all")]).to_pydict()
    asking = rows.select(_ASKING).filter(rows["needs_lookup"])
    return Findings(
        files=[
            *encode_files(rejected, work.rejected, folder),
            *encode_files(selected, work.events, folder),
        ],
        counts=Counter({Key(*key): count for *key, count in zip(*counted.values(), strict=True)}),
        asking=[asking] if len(asking) else [],
    )
