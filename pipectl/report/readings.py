"""What a figure shows, in one sentence, from its rows; one function for each kind of chart."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pipectl.lake.presto import Result
from pipectl.report.queries import NamedQuery

NOTHING = "There is nothing to count yet."
_MOST_LISTED = 3
_FRACTION_MATTERS_BELOW = 1000.0


def read_figure(query: NamedQuery, result: Result) -> str:
    """Return the sentence under a figure."""
    return _READERS[query.chart](query, result) if result.rows else NOTHING


def label_of(row: tuple[Any, ...]) -> str:
    """Return what a row is about: all its columns but the last, which is its number."""
    return " ".join("(none)" if part is None else str(part) for part in row[:-1])


def counted(number: float, unit: str) -> str:
    """Spell a number with its unit: `1 event`, `1,234 events`, `0.425 seconds`; fractions to three digits."""
    shown = f"{number:,}" if isinstance(number, int) or number >= _FRACTION_MATTERS_BELOW else f"{number:.3g}"
    return f"{shown} {unit.removesuffix('s') if number == 1 else unit}".rstrip()


def _read_bars(query: NamedQuery, result: Result) -> str:
    most, total = max(row[-1] for row in result.rows), sum(row[-1] for row in result.rows)
    leaders = [label_of(row) for row in result.rows if row[-1] == most]
    if len(leaders) == len(result.rows):
        each = " each" if len(leaders) > 1 else ""
        return f"{_listed(leaders)}: {counted(most, query.unit)}{each}."
    share = f"{100 * most / total:.0f} % of the {counted(total, query.unit)} shown"
    last = result.rows[-1]
    if len(leaders) > 1:
        return f"{_listed(leaders)} come first with {counted(most, query.unit)} each, {share}."
    return (
        f"{leaders[0]} comes first with {counted(most, query.unit)}, {share}; "
        f"{label_of(last)} is the last of {len(result.rows)} with {last[-1]:,}."
    )


def _listed(labels: list[str]) -> str:
    if len(labels) > _MOST_LISTED:
        return f"{labels[0]} and {len(labels) - 1} others"
    *before, last = labels
    return f"{', '.join(before)} and {last}" if before else last


def _read_timeline(query: NamedQuery, result: Result) -> str:
    moment, grain, most = max(result.rows, key=lambda row: int(row[-1]))
    span = result.rows[-1][0] - result.rows[0][0] + timedelta(**{f"{grain}s": 1})
    total = sum(row[-1] for row in result.rows)
    busiest = f"the busiest {grain} began at {moment:%Y-%m-%d %H:%M:%S} UTC with {counted(most, query.unit)}"
    return f"{counted(total, query.unit)} within {span}; {busiest}."


def _read_percentiles(query: NamedQuery, result: Result) -> str:
    row = next(result.records())
    if row["p50"] is None:
        return NOTHING
    p50, p95, p99 = (counted(row[name], query.unit) for name in ("p50", "p95", "p99"))
    slowest = counted(row["slowest"], query.unit)
    return f"Half of them landed within {p50}, 95 % within {p95}, 99 % within {p99}, all within {slowest}."


def _read_table(_query: NamedQuery, result: Result) -> str:
    if len(result.rows) > 1:
        return f"{len(result.rows)} rows."
    return (
        "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in next(result.records()).items())
        + "."
    )


_READERS: Mapping[str, Callable[[NamedQuery, Result], str]] = {
    "bars": _read_bars,
    "timeline": _read_timeline,
    "percentiles": _read_percentiles,
    "none": _read_table,
}
