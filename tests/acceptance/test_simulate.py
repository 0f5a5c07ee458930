"""Simulated players in one lake with other traffic, and the figures of them."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipectl.bench.client import post_list
from pipectl.report.bundle import CONTENTS
from pipectl.report.check import compare
from pipectl.report.facts import ask
from pipectl.report.queries import PLAYER_FIGURES, load_query
from pipectl.simulate.delivery import Item
from pipectl.simulate.sending import Target, wire
from tests.figures_by_hand import CASES, STORIES, Story
from tests.harness import Stack
from tests.player_state import await_folded


@pytest.fixture(scope="module")
def runs(stack: Stack) -> list[dict[str, Any]]:
    """Two simulations, one after the other."""
    words = ("simulate", "--days", "32", "--players", "150", "--seed")
    done = [stack.json(*words, seed)["data"] for seed in ("7", "8")]
    stack.pipectl("drain")
    return done


@pytest.fixture(scope="module")
def until(stack: Stack) -> date:
    """The day after the stories that were worked out by hand, whose events have landed."""
    until = datetime.now(UTC).date()
    for story in STORIES:
        target = Target(url=stack.url, run_id=story.name, first_day=until - timedelta(days=story.days))
        items = [Item(number, event) for number, event in enumerate(story.events, start=1)]
        elements = [wire(item, target, datetime.now(UTC)) for item in items]
        assert post_list(stack.url, elements, run_id=story.name)[0] == 200
    stack.pipectl("drain")
    return until


def test_every_figure_of_two_simulations_is_what_their_players_did(
    stack: Stack, runs: list[dict[str, Any]]
) -> None:
    for run in runs:
        checked = stack.json("report", "--check", run["run_id"])["data"]
        assert checked["figures"] == list(PLAYER_FIGURES)
        assert run["refused"] == run["faults"]["malformed events"]


def test_each_event_of_a_simulation_has_landed_once(stack: Stack, runs: list[dict[str, Any]]) -> None:
    for run in runs:
        counted = stack.count(f"run_id = '{run['run_id']}' and traffic = 'player'")
        assert counted == run["accepted"] - run["faults"]["repeated events"]
    stack.pipectl("verify")


def test_what_the_players_have_is_what_their_events_say(stack: Stack, runs: list[dict[str, Any]]) -> None:
    assert runs
    await_folded(stack)
    assert stack.json("state", "verify")["data"]["players"] >= 300


def test_a_figure_that_differs_is_named_and_exits_4(stack: Stack, runs: list[dict[str, Any]]) -> None:
    """A player more than there was, in the expected answers of a copy."""
    file = stack.folder / "simulations" / "tampered.json"
    document = json.loads((stack.folder / "simulations" / f"{runs[0]['run_id']}.json").read_text("utf-8"))
    document["figures"]["daily_active"][3][1] += 1
    file.write_text(json.dumps(document), "utf-8")

    envelope = stack.json("report", "--check", "tampered", expect=4)

    assert list(envelope["data"]["differences"]) == ["daily_active"]
    (told,) = envelope["data"]["differences"]["daily_active"]
    assert told.startswith("row 4 (")
    assert "dau is" in told


def test_a_simulation_that_is_not_known_is_a_usage_fault(stack: Stack, runs: list[dict[str, Any]]) -> None:
    run_id = runs[0]["run_id"]
    assert run_id in stack.json("report", "--check", run_id[:-1], expect=2)["error"]["evidence"]


def test_the_report_says_what_to_do_and_comes_as_a_folder_for_a_pull_request(
    stack: Stack, runs: list[dict[str, Any]]
) -> None:
    assert runs
    out, bundle = stack.home / "played", stack.home / "hand-in"
    shown = stack.json("report", "--out", str(out), "--bundle", str(bundle))["data"]
    page = (bundle / "report.html").read_text("utf-8")

    assert shown["bundle"] == [str(bundle)]
    assert page == (out / "report.html").read_text("utf-8")
    assert "What to do" in page
    assert all(f'id="{name}"' in page for name in PLAYER_FIGURES)
    assert {each.name for each in bundle.iterdir()} == {*CONTENTS, "README.md"}
    assert "exit code" not in (bundle / "commands.md").read_text("utf-8")


@pytest.mark.parametrize(("story", "figure"), CASES, ids=str)
def test_the_query_says_what_was_worked_out_by_hand(
    stack: Stack, until: date, story: Story, figure: str
) -> None:
    first_day = until - timedelta(days=story.days)
    midnight = datetime.combine(until, datetime.min.time(), UTC)
    known: dict[str, Any] = {"run_id": story.name, "until": midnight, "first_day": first_day}
    (found,) = ask(stack.presto, known, (figure,))
    assert list(compare(found.result, story.rows(figure, first_day))) == []


def test_without_a_run_the_figures_count_all_player_traffic(
    stack: Stack, runs: list[dict[str, Any]], until: date
) -> None:
    midnight = datetime.combine(until, datetime.min.time(), UTC)
    result = stack.presto.query(load_query("events_of_players").sql, run_id=None, until=midnight)
    assert runs
    condition = f"traffic = 'player' and event_ts < date '{until}'"
    assert sum(row[1] for row in result.rows) == stack.count(condition)
