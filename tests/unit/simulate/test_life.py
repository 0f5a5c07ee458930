"""What may be said of every player, whatever the seed."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.simulate import world
from pipectl.simulate.gold import FLOWS, gold_change
from pipectl.simulate.life import Event, Life, Visit

CATALOG = load_catalog(bundled("events.toml"))
FIELDS = {event.name: event.fields for event in CATALOG}
seeds = st.integers(0, 10_000)


def visits_of(seed: int, number: int = 1, days: int = 20) -> Sequence[Visit]:
    return list(Life(seed, number, days).visits())


def events_of(visits: Sequence[Visit]) -> list[Event]:
    return [event for visit in visits for event in visit.events]


@given(seeds)
def test_a_life_begins_with_one_signup_and_ends_before_the_last_midnight(seed: int) -> None:
    events = events_of(visits_of(seed))
    assert [event.event_type for event in events].count("signup") == 1
    assert events[0].event_type == "signup"
    assert events[-1].at < 20 * world.DAY


@given(seeds)
def test_pauses_are_far_shorter_than_a_sessions_or_far_longer(
    seed: int,
) -> None:
    visits = visits_of(seed)
    for visit in visits:
        pauses = [after.at - before.at for before, after in pairwise(visit.events)]
        assert all(0 < pause <= world.LONGEST_PAUSE for pause in pauses)
    played = [visit for visit in visits if visit.events[0].event_type != "iap_refund"]
    assert all(after.start - before.end >= world.BETWEEN_VISITS for before, after in pairwise(played))


@given(seeds)
def test_a_wallet_is_never_below_zero(seed: int) -> None:
    gold = 0
    for event in sorted(events_of(visits_of(seed)), key=lambda event: event.at):
        gold += gold_change(event)
        assert gold >= 0


@given(seeds)
def test_every_event_is_one_of_the_catalog_and_keeps_its_rules(seed: int) -> None:
    for event in events_of(visits_of(seed)):
        fields = FIELDS[event.event_type]
        assert set(event.fields) <= set(fields)
        assert [fields[name].problem_with(value) for name, value in event.fields.items()] == [None] * len(
            event.fields
        )


def test_players_use_every_event_type_of_the_catalog() -> None:
    used = {event.event_type for number in range(300) for event in events_of(visits_of(7, number))}
    assert used == {event.name for event in CATALOG}


def test_gold_moves_as_the_catalogs_state_rules_say() -> None:
    of_catalog = {
        event.name: [rule for rule in event.state if "gold" in (rule.add, rule.subtract)] for event in CATALOG
    }
    assert {name for name, rules in of_catalog.items() if rules} == set(FLOWS)
    for name, flow in FLOWS.items():
        (rule,) = of_catalog[name]
        assert flow.sign == (1 if rule.add else -1)
        assert flow.factors == tuple(factor for factor in (rule.by, rule.times) if isinstance(factor, str))


def test_another_player_changes_nothing_for_the_first() -> None:
    assert visits_of(7, 1) == visits_of(7, 1)
    assert visits_of(7, 1) != visits_of(7, 2)
    assert visits_of(7, 1) != visits_of(8, 1)
