"""How good the data is. Each function reads the rows of the figure of its name."""

from collections.abc import Sequence
from typing import Any

from pipectl.report.words import counted, joined, on_day, percent

Records = Sequence[dict[str, Any]]

_CLASSES = ("landed", "not_selected", "rejected", "duplicates")


def records_by_hour(rows: Records) -> str:
    """Say how many records there were, and which part of them were duplicates."""
    sums = {name: sum(row[name] for row in rows) for name in _CLASSES}
    total = sum(sums.values())
    if not total:
        return f"No record was counted within {counted(len(rows), 'hours')}."
    parts = [f"{percent(sums[name] / total)} {name.replace('_', ' ')}" for name in _CLASSES]
    return f"{counted(total, 'records')} within {counted(len(rows), 'hours')} of batches: {joined(parts)}."


def lateness(rows: Records) -> str:
    """Say for each kind of traffic how many events came late, and how far clocks were apart."""
    return " ".join(
        f"{row['traffic'].capitalize()}: {percent(row['late_share'])} of {counted(row['events'], 'events')} "
        f"came more than an hour late{_skew(row)}."
        for row in rows
    )


def _skew(row: dict[str, Any]) -> str:
    if row["skew_p50"] is None:
        return ", none with a client's time"
    return f"; skew {row['skew_p50']:,.4g} s for half of them, {row['skew_p99']:,.4g} s for 99 %"


def quiet_hours(rows: Records) -> str:
    """Say how many hours were too quiet, and on which day most of them."""
    quiet, hours = sum(row["quiet"] for row in rows), sum(row["hours"] for row in rows)
    if not quiet:
        return f"None of {counted(hours, 'hours')} had fewer than half of its usual events."
    worst = max(rows, key=lambda row: int(row["quiet"]))
    return (
        f"{quiet:,} of {counted(hours, 'hours')} had fewer than half of their usual events, most of them "
        f"({worst['quiet']}) on {on_day(worst['day'])}."
    )
