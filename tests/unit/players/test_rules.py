"""The rules of player state: what a catalog may say, and what is told when it says something wrong."""

import tomllib

import pytest

from pipectl.catalog import parse_catalog

GAME = """
[player]
gold = { type = "integer" }
speed = { type = "number" }
guild = { type = "string" }
is_vip = { type = "boolean" }
inventory = { type = "items" }

[event.buy]
summary = "S"
[event.buy.fields]
price = { type = "integer" }
weight = { type = "number" }
sword_type = { type = "string", choices = ["katana", "axe"] }
is_gift = { type = "boolean" }

[[event.buy.state]]
"""


@pytest.mark.parametrize(
    "rule",
    [
        "add = 'gold'",
        "subtract = 'gold'\nby = 'price'\ntimes = 3",
        "add = 'speed'\nby = 'price'\ntimes = 'weight'",
        "add = 'inventory'\nitem = 'sword_type'",
        "set = 'guild'\nto = 'sword_type'",
        "set = 'gold'\nto = 7",
        "set = 'is_vip'\nto = true\nwhen = { sword_type = 'katana', is_gift = false }",
        "clear = 'inventory'",
    ],
)
def test_a_rule_may_say(rule: str) -> None:
    assert len(parse_catalog(tomllib.loads(GAME + rule)).event("buy").state) == 1


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("by = 1", "exactly one of add, subtract, set, clear"),
        ("add = 'gold'\nset = 'gold'", "exactly one of"),
        ("add = 'golb'", "a player has no `golb` (did you mean `gold`?)"),
        (
            "add = 'gold'\nby = 'prize'",
            "`by` names prize, which is no field of the event (did you mean",
        ),
        ("add = 'gold'\nby = 'weight'", "`by` is a number, which does not fit `gold`, a integer"),
        ("add = 'gold'\nby = 1.5", "`by` is a number"),
        ("add = 'gold'\nby = true", "[event.buy.state.0.by"),
        ("add = 'gold'\nby = nan", "[event.buy.state.0.by"),
        ("add = 'gold'\nitem = 'sword_type'", "`item` goes with items"),
        ("add = 'gold'\nto = 'price'", "`to` means nothing to `add`"),
        ("add = 'guild'", "`add` is for numbers and items"),
        ("add = 'inventory'", "`item` goes with items"),
        ("add = 'inventory'\nitem = 'price'", "`item` names price, which is no string"),
        ("set = 'guild'", "`set` needs `to`"),
        ("set = 'guild'\nto = 'price'", "`to` is a integer, which does not fit `guild`"),
        ("set = 'inventory'\nto = 'sword_type'", "`inventory` holds items"),
        ("clear = 'guild'\nby = 1", "`by` means nothing to `clear`"),
        (
            "add = 'gold'\nwhen = { sword_type = 'kitana' }",
            "can never be true: sword_type 'kitana'",
        ),
        ("add = 'gold'\nwhen = { sword = 'katana' }", "`when` names sword, which is no field"),
        ("add = 'gold'\nwen = { sword_type = 'katana' }", "[event.buy.state.0.wen]"),
    ],
)
def test_a_mistake_in_a_rule_is_told(rule: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is compared
        parse_catalog(tomllib.loads(GAME + rule))

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("{ type = 'text' }", "[player.thing.type]"),
        ("{ type = 'string', min = 1 }", "min and max bound numbers"),
        ("{ type = 'integer', start = 1.5 }", "the start 1.5 is not of type integer"),
        ("{ type = 'integer', min = 0.5 }", "the bound 0.5 is not of type integer"),
        ("{ type = 'integer', min = 1 }", "the start 0 is not within min and max"),
        ("{ type = 'items', start = 1 }", "the start 1 is not of type items"),
        ("3", "[player.thing]"),
    ],
)
def test_a_mistake_in_what_a_player_has_is_told(field: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is compared
        parse_catalog(tomllib.loads(f"[player]\nthing = {field}\n[event.a]\nsummary = 'A'"))

    assert told in str(caught.value)
