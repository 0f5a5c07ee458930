"""Offsets and ranges of a batch, and how Spark, Kafka and the lake spell them. Pure.

A position is the next offset that is to be landed. A range is a Python `range` of offsets.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipectl.lake.tables import BATCH_ID_KEY, QUERY_ID_KEY, RANGES_KEY

Partition = tuple[str, int]  # topic, number
Positions = Mapping[Partition, int]
Ranges = Mapping[Partition, range]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One batch: the ids that Spark gave it, and the range of every partition, also of those at rest."""

    query_id: str
    batch_id: int
    ranges: Ranges

    @property
    def moved(self) -> Ranges:
        """The ranges that are not empty."""
        return {partition: offsets for partition, offsets in self.ranges.items() if offsets}

    @property
    def starts(self) -> Positions:
        """Where each partition begins."""
        return {partition: offsets.start for partition, offsets in self.ranges.items()}

    @property
    def ends(self) -> Positions:
        """Where each partition goes on after this batch."""
        return {partition: offsets.stop for partition, offsets in self.ranges.items()}

    @property
    def summary(self) -> dict[str, str]:
        """The snapshot summary of an append that belongs to this batch."""
        spelled = _nested({partition: [o.start, o.stop] for partition, o in self.ranges.items()})
        return {
            QUERY_ID_KEY: self.query_id,
            BATCH_ID_KEY: str(self.batch_id),
            RANGES_KEY: json.dumps(spelled, separators=(",", ":")),
        }

    @classmethod
    def from_summary(cls, summary: Mapping[str, str]) -> "Batch":
        """Read back what `summary` wrote."""
        document = json.loads(summary[RANGES_KEY])
        ranges = {partition: range(*bounds) for partition, bounds in _flat(document).items()}
        return cls(query_id=summary[QUERY_ID_KEY], batch_id=int(summary[BATCH_ID_KEY]), ranges=ranges)


def between(starts: Positions, ends: Positions) -> Ranges:
    """Return the range of each partition that `ends` names; one without a start begins at 0."""
    return {partition: range(starts.get(partition, 0), end) for partition, end in ends.items()}


def positions_json(positions: Positions) -> str:
    """Spell positions as Spark's Kafka source does."""
    return json.dumps(_nested(positions))


def parse_positions(text: str) -> Positions:
    """Read positions as Spark's Kafka source spells them."""
    return {partition: int(offset) for partition, offset in _flat(json.loads(text)).items()}


def show_ranges(ranges: Ranges) -> str:
    """Spell ranges for a person: `events/0 [10, 25)`."""
    return ", ".join(f"{topic}/{n} [{o.start}, {o.stop})" for (topic, n), o in sorted(ranges.items()))


def _nested(flat: Mapping[Partition, Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for (topic, number), value in sorted(flat.items()):
        nested.setdefault(topic, {})[str(number)] = value
    return nested


def _flat(nested: Mapping[str, Mapping[str, Any]]) -> dict[Partition, Any]:
    return {(topic, int(number)): value for topic, part in nested.items() for number, value in part.items()}
