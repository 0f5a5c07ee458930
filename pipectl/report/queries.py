"""The report's queries: each `reports/sql/NAME.sql` holds one statement under a header of comments.

    -- title: Events by type
    -- says: one sentence on what is counted
    -- chart: bars | timeline | percentiles | none
    -- unit: events                     (what the last column counts; optional)
    -- edges: sentences                 (what is counted how where one could do otherwise; player figures)
    -- with: activity, calendar         (the parts that it builds on, in this order; optional)
    SELECT ...

What several figures count alike is a part, `reports/sql/parts/NAME.sql`, one expression for a WITH clause. A
statement is always shown and run whole, with its parts.

A player figure asks for `:run_id` (NULL for all player traffic) and for `:until`, the midnight after the last
day that is over.

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
PLAYER_FIGURES = (
    *("events_of_players", "daily_active", "churn_by_day", "return_rate"),
    *("retention_weighted", "retention_by_cohort", "retention_rolling", "retention_by_bracket"),
    *("sessions_by_day", "concurrency_by_day"),
    *("revenue_by_day", "revenue_by_week", "conversion_by_cohort", "ltv_by_cohort"),
    *("revenue_concentration", "top_spenders"),
    *("economy_by_day", "sources_and_sinks", "top_items", "wallets"),
    *("level_funnel", "first_steps", "battles_by_enemy", "guilds_by_day", "guild_retention"),
)
"""What the game's owner asks; `report --check` compares each with what a simulation expects."""

_HEADER = re.compile(r"^-- (title|says|chart|unit|edges|with): (.+)$", re.MULTILINE)
_OWN_WITH = re.compile(r"^WITH ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class NamedQuery:
    """One statement, with what a reader must know about it."""

    name: str
    title: str
    says: str
    sql: str
    chart: Chart = "none"
    unit: str = ""
    edges: str = ""


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
        sql=_compose(header.get("with", ""), _HEADER.sub("", text).strip()),
        chart=cast("Chart", chart),
        unit=header.get("unit", ""),
        edges=header.get("edges", ""),
    )


def _compose(parts: str, statement: str) -> str:
    """Put the named parts, separated by commas, in front of what the statement defines itself."""
    if not parts:
        return statement
    texts = [
        bundled(f"reports/sql/parts/{name}.sql").read_text("utf-8").strip() for name in parts.split(", ")
    ]
    rest, has_own = _OWN_WITH.subn("", statement, count=1)
    return "WITH\n" + ",\n".join(texts) + (",\n" if has_own else "\n") + rest
