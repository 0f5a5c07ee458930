"""How good the data is. Each function reads the rows of the figure of its name."""

from collections.abc import Mapping
from typing import Any

from pipectl.report.sums import Records
from pipectl.report.words import counted, joined, lasting, on_day, percent

_CLASSES = ("landed", "not_selected", "rejected", "duplicates")


def totals(rows: Records) -> str:
    """Say how many events there are, of how many types and players, and from when to when."""
    row = rows[0]
    if not row["events"]:
        return "No event has landed yet."
    first, last = (f"{row[name]:%Y-%m-%d %H:%M:%S}" for name in ("first_received", "last_received"))
    return (
        f"{counted(row['events'], 'events')} of {counted(row['event_types'], 'types')} from "
        f"{counted(row['players'], 'players')}, received between {first} and {last} UTC."
    )


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


def _skew(row: Mapping[str, Any]) -> str:
    if row["skew_p50"] is None:
        return ", none with a client's time"
    half, most = lasting(row["skew_p50"]), lasting(row["skew_p99"])
    return f"; the client's time lay up to {half} before the collector's for half of them, {most} for 99 %"


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
