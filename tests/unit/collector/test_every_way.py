"""The same event by any way gives the same record: over every route of the demo game's own catalog."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipectl.bundled import bundled
from pipectl.catalog import Catalog, EventField, EventType, Route, load_catalog
from tests.unit.collector.conftest import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CATALOG: Catalog = load_catalog(bundled("events.toml"))
FORM = {"content-type": "application/x-www-form-urlencoded"}
SET_BY_THE_SERVER = ("event_id", "event_ts", "received_at", "request")


def values_of(field: EventField) -> st.SearchStrategy[Any]:
    """Return a strategy for what a field allows."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "boolean":
        return st.booleans()
    if field.type == "integer":
        low, high = (None if bound is None else int(bound) for bound in (field.min, field.max))
        return st.integers(low, high)
    if field.type == "number":
        return st.floats(field.min, field.max, allow_nan=False, allow_infinity=False)
    # A path cannot carry a slash in a value (it would be another path), nor the mark of broken UTF-8.
    letters = st.characters(exclude_characters="/\ufffd", codec="utf-8")
    return st.text(letters, min_size=1, max_size=min(field.max_length or 64, 64))


def values_for(event: EventType) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the fields of an event: always the player and what a path names, else any."""
    needed = {"user_id"} | {name for route in event.routes for name in route.parameters}
    given = {name: values_of(field) for name, field in event.fields.items()}
    given["user_id"] = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)
    return st.fixed_dictionaries(
        {name: strategy for name, strategy in given.items() if name in needed},
        optional={name: strategy for name, strategy in given.items() if name not in needed},
    )


def send_every_way(kit: Kit, event: EventType, values: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Send one event by every way there is; yields what was done and the status."""
    for route in event.routes:
        path, rest = filled(route, values)
        target = f"{route.method} {path}"
        yield f"{target} query", kit.ask(f"{target}?{urlencode(as_texts(rest))}").status
        if route.method == "GET":
            continue
        body = json.dumps(rest).encode()
        yield f"{target} JSON", kit.ask(target, body=body).status
        packed = {"content-encoding": "gzip"}
        yield f"{target} gzip", kit.ask(target, headers=packed, body=gzip.compress(body)).status
        form = urlencode(as_texts(rest)).encode()
        yield f"{target} form", kit.ask(target, headers=FORM, body=form).status
    named = {"event_type": event.name, **values}
    yield "one of /events", kit.ask("POST /events", body=json.dumps(named).encode()).status
    yield "a list of /events", kit.ask("POST /events", body=json.dumps([named]).encode()).status
    rest = {name: value for name, value in named.items() if name != "user_id"}
    target = f"POST /events?{urlencode({'user_id': values['user_id']})}"
    yield "a list and a query", kit.ask(target, body=json.dumps([rest]).encode()).status
    form = urlencode(as_texts(named)).encode()
    yield "form to /events", kit.ask("POST /events", headers=FORM, body=form).status


def filled(route: Route, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Put values into a path; returns it with those that are left."""
    path, rest = route.path, dict(values)
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", quote(as_text(rest.pop(name)), safe=""))
    return path, rest


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items()}


def as_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", CATALOG.events)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_the_same_event_by_any_way_is_the_same_record(game: Kit, name: str, data: st.DataObject) -> None:
    event = CATALOG.event(name)
    values = data.draw(values_for(event))
    game.kafka.records.clear()

    ways = list(send_every_way(game, event, values))

    assert [way for way, status in ways if status != 200] == []
    assert len(game.events) == len(ways)
    assert all(common(record) == common(game.events[0]) for record in game.events)
    assert {name: game.events[0][name] for name in values} == values


def common(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client can decide about a record."""
    return {name: value for name, value in record.items() if name not in SET_BY_THE_SERVER}


@pytest.fixture
def game() -> Kit:
    return Kit(catalog=CATALOG)


@pytest.mark.parametrize("name", CATALOG.events)
def test_a_bare_request_is_an_event_with_the_defaults(game: Kit, name: str) -> None:
    event = CATALOG.event(name)
    routes = [route for route in event.routes if not route.parameters]

    assert [game.ask(f"{route.method} {route.path}").status for route in routes] == [200] * len(routes)
    defaults = {key: field.default for key, field in event.fields.items() if field.default is not None}
    assert [{key: record[key] for key in defaults} for record in game.events] == [defaults] * len(routes)
    assert {record["event_type"] for record in game.events} == {name}


def test_an_integer_may_be_written_with_a_point_and_nothing_behind_it(game: Kit) -> None:
    game.ask("POST /heal", body=b'{"health": 7.0}')
    game.ask("POST /heal", body=b'{"health": 0.7e1}')
    game.ask("GET /heal?health=7.0")

    assert [(record["health"], type(record["health"])) for record in game.events] == [(7, int)] * 3


def test_a_delete_takes_its_quantity_in_the_query_or_in_a_body(game: Kit) -> None:
    game.ask("DELETE /inventory/bow?quantity=2")
    game.ask("DELETE /inventory/bow", body=b'{"quantity": 2}')
    game.ask("DELETE /inventory/bow", headers=FORM, body=b"quantity=2")

    assert [(record["item"], record["quantity"]) for record in game.events] == [("bow", 2)] * 3
