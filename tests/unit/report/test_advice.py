"""The advice, from rows that leave no doubt, rows that leave all of it, and too few rows."""

from datetime import date, timedelta
from typing import Any

import pytest

from pipectl.report.advice import RULES, Advice, Certainty, Finding, advise
from pipectl.report.certainty import Share
from pipectl.report.headline import headline
from tests.simulated_answers import nobody, simulated

Records = list[dict[str, Any]]


def judge(figure: str, *rows: Records) -> Finding | None:
    rule = next(rule for rule in RULES if rule.needs[0] == figure)
    return rule.judge(*rows)


def of_players(answers: dict[str, Any]) -> tuple[Advice, ...]:
    return advise({name: list(result.records()) for name, result in answers.items()})


def weighted(day_1: tuple[int, int], day_7: tuple[int, int]) -> Records:
    pairs = ((1, *day_1), (7, *day_7), (30, 0, 0))
    return [{"n": n, "retained": retained, "players": players} for n, retained, players in pairs]


def cohorts(*retained: int, size: int = 100) -> Records:
    first = date(2026, 11, 1)
    return [
        {"cohort": first + timedelta(days=day), "n": 1, "players": size, "retained": came}
        for day, came in enumerate(retained)
    ]


def levels(*completed: int, started: int = 1000) -> Records:
    return [
        {"level": level, "started": started, "completed": count, "stuck": level}
        for level, count in enumerate(completed, start=1)
    ]


def test_every_rule_names_figures_that_there_are() -> None:
    answers = simulated(32, 400)
    of_the_pipeline = {"ledger_by_class", "rejected_by_reason"}
    assert {name for rule in RULES for name in rule.needs} <= answers.keys() | of_the_pipeline


def test_simulated_players_give_advice_that_says_how_sure_it_is() -> None:
    found = [advice.finding for advice in of_players(simulated(32, 400)) if advice.finding]
    assert len(found) >= 6
    for finding in found:
        assert finding.found.endswith(".")
        assert any(letter.isdigit() for letter in finding.why)


def test_the_wall_that_the_simulated_game_has_is_found() -> None:
    answers = simulated(32, 400)
    found = judge("level_funnel", list(answers["level_funnel"].records()))
    assert found
    assert found.found.startswith("Level 7 is a wall")
    assert found.certainty is Certainty.CLEAR


@pytest.mark.parametrize("answers", [nobody(), simulated(3, 20)], ids=["nobody", "twenty"])
def test_too_few_players_give_no_advice(answers: dict[str, Any]) -> None:
    assert all(advice.certainty is Certainty.UNKNOWN for advice in of_players(answers))


def test_without_player_figures_only_the_pipeline_is_judged() -> None:
    ledger = [{"topic": "events", "accepted": 200, "rejected": 20}]
    reasons = [{"stage": "stream", "reason": "malformed", "records": 20}]
    (advice,) = advise({"ledger_by_class": ledger, "rejected_by_reason": reasons})
    assert advice.finding
    assert "20 records, 10 % of all, could not be landed" in advice.finding.found
    assert "malformed" in advice.finding.found


def test_nothing_rejected_needs_nothing() -> None:
    (advice,) = advise({"ledger_by_class": [{"accepted": 9, "rejected": 0}], "rejected_by_reason": []})
    assert advice.finding
    assert not advice.finding.do


def test_most_are_lost_where_the_larger_loss_is() -> None:
    early = judge("retention_weighted", weighted((300, 1000), (200, 1000)))
    late = judge("retention_weighted", weighted((800, 1000), (100, 1000)))
    assert early
    assert late
    assert "before day 1" in early.found
    assert "between day 1 and day 7" in late.found
    assert early.certainty is late.certainty is Certainty.CLEAR


def test_losses_that_are_about_alike_are_left_open() -> None:
    found = judge("retention_weighted", weighted((300, 600), (5, 600)))
    assert found
    assert found.certainty is Certainty.OPEN


@pytest.mark.parametrize(
    ("retained", "said", "certainty"),
    [
        ((50, 52, 20, 18), "Day 1 has fallen", Certainty.CLEAR),
        ((20, 18, 50, 52), "Day 1 has risen", Certainty.CLEAR),
        ((40, 41, 42, 40), "Day 1 has not visibly changed", Certainty.OPEN),
    ],
)
def test_a_change_of_day_1_is_one_only_beyond_chance(
    retained: tuple[int, ...], said: str, certainty: Certainty
) -> None:
    found = judge("retention_by_cohort", cohorts(*retained))
    assert found
    assert found.found.startswith(said)
    assert found.certainty is certainty
    assert bool(found.do) == (certainty is Certainty.CLEAR)


def test_small_cohorts_say_nothing_about_a_change() -> None:
    assert judge("retention_by_cohort", cohorts(5, 1, size=9)) is None


def test_a_level_a_little_harder_than_its_neighbours_is_no_wall() -> None:
    found = judge("level_funnel", levels(900, 840, 880, 870))
    assert found
    assert not found.do


def test_guilds_are_never_called_the_reason() -> None:
    rows = [
        {"joined": True, "players": 500, "returned": 300},
        {"joined": False, "players": 500, "returned": 100},
    ]
    found = judge("guild_retention", rows)
    assert found
    assert found.certainty is Certainty.CLEAR
    assert "Test whether" in found.do


def economy(source: int, sink: int, days: int = 7) -> Records:
    return [{"source": source, "sink": sink, "sink_ratio": sink / source}] * days


@pytest.mark.parametrize(
    ("sink", "begins"), [(50, "Add things worth buying"), (100, ""), (150, "Pay out more")]
)
def test_wallets_that_fill_or_drain_ask_for_the_opposite(sink: int, begins: str) -> None:
    found = judge("economy_by_day", economy(100, sink), [{"share_of_richest_1_percent": 0.3}])
    assert found
    assert found.certainty is Certainty.COUNTED
    assert found.do.startswith(begins)
    assert bool(found.do) == bool(begins)


def test_a_week_that_is_not_whole_says_nothing_about_wallets() -> None:
    assert judge("economy_by_day", economy(100, 50, days=6), [{"share_of_richest_1_percent": 0.3}]) is None


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_of_a_share_is_wilsons(hits: int, cases: int, low: float, high: float) -> None:
    assert Share(hits=hits, cases=cases).interval == pytest.approx((low, high), abs=1e-3)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """The example of Newcombe (1998), table II: 56/70 - 48/80 is 0.0524 to 0.3339 by method 10."""
    difference = Share(hits=56, cases=70).minus(Share(hits=48, cases=80))
    assert difference == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_the_headline_has_only_numbers_that_there_are() -> None:
    month = headline({name: list(result.records()) for name, result in simulated(32, 400).items()})
    assert [number.name for number in month] == [
        "active players",
        *("back on day 1", "back on day 7", "back on day 30"),
        "revenue",
        "gold spent",
    ]
    first_days = headline({name: list(result.records()) for name, result in simulated(3, 20).items()})
    assert [number.name for number in first_days] == ["active players", "back on day 1", "gold spent"]
    assert headline({}) == ()
