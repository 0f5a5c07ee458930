"""The catalog: what a file may say, and what is told when it says something wrong."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipectl.bundled import bundled
from pipectl.catalog import (
    PROBE,
    RESERVED_FIELDS,
    SQL_TYPES,
    Catalog,
    EventField,
    load_catalog,
    parse_catalog,
)
from pipectl.errors import UsageFault

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: name != PROBE)
TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


def _parse(text: str) -> Catalog:
    return parse_catalog(tomllib.loads(text))


def test_the_demo_games_catalog_is_valid() -> None:
    catalog = load_catalog(bundled("events.toml"))

    assert {"default", "purchase_sword", "join_guild"} <= catalog.events.keys()


def test_no_field_of_the_demo_game_is_required_so_that_bare_routes_work() -> None:
    catalog = load_catalog(bundled("events.toml"))

    assert [name for event in catalog for name, field in event.fields.items() if field.required] == []


def test_the_demo_game_has_every_event_type_of_the_assignment() -> None:
    catalog = load_catalog(bundled("events.toml"))

    assert {
        *("default", "purchase_sword", "purchase_item", "sell_item", "join_guild", "leave_guild"),
        *("earn_gold", "spend_gold", "battle", "heal", "level_started", "level_completed", "level_failed"),
        *("login", "signup", "iap_purchase"),
    } <= catalog.events.keys()


def test_every_event_type_of_the_demo_game_has_a_bare_get_route() -> None:
    catalog = load_catalog(bundled("events.toml"))
    with_get = {
        event.name
        for event in catalog
        for route in event.routes
        if route.method == "GET" and not route.parameters
    }

    assert with_get == set(catalog.events)


def test_every_type_of_a_field_has_a_column_type() -> None:
    columns = load_catalog(bundled("events.toml")).columns()

    assert set(columns.values()) <= SQL_TYPES.keys()


def test_a_new_event_type_is_a_section_and_nothing_else() -> None:
    catalog = _parse(
        """
        [event.slay_dragon]
        summary = "A player slays a dragon."
        routes = ["POST /dragons/{dragon_name}"]
        [event.slay_dragon.fields]
        dragon_name = { type = "string", required = true }
        damage = { type = "number", default = 1.5 }
        """
    )

    dragon = catalog.event("slay_dragon")
    assert [(route.method, route.path, route.parameters) for route in dragon.routes] == [
        ("POST", "/dragons/{dragon_name}", ("dragon_name",))
    ]
    assert catalog.columns() == {"dragon_name": "string", "damage": "number"}


def test_event_types_keep_the_order_of_the_file() -> None:
    catalog = _parse("[event.b]\nsummary = 'B'\n[event.a]\nsummary = 'A'\n")

    assert [event.name for event in catalog] == ["b", "a"]


@given(st.dictionaries(NAMES, st.sampled_from(sorted(SQL_TYPES)), min_size=1, max_size=8))
def test_every_field_is_a_column_of_its_type(fields: dict[str, str]) -> None:
    kept = {name: kind for name, kind in fields.items() if name not in RESERVED_FIELDS}
    body = {"summary": "S", "fields": {name: {"type": kind} for name, kind in kept.items()}}

    assert parse_catalog({"event": {"one": body, "two": body}}).columns() == kept


@given(TOML_VALUES)
def test_whatever_a_file_holds_is_a_catalog_or_a_value_error(body: Any) -> None:
    for document in (body if isinstance(body, dict) else {}, {"event": body}, {"event": {"one": body}}):
        with suppress(ValueError):
            assert parse_catalog(document).events


@given(TOML_VALUES)
def test_whatever_a_field_holds_is_a_field_or_a_value_error_that_names_its_place(body: Any) -> None:
    document = {"event": {"buy": {"summary": "S", "fields": {"price": body}}}}
    problem = ""
    try:
        parse_catalog(document)
    except ValueError as error:
        problem = str(error)

    assert not problem or problem.startswith("[event.buy.fields.price")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no [event.NAME] section"),
        ("event = 3", "[event]"),
        ("[event]\nbuy = 3", "[event.buy]"),
        ("[events.buy]\nsummary = 'S'", "unknown section [events]"),
        ("[event.probe]\nsummary = 'S'", "built in"),
        ("[event.Buy]\nsummary = 'S'", "[event.Buy.name]"),
        ("[event.buy]\nsummary = 'S'\nname = 'sell'", "[event.buy.name]"),
        ("[event.buy]\nsummary = 'S'\nroute = 'GET /'", "[event.buy.route]"),
        ("[event.buy]\nsummary = 'S'\nroutes = ['GET']", "[event.buy.routes.0.path]"),
        ("[event.buy]\nsummary = 'S'\nroutes = ['PATCH /']", "[event.buy.routes.0.method]"),
        ("[event.buy]\nsummary = 'S'\nroutes = ['GET /{item}']", "names item, which is no field"),
        ("[event.buy]\nsummary = 'S'\nroutes = ['GET /{item']", "[event.buy.routes.0.path]"),
        ("[event.buy]\nsummary = 'S'\nfields.user_id.type = 'string'", "user_id belongs to the envelope"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'text'}", "[event.buy.fields.a.type]"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'string', min = 1}", "min and max bound numbers"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'integer', max_length = 1}", "for strings"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'integer', default = true}", "is not an integer"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'integer', default = 9223372036854775808}", "64"),
        ("[event.buy]\nsummary = 'S'\nfields.a = {type = 'number', default = nan}", "finite"),
        (
            "[event.buy]\nsummary = 'S'\nfields.a = {type = 'integer', default = 3, max = 2}",
            "the default 3 breaks its own rule: is above 2",
        ),
        (
            "[event.buy]\nsummary = 'S'\nfields.a = {type = 'string', default = 'x', required = true}",
            "a required field has no default",
        ),
        (
            (
                "[event.buy]\nsummary = 'S'\nfields.a.type = 'string'\n"
                "[event.sell]\nsummary = 'S'\nfields.a.type = 'integer'"
            ),
            "field a is a string in buy and an integer in sell",
        ),
        (
            (
                "[event.buy]\nsummary = 'S'\nroutes = ['GET /{user_id}']\n"
                "[event.sell]\nsummary = 'S'\nroutes = ['GET /{item}']\nfields.item.type = 'string'"
            ),
            "route GET /{item} belongs to buy and sell",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is compared
        _parse(text)

    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["[event.buy", "[event.buy]\nsummary = 3\n", ""])
def test_a_file_that_cannot_be_used_is_a_usage_fault_that_names_it(text: str, tmp_path: Path) -> None:
    file = tmp_path / "events.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(UsageFault, match=r"events\.toml") as caught:
        load_catalog(file)

    assert caught.value.evidence


def test_a_file_that_is_not_there_is_a_usage_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="cannot be read"):
        load_catalog(tmp_path / "events.toml")


def test_an_unknown_event_type_is_told_the_nearest_right_one() -> None:
    catalog = load_catalog(bundled("events.toml"))

    with pytest.raises(UsageFault, match="`join_gild`") as caught:
        catalog.selected(("join_gild",))

    assert "`join_guild`" in caught.value.do_next


def test_selected_types_come_in_the_catalogs_order_and_once() -> None:
    catalog = load_catalog(bundled("events.toml"))

    assert catalog.selected(("join_guild", "default", "join_guild")) == ("default", "join_guild")
    assert catalog.selected("all") == tuple(catalog.events)


@given(value=st.integers(), low=st.integers(-100, 0), high=st.integers(0, 100))
def test_a_number_is_right_exactly_between_its_bounds(value: int, low: int, high: int) -> None:
    field = EventField(type="integer", min=low, max=high)

    assert (field.problem_with(value) is None) == (low <= value <= high)


@given(value=st.text(max_size=20), length=st.integers(1, 20))
def test_a_string_is_right_exactly_up_to_its_length_in_characters(value: str, length: int) -> None:
    field = EventField(type="string", max_length=length)

    assert (field.problem_with(value) is None) == (len(value) <= length)


@given(value=st.integers())
def test_an_integer_is_right_exactly_when_its_column_can_hold_it(value: int) -> None:
    assert (EventField(type="integer").problem_with(value) is None) == (-(2**63) <= value < 2**63)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_cannot_say_is_wrong(value: float) -> None:
    assert EventField(type="number").problem_with(value)


@pytest.mark.parametrize("value", [True, "1", 1.0])
def test_a_value_of_another_type_is_wrong_for_an_integer(value: Any) -> None:
    assert EventField(type="integer").problem_with(value)
