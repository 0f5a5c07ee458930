"""Load profiles: what may stand in one, and what a wrong one is told."""

from pathlib import Path
from typing import Any

import pytest

from pipectl.bench.profiles import Profile, check_profile, load_profile, parse_profile
from pipectl.bundled import bundled
from pipectl.catalog import METHODS, Catalog, load_catalog
from pipectl.errors import UsageFault

CATALOG = load_catalog(bundled("events.toml"))
STEP = {"event": "purchase_sword", "players": ["user1.comcast.com"], "requests": 10}
BUNDLED = sorted(file.stem for file in bundled("ab").glob("*.toml"))


def _parse(**changes: Any) -> Profile:
    profile = parse_profile("mine", {"summary": "", "step": [{**STEP, **changes}]})
    check_profile(profile, CATALOG)
    return profile


def _fault(**changes: Any) -> UsageFault:
    with pytest.raises(UsageFault) as caught:
        _parse(**changes)
    return caught.value


@pytest.fixture
def catalog() -> Catalog:
    return CATALOG


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_profile_fits_the_bundled_catalog(name: str, catalog: Catalog) -> None:
    assert load_profile(name, catalog).summary


def test_smoke_is_the_assignments_eight_lines(catalog: Catalog) -> None:
    smoke = load_profile("smoke", catalog)
    lines = [(step.route, player, step.requests) for step in smoke.steps for player in step.players]
    paths = ("GET /", "GET /purchase_a_sword", "GET /join_guild", "GET /join_a_guild")
    assert lines == [(path, host, 10) for path in paths for host in ("user1.comcast.com", "user2.att.com")]
    assert (smoke.requests, smoke.seconds) == (80, None)


@pytest.mark.parametrize("name", ["steady", "soak"])
def test_what_goes_on_for_a_while_has_an_end(name: str, catalog: Catalog) -> None:
    assert load_profile(name, catalog).seconds


def test_a_spike_comes_between_calm_stretches(catalog: Catalog) -> None:
    before, crowd, after = load_profile("spike", catalog).steps
    assert len(before.players) == len(crowd.players) == len(after.players)  # the steps take turns
    assert crowd.concurrency >= 100 * max(before.concurrency, after.concurrency)


def test_mixed_sends_every_event_type_and_every_verb(catalog: Catalog) -> None:
    mixed = load_profile("mixed", catalog)
    assert {step.event for step in mixed.steps} == set(catalog.events)
    assert {step.route_in(catalog.event(step.event)).method for step in mixed.steps} == set(METHODS)


def test_heavy_is_a_hundred_thousand_requests_of_several_players(catalog: Catalog) -> None:
    heavy = load_profile("heavy", catalog)
    assert heavy.requests >= 100_000
    assert len({player for step in heavy.steps for player in step.players}) > 10
    assert {step.event for step in heavy.steps} >= {"default", "purchase_sword", "join_guild"}


def test_players_are_spelled_out_from_a_pattern() -> None:
    (step,) = _parse(players=["user{9..11}.att.com", "a{1..2}b{1..2}", "solo"]).steps
    spelled_out = ("user9.att.com", "user10.att.com", "user11.att.com")
    assert step.players == (*spelled_out, "a1b1", "a1b2", "a2b1", "a2b2", "solo")


def test_a_profile_may_be_a_file_of_ones_own(tmp_path: Path, catalog: Catalog) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('summary = "x"\n[[step]]\nevent = "default"\nplayers = ["me"]\nrequests = 3\n', "utf-8")
    profile = load_profile(str(file), catalog)
    assert (profile.name, profile.requests) == ("mine", 3)


@pytest.mark.parametrize(
    ("changes", "what", "do_next"),
    [
        ({"event": "purchase_swrd"}, "no event type `purchase_swrd`", "Did you mean `purchase_sword`?"),
        ({"concurency": 2}, "no key `concurency` in step 1", "Did you mean `concurrency`?"),
        ({"route": "GET /purchase_sword"}, "no route", "Did you mean `GET /purchase_a_sword`?"),
        ({"query": {"prize": 1}}, "no field `prize`", "Did you mean `price`?"),
        ({"body": {"event_id": "1"}}, "no field `event_id`", "Known are:"),
        ({"body": {"price": -1}}, "`price` of purchase_sword is below 0", "pipectl catalog ls"),
    ],
)
def test_a_wrong_name_is_told_the_nearest_right_one(changes: Any, what: str, do_next: str) -> None:
    fault = _fault(**changes)
    assert what in fault.what
    assert do_next in fault.do_next


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"concurrency": 11}, "11 at a time of 10 requests"),
        ({"players": []}, "at least 1 item"),
        ({"players": ["two words"]}, "cannot be a Host header"),
        ({"players": ["user{1..1000000}"]}, "more than 10000 players"),
        ({"requests": 0}, "greater than or equal to 1"),
        ({"query": {"price": [1, 2]}}, "valid"),
    ],
)
def test_what_ab_could_not_run_is_refused(changes: Any, evidence: str) -> None:
    assert evidence in _fault(**changes).evidence


def test_an_unknown_key_beside_the_steps_is_told_the_nearest_right_one() -> None:
    with pytest.raises(UsageFault, match="no key `second`") as caught:
        parse_profile("mine", {"summary": "", "second": 3, "step": [STEP]})
    assert caught.value.do_next == "Did you mean `seconds`?"


def test_an_unknown_profile_is_told_the_nearest_right_one(catalog: Catalog) -> None:
    with pytest.raises(UsageFault, match="no profile `heavvy`") as caught:
        load_profile("heavvy", catalog)
    assert caught.value.do_next == "Did you mean `heavy`?"


@pytest.mark.parametrize("text", [None, "summary = ", 'summary = "x"\nname = "y"\n'])
def test_a_file_that_is_no_profile_is_named(text: str | None, tmp_path: Path, catalog: Catalog) -> None:
    file = tmp_path / "broken.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(UsageFault, match=r"broken\.toml"):
        load_profile(str(file), catalog)
