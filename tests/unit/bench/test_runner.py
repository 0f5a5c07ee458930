import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipectl.bench.suite import runner
from pipectl.bench.suite.edge import EDGE
from pipectl.bench.suite.lab import Lab, lab_settings
from pipectl.bench.suite.measured import Effort
from pipectl.bench.suite.statistics import Estimate
from pipectl.bench.suite.surroundings import Clock, machine
from pipectl.bench.suite.verdict import Finding, Target, Verdict
from pipectl.cli.bench import show
from pipectl.console import Console
from pipectl.errors import ToolMissing, UsageFault
from pipectl.settings import Settings

RESULT = runner.Result(
    benchmark="ingest",
    summary="accepted requests",
    started_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    seconds=60.0,
    rounds=3,
    findings=(
        Finding(
            label="events/s",
            target=Target(floor=10, goal=18),
            verdict=Verdict.GOAL,
            value=Estimate(median=19.26, low=18.1, high=20.4),
            aa=Estimate(median=1.01, low=0.99, high=1.02),
        ),
    ),
    medians={"pipectl": {"events_per_second": 10_812.4}, "constant": {"events_per_second": 20_100.0}},
    raw="constant",
    problems=(),
    notes={},
    machine={"cpus": 2},
    surroundings={"steal_percent": 0.4},
    samples={"pipectl": ({"events_per_second": 10_812.4},)},
    series={},
)


def test_without_a_name_all_benchmarks_are_chosen() -> None:
    assert [each.name for each in runner.chosen(())] == list(runner.BENCHMARKS)


def test_named_ones_run_once_and_in_the_suites_order() -> None:
    assert [each.name for each in runner.chosen(("ingest", "drain", "ingest"))] == ["drain", "ingest"]


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageFault, match="no benchmark `ingst`") as failure:
        runner.chosen(("ingst",))

    assert "ingest" in failure.value.do_next


def test_without_ab_nothing_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissing, match="ab"):
        next(runner.run_suite(Settings(home=tmp_path), runner.chosen(("ingest",)), Effort(rounds=1, scale=1)))

    assert list(tmp_path.iterdir()) == []


def test_the_laboratory_is_no_stack_of_the_users(tmp_path: Path) -> None:
    user = Settings(home=tmp_path, stack="bench")
    own = lab_settings(user)

    assert own.stack_folder != user.stack_folder
    assert own.runtime == "local"
    assert not set(own.ports.model_dump().values()) & set(user.ports.model_dump().values())


def test_a_saved_result_is_read_back_as_it_was(tmp_path: Path) -> None:
    file = runner.save(RESULT, tmp_path / "benchmarks")

    assert file.name == "ingest-20261125T120000.json"
    assert json.loads(file.read_text("utf-8")) == json.loads(json.dumps(RESULT.as_data()))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_result_shows_ratio_interval_limit_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(Console("pipectl bench"), RESULT)

    shown = capsys.readouterr().out
    assert "19.3 (18.1 to 20.4)" in shown
    assert "goal reached" in shown
    assert "constant (raw limit)" in shown
    assert "10,812" in shown


def test_an_unsteady_machine_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    finding = replace(RESULT.findings[0], verdict=Verdict.INCONCLUSIVE)

    show(Console("pipectl bench"), replace(RESULT, findings=(finding,)))

    assert "too unsteady" in capsys.readouterr().out


def test_a_result_that_does_not_verify_shows_no_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    finding = replace(RESULT.findings[0], value=None, verdict=Verdict.UNPROVEN)

    show(Console("pipectl bench"), replace(RESULT, findings=(finding,), problems=("5 events are missing",)))

    shown = capsys.readouterr().out
    assert "19.3" not in shown
    assert "5 events are missing" in shown


def test_the_edge_benchmark_needs_nothing_running() -> None:
    measured = EDGE.run(Lab(Settings()), Effort(rounds=1, scale=1))

    assert {"check", "check again", "parse as JSON"} == set(measured.samples)
    assert measured.problems == ()


def test_a_result_names_machine_and_versions() -> None:
    found = machine()

    assert found["cpus"]
    assert found["versions"]["granian"]


def test_busy_and_stolen_time_are_shares_of_what_has_passed() -> None:
    shares = Clock(total=100, idle=40, stolen=1).until(Clock(total=200, idle=65, stolen=3))

    assert shares["busy_percent"] == 75
    assert shares["steal_percent"] == 2
