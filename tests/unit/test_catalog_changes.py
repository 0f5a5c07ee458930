"""A catalog that follows another: it may grow, and nothing that was declared goes away."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipectl.catalog import parse_catalog
from pipectl.catalog_changes import compare
from pipectl.errors import OperationFailed
from pipectl.runtimes.base import ServiceState
from pipectl.runtimes.deployed import check_catalog, check_order

BEFORE: dict[str, Any] = {
    "buy": {
        "summary": "a player buys",
        "routes": ["GET /buy"],
        "fields": {
            "item": {"type": "string", "default": "bow", "max_length": 10},
            "price": {"type": "integer", "default": 5, "min": 0, "max": 10, "unit": "gold"},
            "rank": {"type": "string", "choices": ["low", "high"]},
        },
    },
    "sell": {"summary": "a player sells"},
}
AS_TOML = """
[event.buy]
summary = "a player buys"
[event.buy.fields]
price = { type = "integer", default = 5 }
"""
Edit = Callable[[dict[str, Any]], Any]


def breaking(edit: Edit, *, next_version: bool = True) -> list[str]:
    """Return what an edited catalog breaks; its edited type says that it is version 2."""
    after = copy.deepcopy(BEFORE)
    if next_version:
        after["buy"]["schema_version"] = 2
    edit(after)
    changes = compare(parse_catalog({"event": BEFORE}), parse_catalog({"event": after}))
    return [f"{change.place}: {change.what}" for change in changes if change.breaks]


def fields(events: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = events["buy"]["fields"]
    return found


def test_the_same_catalog_changes_nothing() -> None:
    catalog = parse_catalog({"event": BEFORE})

    assert compare(catalog, catalog) == ()


@pytest.mark.parametrize(
    "edit",
    [
        lambda events: events.update(fly={"summary": "new"}),
        lambda events: fields(events).update(colour={"type": "string"}),
        lambda events: fields(events).update(colour={"type": "string", "default": "red"}),
        lambda events: fields(events)["price"].update(min=-1, max=11),
        lambda events: fields(events)["price"].pop("max"),
        lambda events: fields(events)["price"].update(default=6),
        lambda events: fields(events)["item"].update(max_length=11),
        lambda events: fields(events)["rank"].update(choices=["low", "high", "mid"]),
        lambda events: fields(events)["rank"].pop("choices"),
        lambda events: events["buy"].update(routes=["POST /buy"]),
    ],
)
def test_a_catalog_may_grow(edit: Edit) -> None:
    assert breaking(edit) == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda events: events.pop("sell"), "sell: is removed"),
        (lambda events: fields(events).pop("item"), "buy.fields.item: is removed"),
        (
            lambda events: fields(events).update(price={"type": "number", "default": 5}),
            "buy.fields.price: becomes number instead of integer",
        ),
        (
            lambda events: fields(events).update(colour={"type": "string", "required": True}),
            "buy.fields.colour: is new and required",
        ),
        (lambda events: fields(events)["rank"].update(required=True), "buy.fields.rank: becomes required"),
        (
            lambda events: fields(events)["item"].pop("default"),
            "buy.fields.item: has the default None instead of bow",
        ),
        (
            lambda events: fields(events)["price"].update(unit="gems"),
            "buy.fields.price: is counted in gems instead of gold",
        ),
        (
            lambda events: fields(events)["price"].update(min=1),
            "buy.fields.price: min becomes 1 instead of 0",
        ),
        (
            lambda events: fields(events)["price"].update(max=9),
            "buy.fields.price: max becomes 9 instead of 10",
        ),
        (
            lambda events: fields(events)["item"].update(max_length=9),
            "buy.fields.item: max_length becomes 9 instead of 10",
        ),
        (
            lambda events: fields(events)["rank"].update(choices=["low"]),
            "buy.fields.rank: choices becomes low instead of low, high",
        ),
        (
            lambda events: fields(events)["item"].update(choices=["bow"]),
            "buy.fields.item: choices becomes bow instead of none",
        ),
    ],
)
def test_what_breaks_rows_or_readers_is_told_with_its_place(edit: Edit, told: str) -> None:
    assert breaking(edit) == [told]


def test_fields_that_change_need_the_next_version() -> None:
    def edit(events: dict[str, Any]) -> None:
        fields(events).update(colour={"type": "string"})

    assert breaking(edit, next_version=False) == ["buy.schema_version: stays while fields change"]


def test_a_version_never_goes_down() -> None:
    after = parse_catalog({"event": {**BEFORE, "sell": {"summary": "a player sells", "schema_version": 2}}})

    told = [str(change) for change in compare(after, parse_catalog({"event": BEFORE})) if change.breaks]
    assert told == ["sell.schema_version: goes down from 2 to 1: two shapes would share it"]


def deploy(stack_folder: Path, service: str, text: str) -> None:
    copy_of_service = stack_folder / "services" / service / "events.toml"
    copy_of_service.parent.mkdir(parents=True)
    copy_of_service.write_text(text, "utf-8")


def test_before_the_first_up_every_catalog_is_allowed(tmp_path: Path) -> None:
    assert check_catalog(tmp_path, parse_catalog({"event": BEFORE})) == ()


@pytest.mark.parametrize("service", ["collector", "stream"])
def test_a_catalog_has_to_follow_what_each_service_has(tmp_path: Path, service: str) -> None:
    deploy(tmp_path, service, AS_TOML)
    other = parse_catalog({"event": {"sell": {"summary": "a player sells"}}})

    with pytest.raises(OperationFailed, match="cannot follow") as caught:
        check_catalog(tmp_path, other)

    assert caught.value.exit_code == 1
    assert "buy: is removed" in caught.value.evidence


def test_the_collector_gets_nothing_that_the_running_stream_does_not_know(tmp_path: Path) -> None:
    deploy(tmp_path, "stream", AS_TOML)
    grown = parse_catalog({"event": {"buy": {"summary": "b"}, "sell": {"summary": "s"}}})
    running = {"stream": ServiceState(name="stream", running=True, is_over=False)}
    stopped = {"stream": ServiceState(name="stream", running=False)}

    check_order(tmp_path, grown, ("stream",), running)
    check_order(tmp_path, grown, ("kafka", "collector"), stopped)
    with pytest.raises(OperationFailed, match="older catalog") as caught:
        check_order(tmp_path, grown, ("kafka", "collector"), running)
    assert "pipectl stream start" in caught.value.do_next


def test_a_route_may_change_while_the_stream_runs(tmp_path: Path) -> None:
    deploy(tmp_path, "stream", '[event.buy]\nsummary = "b"\nroutes = ["GET /buy"]\n')
    other = parse_catalog({"event": {"buy": {"summary": "b", "routes": ["POST /buy"]}}})

    check_order(
        tmp_path, other, ("collector",), {"stream": ServiceState(name="stream", running=True, is_over=False)}
    )
