"""The rows of a figure as a table that a page can hold: ages across, and a bound on its length."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pipectl.lake.presto import Result
from pipectl.report.queries import NamedQuery

MOST_ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns, rows, and how many rows were left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    left_out: int = 0


def as_table(query: NamedQuery, result: Result) -> Table:
    """Return the rows, turned if the query says so; of too many days the last, of a ranking the first."""
    turned = _turned(query.across, result) if query.across else result
    over = len(turned.rows) - MOST_ROWS
    if over <= 0:
        return Table(columns=turned.columns, rows=turned.rows)
    of_days = isinstance(turned.rows[0][0], date)
    rows = turned.rows[-MOST_ROWS:] if of_days else turned.rows[:MOST_ROWS]
    return Table(columns=turned.columns, rows=rows, left_out=over)


def _turned(across: str, result: Result) -> Result:
    """Put the last column under each value of `across`; the columns before that one name a row.

    The first column of numbers behind it, how many players there were, is the same all along and stays.
    """
    place = result.columns.index(across)
    size = result.columns.index("players")
    ages = sorted({row[place] for row in result.rows})
    lines: dict[Any, dict[Any, Any]] = {}
    for row in result.rows:
        lines.setdefault((*row[:place], row[size]), {})[row[place]] = row[-1]
    names = (*result.columns[:place], "players", *(f"{across} {age}" for age in ages))
    rows = tuple((*key, *(values.get(age) for age in ages)) for key, values in lines.items())
    return Result(columns=names, rows=rows)
