"""The facts of a report: named queries answered by Presto, as frozen values; no HTML here."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from pipectl.lake.presto import Parameter, Result, render
from pipectl.report.inputs import Lake, ReportInput
from pipectl.report.journey import Journey, follow_one_event
from pipectl.report.queries import (
    FIGURES,
    LEDGER,
    PLAYER_SECTIONS,
    PLAYER_TRAFFIC,
    QUALITY_FIGURES,
    QUALITY_OF_PLAY,
    TOTALS,
    NamedQuery,
    Section,
    load_query,
)
from pipectl.report.readings import read_figure

_AT_ONCE = 4
"""So many queries are asked at the same time: most of a small query's time is waiting."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One query, what Presto answered, and the sentence that says what it shows."""

    query: NamedQuery
    result: Result
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The statement as it was asked, to be pasted and asked again."""
        return render(self.query.sql, self.parameters)

    @property
    def reading(self) -> str:
        """What the rows show, in one sentence."""
        return read_figure(self.query, self.result)

    @property
    def first(self) -> dict[str, Any]:
        """The first row by column names; empty where there is none."""
        return next(self.result.records(), {})


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """What became of the records of one topic: each class is counted, `accepted` from the offsets."""

    topic: str
    accepted: int
    landed: int
    not_selected: int
    rejected: int
    duplicates: int

    @property
    def accounted(self) -> int:
        """The sum of the classes."""
        return self.landed + self.not_selected + self.rejected + self.duplicates

    @property
    def balances(self) -> bool:
        """Tell whether every record is in exactly one class."""
        return self.accepted == self.accounted


@dataclass(frozen=True, kw_only=True)
class Part:
    """The figures of one section of the page."""

    section: Section
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What a report is about, before its figures are asked: a moment, and whether anybody has played."""

    made_at: datetime
    until: datetime  # the midnight (UTC) that player figures end with
    traffic: Figure

    @property
    def first_day(self) -> date | None:
        """The first day on which a player was active; None without players."""
        return cast("date | None", self.traffic.first["first_day"])

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of player figures; none without players."""
        return PLAYER_SECTIONS if self._has_players else ()

    @property
    def quality(self) -> tuple[str, ...]:
        """The names of the figures on data quality."""
        return (*QUALITY_FIGURES, *(QUALITY_OF_PLAY if self._has_players else ()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all figures that the report shows."""
        of_players = (name for section in self.sections for name in section.figures)
        return (TOTALS, LEDGER, *of_players, *FIGURES, *self.quality)

    @property
    def _has_players(self) -> bool:
        return bool(self.traffic.first["events"])


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the page says about one moment of the lake; without players there are no `parts`."""

    made_at: datetime
    totals: Figure
    traffic: Figure
    parts: tuple[Part, ...]
    figures: tuple[Figure, ...]
    ledger: Figure
    quality: tuple[Figure, ...]
    journey: Journey | None  # None where no event has landed yet

    @property
    def all_figures(self) -> Mapping[str, Figure]:
        """Every figure that there is, by its name."""
        of_players = (figure for part in self.parts for figure in part.figures)
        alone = (self.totals, self.traffic, self.ledger)
        return {figure.query.name: figure for figure in (*alone, *of_players, *self.figures, *self.quality)}

    @property
    def answers(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows of every figure, by its name."""
        return {name: list(figure.result.records()) for name, figure in self.all_figures.items()}

    @property
    def ledger_lines(self) -> tuple[LedgerLine, ...]:
        """The ledger's sums, one line a topic."""
        return tuple(LedgerLine(**record) for record in self.ledger.result.records())


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A lake of which some statements have been answered already; the others are asked."""

    lake: Lake
    answers: Mapping[str, Result]

    @property
    def host(self) -> str:
        """Where Presto answers."""
        return self.lake.host

    @property
    def port(self) -> int:
        """The port of it."""
        return self.lake.port

    def query(self, sql: str, **parameters: Parameter) -> Result:
        """Return the answer that there is, or Presto's."""
        answer = self.answers.get(render(sql, parameters))
        return self.lake.query(sql, **parameters) if answer is None else answer


def outline(given: ReportInput) -> Outline:
    """Find out what there is to report on; raises the reason for which Presto cannot answer.

    Player figures count days that are over, so they end with the midnight before now (UTC).
    """
    made_at = datetime.now(UTC)
    until = made_at.replace(hour=0, minute=0, second=0, microsecond=0)
    (traffic,) = ask(given.presto, {"run_id": None, "until": until}, (PLAYER_TRAFFIC,))
    return Outline(made_at=made_at, until=until, traffic=traffic)


def gather(given: ReportInput, about: Outline, answers: Mapping[str, Result] = MappingProxyType({})) -> Facts:
    """Ask Presto and Kafka for everything; raises the first reason for which one of them cannot answer.

    `answers` are those that there are already, by statement.
    """
    lake = Answered(lake=given.presto, answers=answers)
    ask_now = partial(ask, lake, {"run_id": None, "until": about.until, "first_day": about.first_day})
    totals, ledger = ask_now((TOTALS, LEDGER))
    return Facts(
        made_at=about.made_at,
        totals=totals,
        traffic=about.traffic,
        parts=tuple(
            Part(section=section, figures=tuple(ask_now(section.figures))) for section in about.sections
        ),
        figures=tuple(ask_now(FIGURES)),
        ledger=ledger,
        quality=tuple(ask_now(about.quality)),
        journey=follow_one_event(lake, given.bootstrap_servers),
    )


def ask(presto: Lake, known: Mapping[str, Parameter], names: Iterable[str]) -> Iterator[Figure]:
    """Ask several queries at once and yield them in their order; each gets those values that it needs."""

    def answer(name: str) -> Figure:
        query = load_query(name)
        parameters = {name: known[name] for name in sorted(query.asks_for)}
        result = presto.query(query.sql, **parameters)
        return Figure(query=query, result=result, parameters=parameters)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
        yield from threads.map(answer, names)
