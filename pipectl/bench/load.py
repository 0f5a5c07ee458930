"""A whole load: check, run every ab of a profile, sum up, save, and count what has landed."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from pipectl.bench.ab import AbReport, AbRun
from pipectl.bench.ab_process import AbOutcome, Ending, check_ab, run_ab
from pipectl.bench.client import check_ready
from pipectl.bench.load_plan import PlannedStep, Target, in_turn, plan_steps
from pipectl.bench.load_summary import LoadResult, StepResult, sum_up
from pipectl.bench.profiles import Profile
from pipectl.bench.statements import load_statement
from pipectl.catalog import Catalog
from pipectl.errors import NotRunning, OperationFailed
from pipectl.lake.presto import Presto
from pipectl.settings import Settings
from pipectl.whole import write_whole


def new_run_id() -> str:
    """Return a name for a load: by its second, and unique."""
    return f"load-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """A load to run. `seconds` wins over the profile's own; without either the steps are taken once."""

    profile: Profile
    catalog: Catalog
    url: str
    seconds: float | None = None
    write_key: str | None = None
    run_id: str = field(default_factory=new_run_id)

    @property
    def limit_seconds(self) -> float | None:
        """For how long the steps are repeated; None if they are taken once."""
        return self.seconds or self.profile.seconds

    @property
    def planned(self) -> int:
        """How many requests the steps send when they are taken once."""
        return self.profile.requests


@dataclass(frozen=True, kw_only=True)
class LoadProgress:
    """How far a load is; `planned` is None when it ends by the clock."""

    completed: int
    planned: int | None
    elapsed_seconds: float
    text: str


OnProgress = Callable[[LoadProgress], None]


def run_load(request: LoadRequest, on_progress: OnProgress = lambda _: None) -> LoadResult:
    """Run all of a profile's ab runs one after the other, and return the sum; blocks.

    Raises ToolMissing without ab, NotRunning when the collector does not answer. After that it always
    returns: Ctrl-C and an ab that gives up end the load, and `LoadResult.ending` says so.
    """
    check_ab()
    check_ready(request.url)
    return _Load(request, on_progress).run()


class _Load:
    """One load under way: its plan, and the reports so far."""

    def __init__(self, request: LoadRequest, on_progress: OnProgress) -> None:
        target = Target(url=request.url, run_id=request.run_id, write_key=request.write_key)
        self._request = request
        self._on_progress = on_progress
        self._steps = plan_steps(request.profile, request.catalog, target)
        self._reports: list[list[AbReport]] = [[] for _ in self._steps]
        self._completed = 0
        self._started_at = datetime.now(UTC)
        self._began = time.monotonic()

    def run(self) -> LoadResult:
        ending: Ending = "done"
        complaint = ""
        try:
            for index, run in self._runs():
                outcome = self._run_one(index, run)
                if outcome.ending != "done":
                    ending, complaint = outcome.ending, outcome.complaint
                    break
        except KeyboardInterrupt:  # between two runs
            ending = "interrupted"
        return self._result(ending, complaint)

    def _runs(self) -> Iterator[tuple[int, AbRun]]:
        """Yield each run with the number of its step: once, or until the time is over."""
        limit = self._request.limit_seconds
        for _ in range(1) if limit is None else count():
            for index, run in in_turn(self._steps):
                if limit is not None and self._elapsed() >= limit:
                    return
                yield index, run

    def _run_one(self, index: int, run: AbRun) -> AbOutcome:
        text = f"{self._steps[index].event} {run.player}"
        self._tell(0, text)
        outcome = run_ab(run, lambda completed: self._tell(completed, text))
        if outcome.report:
            self._reports[index].append(outcome.report)
            self._completed += outcome.report.completed
            self._tell(0, text)
        return outcome

    def _tell(self, completed_of_run: int, text: str) -> None:
        self._on_progress(
            LoadProgress(
                completed=self._completed + completed_of_run,
                planned=None if self._request.limit_seconds else self._request.planned,
                elapsed_seconds=self._elapsed(),
                text=text,
            )
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _result(self, ending: Ending, complaint: str) -> LoadResult:
        reports = [report for of_step in self._reports for report in of_step]
        return LoadResult(
            run_id=self._request.run_id,
            profile=self._request.profile.name,
            url=self._request.url,
            started_at=self._started_at,
            ending=ending,
            complaint=complaint,
            total=sum_up(reports, self._elapsed()),
            steps=tuple(map(_step_result, self._steps, self._reports)),
        )


def _step_result(step: PlannedStep, reports: Sequence[AbReport]) -> StepResult:
    first = step.runs[0]
    return StepResult(
        event=step.event,
        route=step.route,
        players=len(step.runs),
        command=first.typed(),
        body=first.body.decode() if first.body else None,
        figures=sum_up(reports, sum(report.seconds for report in reports)),
    )


def loads_folder(settings: Settings) -> Path:
    """Return where the results of this stack's loads are saved, each under the name of its run."""
    return settings.stack_folder / "loads"


def save_result(result: LoadResult, file: Path) -> None:
    """Write a result down, whole or not at all; raises OperationFailed if that is not possible."""
    try:
        write_whole(file, json.dumps(result.as_data(), indent=2) + "\n")
    except OSError as error:
        raise OperationFailed(
            f"The result of the load cannot be saved as {file}.",
            evidence=str(error),
            do_next="Make room, or name another file with --out.",
        ) from error


def count_landed(presto: Presto, run_id: str) -> int:
    """Return how many events of a load Presto sees now; raises NotRunning while there is no table yet."""
    if "events" not in presto.tables():
        raise NotRunning("The table events is not there yet.", do_next="Run: pipectl stream start")
    return int(presto.query(load_statement("landed_of_run"), run_id=run_id).scalar())
