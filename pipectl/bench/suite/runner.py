"""Benchmarks one after the other in one laboratory; each result is judged and saved."""

import importlib.util
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from pipectl.bench.ab_process import check_ab
from pipectl.bench.suite.cost import COST
from pipectl.bench.suite.drain import DRAIN
from pipectl.bench.suite.edge import EDGE
from pipectl.bench.suite.freshness import FRESHNESS
from pipectl.bench.suite.growth import GROWTH
from pipectl.bench.suite.http import BATCH, INGEST, INGEST_KEEPALIVE
from pipectl.bench.suite.lab import Lab, laboratory
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.memory import MEMORY
from pipectl.bench.suite.query import QUERY
from pipectl.bench.suite.startup import STARTUP
from pipectl.bench.suite.surroundings import Clock, machine
from pipectl.bench.suite.verdict import Finding, judge
from pipectl.errors import PipectlError, ToolMissing, UsageFault
from pipectl.settings import Settings
from pipectl.whole import write_whole

# All share one stack, and Kafka gets ever more records: first come those that want few, or a number of them.
BENCHMARKS: Mapping[str, Benchmark] = {
    each.name: each
    for each in (
        MEMORY,
        DRAIN,
        GROWTH,
        QUERY,
        EDGE,
        INGEST,
        INGEST_KEEPALIVE,
        BATCH,
        FRESHNESS,
        COST,
        STARTUP,
    )
}

_PACKAGES: Mapping[str, str] = {
    "flask": "the usual server is written with it",
    "duckdb": "it is the other reader of the lake's files",
}
QUICK_ROUNDS, FULL_ROUNDS = 3, 9
QUICK_SCALE, FULL_SCALE = 1, 3


@dataclass(frozen=True, kw_only=True)
class Result:
    """One benchmark's findings, with everything that they have to be read with."""

    benchmark: str
    summary: str
    started_at: datetime
    seconds: float
    rounds: int
    findings: tuple[Finding, ...]
    medians: Mapping[str, Mapping[str, float]]
    raw: str | None
    problems: tuple[str, ...]
    notes: Mapping[str, str]
    machine: Mapping[str, Any]
    surroundings: Mapping[str, float]
    samples: Mapping[str, Sequence[Mapping[str, float]]]
    series: Mapping[str, Sequence[float]]

    def as_data(self) -> dict[str, Any]:
        """Return it all as JSON takes it."""
        return {**asdict(self), "started_at": self.started_at.isoformat()}


def chosen(names: Sequence[str]) -> tuple[Benchmark, ...]:
    """Return the benchmarks of these names, all of them for none; raises UsageFault for an unknown one."""
    for name in names:
        if name not in BENCHMARKS:
            raise UsageFault(
                f"There is no benchmark `{name}`.", do_next=f"Benchmarks are: {', '.join(BENCHMARKS)}"
            )
    return tuple(each for each in BENCHMARKS.values() if not names or each.name in names)


def check_tools(benchmarks: Sequence[Benchmark]) -> None:
    """Raise ToolMissing for what one of these needs and this machine lacks."""
    needs = {need for each in benchmarks for need in each.needs}
    if "ab" in needs:
        check_ab()
    for package, what in _PACKAGES.items():
        if package in needs and importlib.util.find_spec(package) is None:
            raise ToolMissing(
                f"{package} is not installed: {what}.", do_next="Run: pip install 'pipectl[bench]'"
            )


def run_suite(settings: Settings, benchmarks: Sequence[Benchmark], effort: Effort) -> Iterator[Result]:
    """Run benchmarks on a stack of their own; blocks for minutes, then yields what one proof has proven.

    Raises ToolMissing before anything is started, ServiceFailed when an engine does not start, and
    OperationFailed while another run is under way.
    """
    check_tools(benchmarks)
    with laboratory(settings) as lab:
        runs, failure = _run_all(lab, benchmarks, effort)
        missing = lab.prove() if any(run.benchmark.lands_events for run in runs) else ()
        yield from (_judged(run, missing) for run in runs)
        if failure:
            raise failure


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A benchmark that has been run and not been judged yet."""

    benchmark: Benchmark
    started_at: datetime
    seconds: float
    measured: Measured
    surroundings: Mapping[str, float]


def _run_all(
    lab: Lab, benchmarks: Sequence[Benchmark], effort: Effort
) -> tuple[list[_Run], PipectlError | None]:
    """Run them up to the first that fails: those before it keep their results."""
    runs: list[_Run] = []
    try:
        for benchmark in benchmarks:
            runs.append(_run(lab, benchmark, effort))  # noqa: PERF401 - what was run before a failure counts
    except PipectlError as error:
        return runs, error
    return runs, None


def _run(lab: Lab, benchmark: Benchmark, effort: Effort) -> _Run:
    lab.start()
    started_at, began, clock = datetime.now(UTC), time.monotonic(), Clock.now()
    measured = benchmark.run(lab, effort)
    return _Run(
        benchmark=benchmark,
        started_at=started_at,
        seconds=round(time.monotonic() - began, 1),
        measured=measured,
        surroundings=clock.until(Clock.now()),
    )


def _judged(run: _Run, missing: Sequence[str]) -> Result:
    measured = run.measured
    problems = (*measured.problems, *(missing if run.benchmark.lands_events else ()))
    return Result(
        benchmark=run.benchmark.name,
        summary=run.benchmark.summary,
        started_at=run.started_at,
        seconds=run.seconds,
        rounds=max(map(len, measured.samples.values())),
        findings=judge(
            measured.questions,
            measured.samples,
            steadiness=measured.steadiness,
            is_proven=not problems,
        ),
        medians=_medians(measured),
        raw=measured.raw,
        problems=problems,
        notes=measured.notes,
        machine=machine(),
        surroundings=run.surroundings,
        samples=measured.samples,
        series=measured.series,
    )


def _medians(measured: Measured) -> dict[str, dict[str, float]]:
    return {
        arm: {figure: median(sample[figure] for sample in samples) for figure in samples[0]}
        for arm, samples in measured.samples.items()
    }


def save(result: Result, folder: Path) -> Path:
    """Write a result down, whole or not at all, and return where."""
    file = folder / f"{result.benchmark}-{result.started_at:%Y%m%dT%H%M%S}.json"
    write_whole(file, json.dumps(result.as_data(), indent=2) + "\n")
    return file
