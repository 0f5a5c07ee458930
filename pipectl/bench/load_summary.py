"""From the reports of many runs of ab to the figures of a step and of a whole load."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from pipectl.bench.ab import AbReport
from pipectl.bench.ab_process import Ending


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What some runs of ab did together.

    `acknowledged` is the number that was certainly answered 2xx; after Ctrl-C, or when ab gave up, there
    may be some more. The percentiles are those of all replies together: every run brings its own
    hundred, weighted by its requests, which is right to within one per cent of the rank.
    """

    runs: int
    completed: int
    acknowledged: int
    non_2xx: int
    failed: int
    seconds: float
    requests_per_second: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What one step of the profile did; `command` is the first of its command lines, `body` its file."""

    event: str
    route: str
    players: int
    command: str
    body: str | None
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """What a load did. In `total`, seconds and requests/s are by the wall clock."""

    run_id: str
    profile: str
    url: str
    started_at: datetime
    ending: Ending
    complaint: str
    total: Figures
    steps: tuple[StepResult, ...]

    @property
    def is_good(self) -> bool:
        """Whether it came to its end, and every single request was answered 2xx."""
        return self.ending == "done" and self.total.acknowledged == self.total.completed

    def as_data(self) -> dict[str, Any]:
        """Return what is saved and what `--json` shows."""
        return {**asdict(self), "started_at": self.started_at.isoformat()}


def sum_up(reports: Sequence[AbReport], seconds: float) -> Figures:
    """Add the reports of some runs, which took so many seconds together."""
    completed = sum(report.completed for report in reports)
    p50, p95, p99 = merged_percentiles(reports, (50, 95, 99))
    return Figures(
        runs=len(reports),
        completed=completed,
        acknowledged=sum(report.acknowledged for report in reports),
        non_2xx=sum(report.non_2xx for report in reports),
        failed=sum(report.failed for report in reports),
        seconds=round(seconds, 3),
        requests_per_second=round(completed / seconds, 1) if seconds else 0.0,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )


def merged_percentiles(reports: Iterable[AbReport], percents: Sequence[float]) -> list[float | None]:
    """Return, for each of some per cents, the time within which so many of all replies came."""
    weighted = sorted(
        (time, report.completed / len(report.percentiles_ms))
        for report in reports
        for time in report.percentiles_ms
    )
    if not weighted:
        return [None for _ in percents]
    ranks = list(accumulate(weight for _, weight in weighted))
    places = (bisect_left(ranks, ranks[-1] * percent / 100) for percent in percents)
    return [weighted[place][0] for place in places]
