"""The facts of a report: named queries answered by Presto, as frozen values; no HTML here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipectl.lake.presto import Result
from pipectl.report.inputs import Lake, ReportInput
from pipectl.report.journey import Journey, follow_one_event
from pipectl.report.queries import FIGURES, LEDGER, QUALITY_FIGURES, TOTALS, NamedQuery, load_query
from pipectl.report.readings import read_figure


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One query, what Presto answered, and the sentence that says what it shows."""

    query: NamedQuery
    result: Result

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
class Facts:
    """Everything that the page says about one moment of the lake."""

    made_at: datetime
    totals: Figure
    figures: tuple[Figure, ...]
    ledger: Figure
    quality: tuple[Figure, ...]
    journey: Journey | None  # None where no event has landed yet

    @property
    def ledger_lines(self) -> tuple[LedgerLine, ...]:
        """The ledger's sums, one line a topic."""
        return tuple(LedgerLine(**record) for record in self.ledger.result.records())


def gather(given: ReportInput) -> Facts:
    """Ask Presto and Kafka for everything; raises the first reason for which one of them cannot answer."""
    return Facts(
        made_at=datetime.now(UTC),
        totals=_answer(given.presto, TOTALS),
        figures=tuple(_answer(given.presto, name) for name in FIGURES),
        ledger=_answer(given.presto, LEDGER),
        quality=tuple(_answer(given.presto, name) for name in QUALITY_FIGURES),
        journey=follow_one_event(given.presto, given.bootstrap_servers),
    )


def _answer(presto: Lake, name: str) -> Figure:
    query = load_query(name)
    return Figure(query=query, result=presto.query(query.sql))
