"""The report's queries: each `reports/sql/NAME.sql` holds one statement under a header of comments.

    -- title: Events by type
    -- says: one sentence on what is counted
    -- chart: bars | timeline | percentiles | none
    -- unit: events                     (what the last column counts; optional)
    SELECT ...

The order in which a page shows them is the order of the tuples here.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from pipectl.bundled import bundled

Chart = Literal["bars", "timeline", "percentiles", "none"]

TOTALS = "totals"
LEDGER = "ledger_by_class"
ONE_EVENT = "one_event"
FIGURES = (
    *("events_by_type", "events_over_time", "events_by_player", "events_by_host"),
    *("requests_by_route", "landing_latency"),
)
QUALITY_FIGURES = ("rejected_by_reason",)

_HEADER = re.compile(r"^-- (title|says|chart|unit): (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class NamedQuery:
    """One statement, with what a reader must know about it."""

    name: str
    title: str
    says: str
    sql: str
    chart: Chart = "none"
    unit: str = ""


def load_query(name: str) -> NamedQuery:
    """Read one query of `reports/sql`; raises ValueError when its header lacks title, sentence or chart."""
    text = bundled(f"reports/sql/{name}.sql").read_text("utf-8")
    header = {key: value.strip() for key, value in _HEADER.findall(text)}
    chart = header.get("chart", "none")
    if not header.get("title") or not header.get("says") or chart not in get_args(Chart):
        raise ValueError(f"reports/sql/{name}.sql needs a title, a sentence (says) and a known chart")
    return NamedQuery(
        name=name,
        title=header["title"],
        says=header["says"],
        sql=_HEADER.sub("", text).strip(),
        chart=cast("Chart", chart),
        unit=header.get("unit", ""),
    )
