"""Two saved loads side by side."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipectl.bench.ab import AbReport
from pipectl.bench.load_compare import compare, find_result, read_result
from pipectl.bench.load_summary import LoadResult, StepResult, sum_up
from pipectl.errors import UsageFault


def load(run_id: str, *steps: tuple[str, float]) -> LoadResult:
    """A load whose steps sent 100 requests each; a step is a route and its seconds."""
    reports = [_report(seconds) for _, seconds in steps]
    return LoadResult(
        run_id=run_id,
        profile="mine",
        url="http://127.0.0.1:5000",
        started_at=datetime(2026, 11, 25, tzinfo=UTC),
        ending="done",
        complaint="",
        total=sum_up(reports, sum(seconds for _, seconds in steps)),
        steps=tuple(
            StepResult(
                event="default",
                route=route,
                players=1,
                command="ab",
                body=None,
                figures=sum_up([report], report.seconds),
            )
            for (route, _), report in zip(steps, reports, strict=True)
        ),
    )


def _report(seconds: float) -> AbReport:
    times = tuple(seconds * percent for percent in range(100))
    return AbReport(
        completed=100, failed=0, non_2xx=0, acknowledged=100, seconds=seconds, percentiles_ms=times
    )


def test_a_step_is_held_against_the_same_one_of_the_other_load() -> None:
    found = compare(load("a", ("GET /", 1.0), ("PUT /x", 2.0)), load("b", ("GET /", 0.5), ("PUT /x", 4.0)))
    assert [(step.route, step.rate_ratio) for step in found.steps] == [("GET /", 2.0), ("PUT /x", 0.5)]
    assert found.total.rate_ratio == pytest.approx(3 / 4.5, abs=1e-3)
    assert found.unmatched == ()


def test_a_route_that_comes_twice_is_matched_in_its_order() -> None:
    found = compare(load("a", ("GET /", 1.0), ("GET /", 4.0)), load("b", ("GET /", 2.0), ("GET /", 2.0)))
    assert [step.rate_ratio for step in found.steps] == [0.5, 2.0]


def test_what_only_one_load_has_is_named() -> None:
    found = compare(load("a", ("GET /", 1.0)), load("b", ("GET /", 1.0), ("PUT /x", 1.0)))
    assert found.unmatched == ("default: PUT /x",)


def test_a_load_that_sent_nothing_has_no_ratio() -> None:
    assert compare(load("a"), load("b", ("GET /", 1.0))).total.rate_ratio is None


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    result = load("load-1", ("GET /", 1.0))
    file = tmp_path / "load-1.json"
    file.write_text(json.dumps(result.as_data()), "utf-8")
    assert find_result(tmp_path, "load-1") == find_result(tmp_path, str(file)) == file
    assert read_result(file) == result


def test_an_unknown_load_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "load-1.json").write_text("{}", "utf-8")
    with pytest.raises(UsageFault) as caught:
        find_result(tmp_path, "load-2")
    assert caught.value.do_next == "Did you mean `load-1`?"


def test_a_file_that_is_no_load_is_a_usage_fault(tmp_path: Path) -> None:
    (tmp_path / "load-1.json").write_text('{"run_id": 3}', "utf-8")
    with pytest.raises(UsageFault, match="not the result of a load"):
        read_result(tmp_path / "load-1.json")
