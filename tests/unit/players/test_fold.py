"""The fold: what each rule does, and that what was folded in once is never folded in again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipectl.bundled import bundled
from pipectl.catalog import Catalog, load_catalog, parse_catalog
from pipectl.players.fold import Event, Fold
from pipectl.players.state import PlayerState
from tests.unit.players.conftest import GAME, Log

EVENTS = st.one_of(
    st.tuples(st.just("earn"), st.fixed_dictionaries({"amount": st.integers(0, 100)})),
    st.tuples(
        st.just("buy"),
        st.fixed_dictionaries(
            {"kind": st.sampled_from("ab"), "price": st.integers(0, 9), "count": st.integers(1, 3)}
        ),
    ),
    st.tuples(st.just("drop"), st.fixed_dictionaries({"kind": st.sampled_from("ab")})),
    st.tuples(
        st.just("fight"),
        st.fixed_dictionaries({"outcome": st.sampled_from(["won", "lost"]), "damage": st.integers(0, 80)}),
    ),
    st.tuples(st.just("rest"), st.just({})),
    st.tuples(st.just("join"), st.fixed_dictionaries({"guild_name": st.sampled_from("xy")})),
    st.tuples(st.just("leave"), st.just({})),
)


def values_after(fold: Fold, rows: list[Event]) -> dict[str, Any]:
    return dict(fold.apply(None, rows).values)


def test_a_new_player_has_what_the_catalog_says(fold: Fold, log: Log) -> None:
    log.add("visit")

    assert values_after(fold, log.rows) == {
        "gold": 0,
        "health": 100,
        "guild": None,
        "wins": 0,
        "inventory": {},
    }


def test_a_purchase_takes_gold_and_gives_items(fold: Fold, log: Log) -> None:
    log.add("earn", amount=100)
    log.add("buy", kind="bow", price=20, count=3)

    after = values_after(fold, log.rows)
    assert (after["gold"], after["inventory"]) == (40, {"bow": 3})


def test_none_of_a_kind_is_as_if_there_never_was_any(fold: Fold, log: Log) -> None:
    log.add("buy", kind="bow", price=0, count=1)
    log.add("drop", kind="bow")

    assert values_after(fold, log.rows)["inventory"] == {}


def test_more_dropped_than_bought_is_remembered(fold: Fold, log: Log) -> None:
    log.add("drop", kind="bow")

    assert values_after(fold, log.rows)["inventory"] == {"bow": -1}


def test_health_stays_within_its_bounds_at_every_event(fold: Fold, log: Log) -> None:
    log.add("rest")
    log.add("fight", outcome="lost", damage=500)
    log.add("rest")

    assert values_after(fold, log.rows)["health"] == 30


def test_a_rule_with_a_condition_counts_only_where_it_is_true(fold: Fold, log: Log) -> None:
    log.add("fight", outcome="won", damage=1)
    log.add("fight", outcome="lost", damage=1)

    assert values_after(fold, log.rows)["wins"] == 1


def test_a_guild_is_set_and_cleared(fold: Fold, log: Log) -> None:
    log.add("join", guild_name="rangers")
    joined = values_after(fold, log.rows)["guild"]
    log.add("leave")

    assert (joined, values_after(fold, log.rows)["guild"]) == ("rangers", None)


def test_a_rule_whose_field_is_null_does_nothing(fold: Fold, log: Log) -> None:
    log.add("earn")
    log.add("buy", kind=None, price=5, count=1)

    after = values_after(fold, log.rows)
    assert (after["gold"], after["inventory"]) == (-5, {})


def test_an_event_of_a_type_that_is_gone_from_the_catalog_only_moves_the_offset(fold: Fold, log: Log) -> None:
    log.add("forgotten")

    assert fold.apply(None, log.rows).offsets == {0: 0}


def test_applying_never_changes_the_state_that_it_was_given(fold: Fold, log: Log) -> None:
    log.add("buy", kind="bow", price=1, count=1)
    first = fold.apply(None, log.rows)
    log.add("buy", kind="bow", price=1, count=1)
    fold.apply(first, log.rows)

    assert first.values["inventory"] == {"bow": 1}


@given(events=st.lists(EVENTS, max_size=12), data=st.data())
def test_in_pieces_and_with_repetitions_it_is_the_same_fold(events: list[Any], data: st.DataObject) -> None:
    fold = Fold(parse_catalog(GAME))
    log = Log(fold.columns)
    for event_type, fields in events:
        log.add(event_type, **fields)
    state: PlayerState | None = None
    done = 0
    while done < len(log.rows):
        start = data.draw(st.integers(0, done))
        done = data.draw(st.integers(done + 1, len(log.rows)))
        state = fold.apply(state, log.rows[start:done])
        state = PlayerState.from_json(state.to_json())

    assert (state or fold.apply(None, [])) == fold.apply(None, log.rows)


def test_other_rules_have_another_digest_and_other_words_do_not(game: Catalog) -> None:
    reworded = {**GAME["event"], "visit": {"summary": "Another word."}}
    changed = {**GAME["event"], "rest": {"summary": "S", "state": [{"add": "health", "by": 31}]}}
    digests = [
        Fold(parse_catalog({"player": GAME["player"], "event": events})).rules_digest
        for events in (reworded, changed)
    ]

    assert digests[0] == Fold(game).rules_digest
    assert digests[1] != digests[0]


def test_the_demo_games_rules_touch_all_that_a_player_has() -> None:
    catalog = load_catalog(bundled("events.toml"))

    assert {rule.target for event in catalog for rule in event.state} == set(catalog.player)


def test_no_more_columns_are_read_than_the_rules_name(fold: Fold) -> None:
    places = {"user_id", "event_type", "kafka_partition", "kafka_offset"}

    assert set(fold.columns) - places == {
        "amount",
        "kind",
        "price",
        "count",
        "outcome",
        "damage",
        "guild_name",
    }
