"""What was erased on purpose: rows that the ledger counts, and that are in no table any more."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipectl.lake.presto import Presto, packed
from pipectl.lake.tables import ERASURES
from pipectl.verify.stretches import Stretch, by_stretch, parameters


def hash_of(event_id: str) -> str:
    """Return what stands in `erasures` for an id, which may be a client's own and say who it was."""
    return hashlib.sha256(event_id.encode()).hexdigest()


@dataclass(frozen=True)
class Erasures:
    """Reads the table `erasures`, which has so many rows; where it has none, nothing more is asked."""

    presto: Presto
    rows: int

    def between(self, topic: str, load: Sequence[Stretch]) -> Mapping[Stretch, Mapping[int, str]]:
        """Return the erased offsets of each stretch that has some: offset -> the table that had it."""
        if not self.rows:
            return {}
        rows = self.presto.run("erased_between", topic=topic, **parameters(load)).rows
        return {stretch: dict(found) for stretch, found in by_stretch(load, rows).items()}

    def ids_among(self, ids: Sequence[str]) -> set[str]:
        """Return those of these event ids whose row was erased."""
        if not self.rows:
            return set()
        hashes = {hash_of(event_id): event_id for event_id in ids}
        return {
            hashes[event_id_hash]
            for text in packed(hashes)
            for (event_id_hash,) in self.presto.run("erased_ids", hashes=text).rows
        }


def find_erasures(presto: Presto, tables: Collection[str]) -> Erasures:
    """Return what was erased of a lake with these tables; one of an older version has none for it."""
    has_table = ERASURES.name in tables
    return Erasures(presto, int(presto.run("erased_rows").scalar()) if has_table else 0)
