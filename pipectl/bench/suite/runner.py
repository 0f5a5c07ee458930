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
from pipectl.bench.suite.drain import DRAIN
from pipectl.bench.suite.edge import EDGE
from pipectl.bench.suite.http import BATCH, INGEST, INGEST_KEEPALIVE
from pipectl.bench.suite.lab import Lab, laboratory
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.surroundings import Clock, machine
from pipectl.bench.suite.verdict import Finding, judge
from pipectl.errors import ToolMissing, UsageFault
from pipectl.settings import Settings
from pipectl.whole import write_whole

BENCHMARKS: Mapping[str, Benchmark] = {
    each.name: each for each in (EDGE, INGEST, INGEST_KEEPALIVE, BATCH, DRAIN)
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
    if "flask" in needs and importlib.util.find_spec("flask") is None:
        raise ToolMissing(
            "Flask is not installed: the usual server is written with it.",
            do_next="Run: pip install 'pipectl[bench]'",
        )


def run_suite(settings: Settings, benchmarks: Sequence[Benchmark], effort: Effort) -> Iterator[Result]:
    """Run benchmarks on a stack of their own, yielding each result when it is there; blocks for minutes.

    Raises ToolMissing before anything is started, ServiceFailed when an engine does not start, and
    OperationFailed while another run is under way.
    """
    check_tools(benchmarks)
    with laboratory(settings) as lab:
        for benchmark in benchmarks:
            if benchmark.is_fresh:
                lab.erase()
            lab.start()
            yield _run(lab, benchmark, effort)


def _run(lab: Lab, benchmark: Benchmark, effort: Effort) -> Result:
    started_at, began, clock = datetime.now(UTC), time.monotonic(), Clock.now()
    measured = benchmark.run(lab, effort)
    surroundings = clock.until(Clock.now())
    problems = (*measured.problems, *(lab.prove() if benchmark.lands_events else ()))
    return Result(
        benchmark=benchmark.name,
        summary=benchmark.summary,
        started_at=started_at,
        seconds=round(time.monotonic() - began, 1),
        rounds=effort.rounds,
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
        surroundings=surroundings,
        samples=measured.samples,
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
