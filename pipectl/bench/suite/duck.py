"""The door to DuckDB: another reader of the same Parquet files, and a writer of another layout of their rows.

It is there only with the extra `bench`, so nothing imports it before it is asked for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

Rows = list[tuple[Any, ...]]

_AS_THEY_ARE = "CREATE VIEW events AS SELECT * FROM read_parquet($files, hive_partitioning = false)"
_WITH_TIMES = """\
CREATE VIEW events AS
SELECT * REPLACE (CAST(received_at AS TIMESTAMP) AS received_at)
FROM read_parquet($files, hive_partitioning = false)
"""
_AS_STRINGS = """\
COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM events) TO '{folder}'
(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (event_type), WRITE_PARTITION_COLUMNS true)
"""


class Duck:
    """A database in memory whose one table, `events`, is Parquet files of this machine."""

    def __init__(self, files: Sequence[Path], *, are_strings: bool = False) -> None:
        """Look at the files; where all columns are strings, times are cast as they are read."""
        import duckdb  # noqa: PLC0415 - see the head of this module

        self._connection: Any = duckdb.connect()
        names = ", ".join(f"'{file}'" for file in files)
        view = _WITH_TIMES if are_strings else _AS_THEY_ARE
        self._connection.execute(view.replace("$files", f"[{names}]"))

    def query(self, sql: str) -> Rows:
        """Run one statement and return all of its rows."""
        rows: Rows = self._connection.execute(sql).fetchall()
        return rows

    def write_as_strings(self, folder: Path) -> list[Path]:
        """Write all rows as the usual job lays them out, a folder for each event type; return the files."""
        self._connection.execute(_AS_STRINGS.format(folder=folder))
        return sorted(folder.rglob("*.parquet"))
