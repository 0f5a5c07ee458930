"""The rows of a figure, which are aggregates (one for a cohort and an age, say), and sums over them."""

from collections.abc import Mapping, Sequence
from typing import Any

Records = Sequence[Mapping[str, Any]]
"""What a figure's query answered: a mapping from the columns' names for each row."""


def totals_by(
    rows: Records, columns: Sequence[str], above: str, below: str
) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Add up two columns for each value of some others, in the order in which the values first come.

    A row with NULL in `above` is not over yet, and is in neither sum; values that have no other rows are left
    out.
    """
    totals: dict[tuple[Any, ...], tuple[int, int]] = {}
    for row in rows:
        if row[above] is not None:
            key = tuple(row[column] for column in columns)
            part, whole = totals.get(key, (0, 0))
            totals[key] = (part + row[above], whole + row[below])
    return {key: total for key, total in totals.items() if total[1]}
