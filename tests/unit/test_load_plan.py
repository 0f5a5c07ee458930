"""From a profile to runs of ab, and from their reports to figures."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pipectl.bench.ab import AbReport
from pipectl.bench.load_plan import PlannedStep, Target, in_turn, plan_steps
from pipectl.bench.load_summary import merged_percentiles, sum_up
from pipectl.bench.profiles import load_profile, parse_profile
from pipectl.bench.statements import load_statement
from pipectl.bundled import bundled
from pipectl.catalog import load_catalog, parse_catalog
from pipectl.errors import UsageFault
from pipectl.lake.presto import render

CATALOG = load_catalog(bundled("events.toml"))
TARGET = Target(url="http://127.0.0.1:5000", run_id="run-1")
MOVED = parse_catalog(
    {
        "event": {
            "silent": {"summary": "has no route of its own"},
            "moved": {
                "summary": "has all kinds of parameters",
                "routes": ["POST /players/{user_id}/to/{place}"],
                "fields": {"place": {"type": "string"}, "fast": {"type": "boolean"}},
            },
        }
    }
)


def _plan_moved(**step: Any) -> PlannedStep:
    document = {"summary": "", "step": [{"event": "moved", "players": ["me"], "requests": 1, **step}]}
    (planned,) = plan_steps(parse_profile("mine", document), MOVED, TARGET)
    return planned


def test_smoke_becomes_eight_runs_marked_as_one_load() -> None:
    steps = plan_steps(load_profile("smoke", CATALOG), CATALOG, TARGET)
    runs = [run for step in steps for run in step.runs]
    assert len(runs) == 8
    assert {run.headers for run in runs} == {(("X-Pipectl-Traffic", "load"), ("X-Pipectl-Run", "run-1"))}
    assert runs[2].typed().endswith("http://127.0.0.1:5000/purchase_a_sword")


def test_the_steps_take_turns_so_that_types_are_mixed() -> None:
    steps = plan_steps(load_profile("smoke", CATALOG), CATALOG, TARGET)
    order = [(index, run.player) for index, run in in_turn(steps)]
    first = [(index, "user1.comcast.com") for index in range(4)]
    assert order == [*first, *((index, "user2.att.com") for index in range(4))]


def test_values_go_encoded_into_path_query_and_body() -> None:
    planned = _plan_moved(path={"place": "Täl/1"}, query={"fast": True}, body={"session_id": "ä"})
    (run,) = planned.runs
    assert run.url == "http://127.0.0.1:5000/players/me/to/T%C3%A4l%2F1?fast=true"
    assert json.loads(run.body or b"") == {"session_id": "ä"}


def test_a_path_that_lacks_a_value_is_named() -> None:
    with pytest.raises(UsageFault, match="needs a `place`"):
        _plan_moved()


def test_an_event_type_without_a_route_goes_through_the_collectors_own() -> None:
    (run,) = _plan_moved(event="silent").runs
    assert (run.method, run.url) == ("POST", "http://127.0.0.1:5000/events")
    assert json.loads(run.body or b"") == {"event_type": "silent"}


def _report(completed: int, times: Mapping[float, int], **changes: int) -> AbReport:
    """Return a report whose percentiles hold each time so often."""
    percentiles = tuple(time for time, often in times.items() for _ in range(often))
    counts = {"failed": 0, "non_2xx": 0, "acknowledged": completed, **changes}
    return AbReport(completed=completed, seconds=1.0, percentiles_ms=percentiles, **counts)


def test_counts_add_up_and_the_rate_is_over_the_given_time() -> None:
    figures = sum_up([_report(30, {1: 101}), _report(10, {2: 101}, non_2xx=4, acknowledged=6)], 4.0)
    assert (figures.runs, figures.completed, figures.acknowledged, figures.non_2xx) == (2, 40, 36, 4)
    assert figures.requests_per_second == 10.0


def test_percentiles_are_those_of_all_requests_not_of_all_runs() -> None:
    many_quick, few_slow = _report(9_900, {1.0: 101}), _report(100, {500.0: 101})
    assert merged_percentiles([many_quick, few_slow], (50, 98, 99.5)) == [1.0, 1.0, 500.0]


def test_the_percentiles_of_one_run_are_its_own() -> None:
    report = AbReport(
        completed=1_000,
        failed=0,
        non_2xx=0,
        acknowledged=1_000,
        seconds=1.0,
        percentiles_ms=tuple(float(percent) for percent in range(101)),
    )
    assert merged_percentiles([report], (50, 95, 99)) == [50.0, 95.0, 99.0]


def test_without_any_report_there_are_no_percentiles_and_no_rate() -> None:
    figures = sum_up([], 0.0)
    assert (figures.completed, figures.requests_per_second, figures.p50_ms) == (0, 0.0, None)


def test_the_query_for_what_has_landed_asks_for_one_load() -> None:
    assert "run_id = 'run-1'" in render(load_statement("landed_of_run"), {"run_id": "run-1"})
