"""The door to DuckDB: another reader of the same Parquet files, and a writer of another layout of their rows.

It is there only with the extra `bench`, so nothing imports it before it is asked for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipectl.bench.statements import load_statement

Rows = list[tuple[Any, ...]]


class Duck:
    """A database in memory whose one table, `events`, is Parquet files of this machine."""

    def __init__(self, files: Sequence[Path], *, are_strings: bool = False) -> None:
        """Look at the files; where all columns are strings, times are cast as they are read."""
        import duckdb  # noqa: PLC0415 - see the head of this module

        self._connection: Any = duckdb.connect()
        view = "duckdb_events_of_strings" if are_strings else "duckdb_events"
        self._connection.execute(load_statement(view).format(files=", ".join(f"'{file}'" for file in files)))

    def query(self, sql: str) -> Rows:
        """Run one statement and return all of its rows."""
        rows: Rows = self._connection.execute(sql).fetchall()
        return rows

    def write_as_strings(self, folder: Path) -> list[Path]:
        """Write all rows as the usual job lays them out, a folder for each event type; return the files."""
        self._connection.execute(load_statement("duckdb_usual_layout").format(folder=str(folder)))
        return sorted(folder.rglob("*.parquet"))
