"""What is in the lake: how many rows, files and snapshots each table has."""

from dataclasses import dataclass
from datetime import datetime

from pipectl.errors import NotRunning
from pipectl.lake.presto import Presto
from pipectl.lake.tables import BATCHES


@dataclass(frozen=True, kw_only=True)
class TableContents:
    """One table, as its newest snapshot and its list of snapshots describe it."""

    name: str
    records: int
    files: int
    size_bytes: int
    partitions: int
    most_files_a_partition: int
    snapshots: int
    oldest_snapshot: datetime | None  # UTC; None where nothing was ever appended


def lake_contents(presto: Presto) -> list[TableContents]:
    """Return the contents of every table, by name; raises NotRunning where the stream never ran."""
    if BATCHES.name not in presto.tables():
        raise NotRunning("There is no lake yet: the stream makes it.", do_next="Run: pipectl stream start")
    return [TableContents(**record) for record in presto.run("lake_contents").records()]
