"""A sentence for each kind of chart, for figures that have none of their own."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from pipectl.lake.presto import Result
from pipectl.report.queries import NamedQuery
from pipectl.report.words import counted, listed

NOTHING = "There is nothing to count yet."


def label_of(query: NamedQuery, record: Mapping[str, Any]) -> str:
    """Return what a row is about: the columns of `x` with their words, else all but the last, its number."""
    words = query.x or dict.fromkeys(tuple(record)[:-1], "")
    return " ".join(_spoken(word, record[column]) for column, word in words.items())


def _spoken(word: str, value: Any) -> str:
    if isinstance(value, bool):
        return word if value else f"not {word}"
    shown = "(none)" if value is None else str(value)
    return f"{word} {shown}" if word else shown


def _read_bars(query: NamedQuery, result: Result) -> str:
    number = next(iter(query.y), result.columns[-1])
    rows = [(label_of(query, record), record[number]) for record in result.records()]
    most, total = max(count for _, count in rows), sum(count for _, count in rows)
    leaders = [label for label, count in rows if count == most]
    if len(leaders) == len(rows):
        each = " each" if len(leaders) > 1 else ""
        return f"{listed(leaders)}: {counted(most, query.unit)}{each}."
    share = f"{100 * most / total:.0f} % of the {counted(total, query.unit)} shown"
    if len(leaders) > 1:
        return f"{listed(leaders)} come first with {counted(most, query.unit)} each, {share}."
    label, count = rows[-1]
    return (
        f"{leaders[0]} comes first with {counted(most, query.unit)}, {share}; "
        f"{label} is the last of {len(rows)} with {count:,}."
    )


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
    record = next(result.records())
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in record.items()) + "."


BY_CHART: Mapping[str, Callable[[NamedQuery, Result], str]] = MappingProxyType(
    {
        "bars": _read_bars,
        "timeline": _read_timeline,
        "percentiles": _read_percentiles,
        "none": _read_table,
    }
)
"""Of the other charts, each figure has a sentence of its own."""
