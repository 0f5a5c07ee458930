"""The report's queries: each `reports/sql/NAME.sql` holds one statement under a header of comments.

    -- title: Events by type
    -- says: one sentence on what is counted
    -- chart: bars                      (a key of `charts.PLOTS`, or none)
    -- unit: events                     (what is counted; %, USD and minutes: see `words.SCALES`)
    -- x: day, level (level)            (the columns that say what a row is about, and a word for each that
                                         does not speak for itself; else all columns but the last)
    -- y: dau (one day), wau (7 days)   (the columns that are drawn, and how they are called; else the last)
    -- by: flow, n (day)                (the column whose values are drawn apart, and a word; optional)
    -- groups: source, sink             (those values in the order of their colours; optional)
    -- across: n                        (the table has a column for each value of this one; optional)
    -- least: started 30                (rows with less in this column are not drawn; optional)
    -- edges: sentences                 (what is counted how where one could do otherwise; player figures)
    -- with: activity, calendar         (the parts that it builds on, in this order; optional)
    SELECT ...

What several figures count alike is a part, `reports/sql/parts/NAME.sql`, one expression for a WITH clause. A
statement is always shown and run whole, with its parts.

A player figure asks for `:run_id` (NULL for all player traffic), for `:until`, the midnight after the last
day that is over, and where it lists days for `:first_day`, the first on which a player was active.

The order in which a page shows them is the order of the tuples here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from pipectl.bundled import bundled
from pipectl.lake.presto import compose

Chart = Literal[
    "bars", "row", "shares", "lines", "curve", "days", "flows", "triangle", "timeline", "percentiles", "none"
]

TOTALS = "totals"
LEDGER = "ledger_by_class"
NEWEST_EVENT = "newest_event"
ONE_EVENT = "one_event"
FIGURES = (
    *("events_by_type", "events_over_time", "events_by_player", "events_by_host"),
    "requests_by_route",
)
LATENCY = "landing_latency"
QUALITY_FIGURES = ("records_by_hour", "rejected_by_reason", LATENCY, "lateness")
QUALITY_OF_PLAY = ("quiet_hours",)
"""Of the players' events alone: without them there is nothing usual to compare with."""
PLAYER_TRAFFIC = "player_traffic"
"""Says whether players have played at all; without them no player figure is asked for."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page: what it is about, and its figures in their order."""

    name: str
    title: str
    asks: str
    figures: tuple[str, ...]


PLAYER_SECTIONS = (
    Section(
        name="players",
        title="Players",
        asks="How many play, for how long, and how many stop?",
        figures=(
            *("daily_active", "sessions_by_day", "churn_by_day", "concurrency_by_day"),
            *("return_rate", "events_of_players"),
        ),
    ),
    Section(
        name="retention",
        title="Retention",
        asks="Who comes back after the first day?",
        figures=("retention_by_cohort", "retention_weighted", "retention_rolling", "retention_by_bracket"),
    ),
    Section(
        name="economy",
        title="Economy",
        asks="Where does gold come from, where does it go, and who has it?",
        figures=("economy_by_day", "sources_and_sinks", "wallets"),
    ),
    Section(
        name="progress",
        title="Progress",
        asks="How far do players come, and where do they stop?",
        figures=("first_steps", "level_funnel"),
    ),
    Section(
        name="guilds",
        title="Guilds",
        asks="Who is in a guild, and does it go with coming back?",
        figures=("guilds_by_day", "guild_retention"),
    ),
    Section(
        name="items",
        title="Items and battles",
        asks="What is bought with gold, and which enemy is too strong or too weak?",
        figures=("top_items", "battles_by_enemy"),
    ),
    Section(
        name="revenue",
        title="Revenue",
        asks="What comes in as real money, from how many, and how unevenly?",
        figures=(
            *("revenue_by_day", "revenue_by_week", "conversion_by_cohort", "ltv_by_cohort"),
            *("revenue_concentration", "top_spenders"),
        ),
    ),
)
PLAYER_FIGURES = tuple(name for section in PLAYER_SECTIONS for name in section.figures)
"""What the game's owner asks; `report --check` compares each with what a simulation expects."""

_HEADER = re.compile(
    r"^-- (title|says|chart|unit|x|y|by|groups|across|least|edges|with): (.+)$", re.MULTILINE
)
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_COLUMN_WITH_WORD = re.compile(r"(\w+)(?: \(([^)]+)\))?(?:, |$)")


@dataclass(frozen=True, kw_only=True)
class NamedQuery:
    """One statement, with what a reader must know about it, and how its rows are drawn.

    `x` and `by` map columns to the word that is put to their values, empty where a value speaks for itself.
    `y` maps the columns that are drawn to their names; without `x` and `y` the last column is drawn and the
    others say what it is about. Rows with less than `least` in that column are not drawn.
    """

    name: str
    title: str
    says: str
    sql: str
    chart: Chart = "none"
    unit: str = ""
    edges: str = ""
    x: Mapping[str, str] = field(default_factory=dict)
    y: Mapping[str, str] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    across: str = ""
    least: tuple[str, int] | None = None

    @property
    def asks_for(self) -> frozenset[str]:
        """The names of the parameters that the statement needs."""
        return frozenset(_PARAMETER.findall(self.sql))


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
        sql=compose(_parts(header.get("with", "")), _HEADER.sub("", text).strip()),
        chart=cast("Chart", chart),
        unit=header.get("unit", ""),
        edges=header.get("edges", ""),
        x=_with_words(header.get("x", "")),
        y={
            column: word or column.replace("_", " ")
            for column, word in _with_words(header.get("y", "")).items()
        },
        by=_with_words(header.get("by", "")),
        groups=tuple(_with_words(header.get("groups", ""))),
        across=header.get("across", ""),
        least=_least(header.get("least", "")),
    )


def _with_words(text: str) -> Mapping[str, str]:
    """Read `column (a word), column`: each column with its word, empty where there is none."""
    return dict(_COLUMN_WITH_WORD.findall(text))


def _least(text: str) -> tuple[str, int] | None:
    column, _, number = text.partition(" ")
    return (column, int(number)) if text else None


def _parts(names: str) -> list[str]:
    """Read the named parts, which are separated by commas."""
    files = [bundled(f"reports/sql/parts/{name}.sql") for name in names.split(", ") if name]
    return [file.read_text("utf-8") for file in files]
