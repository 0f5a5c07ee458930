"""The player figures, held against what a simulation expects: counts and money exactly, ratios to 1e-9."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipectl.errors import OperationFailed
from pipectl.lake.presto import Parameter, Presto, Result
from pipectl.report.facts import ask
from pipectl.report.queries import PLAYER_FIGURES, PLAYER_TRAFFIC

TOLERANCE = 1e-9
"""Of a ratio, relative and absolute: two engines may add up floating-point numbers in another order."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The answers that a simulation left: the rows of each figure, by its name."""

    run_id: str
    until: datetime
    figures: Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One figure: how many rows it has, and each difference from the expected ones in words."""

    name: str
    rows: int
    differences: tuple[str, ...]


def load_expected(file: Path) -> Expected:
    """Read the expected answers of a simulation; raises OperationFailed where the file is not whole."""
    try:
        document = json.loads(file.read_text("utf-8"))
        until = datetime.combine(date.fromisoformat(document["until"]), datetime.min.time(), UTC)
        return Expected(run_id=document["run_id"], until=until, figures=document["figures"])
    except (OSError, ValueError, KeyError) as error:
        raise OperationFailed(
            f"The expected answers in {file} cannot be read.",
            evidence=repr(error),
            do_next="Run: pipectl simulate",
        ) from error


def check_figures(presto: Presto, expected: Expected) -> Iterator[Checked]:
    """Yield each player figure, in their order, once Presto has answered it and it has been compared."""
    known: dict[str, Parameter] = {"run_id": expected.run_id, "until": expected.until}
    (traffic,) = ask(presto, known, (PLAYER_TRAFFIC,))
    for figure in ask(presto, {**known, "first_day": traffic.first["first_day"]}, PLAYER_FIGURES):
        name = figure.query.name
        differences = tuple(compare(figure.result, expected.figures.get(name, ())))
        yield Checked(name=name, rows=len(figure.result.rows), differences=differences)


def compare(result: Result, expected: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Yield each difference between the rows of a figure and the expected ones, which have JSON's types."""
    if len(result.rows) != len(expected):
        yield f"{len(result.rows)} rows, expected {len(expected)}"
    for number, (row, wanted) in enumerate(zip(result.rows, expected, strict=False), start=1):
        found = [_as_json(value) for value in row]
        if len(found) != len(wanted):
            yield f"row {number}: {len(found)} columns, expected {len(wanted)}"
            continue
        for column, value, right in zip(result.columns, found, wanted, strict=True):
            if not _is_equal(value, right):
                yield f"row {number} ({found[0]}): {column} is {value}, expected {right}"


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _is_equal(value: Any, right: Any) -> bool:
    """Tell whether two values are the same: a NULL is no 0, a count is exact, a ratio nearly so."""
    if isinstance(value, float) and isinstance(right, int | float):
        return math.isclose(value, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(value) is type(right) and bool(value == right)
