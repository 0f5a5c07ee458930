"""The catalog of a running stack grows by a type and by a field, with no code; it never shrinks."""

import re
import uuid

import pytest
import requests

from pipectl.errors import OperationFailed
from tests.harness import Stack
from tests.player_state import await_folded

DRAGON = """
[event.slay_dragon]
summary = "A player slays a dragon."
reply = "Dragon slain!"
routes = ["GET /slay_dragon", "POST /dragons/{dragon}"]

[[event.slay_dragon.state]]
add = "inventory"
item = "dragon"
by = "heads"

[event.slay_dragon.fields]
dragon = { type = "string", default = "smaug", max_length = 32, summary = "which dragon" }
heads = { type = "integer", default = 1, min = 1, max = 9, unit = "heads", summary = "how many it had" }
"""
WEAPON = 'weapon = { type = "string", max_length = 32, summary = "what it was slain with" }\n'


def refuses(stack: Stack, *words: str) -> str:
    """Run a command that must fail and leave every service as it is; returns what it said."""
    before = stack.json("status")["data"]["services"]
    told = stack.pipectl(*words, expect=OperationFailed.exit_code).stderr
    assert stack.json("status")["data"]["services"] == before
    return told


def deploy(stack: Stack) -> None:
    """Bring in a grown catalog: its readers first."""
    stack.pipectl("stream", "start")
    stack.pipectl("up")


@pytest.fixture(scope="module")
def player() -> str:
    return f"slayer-{uuid.uuid4()}"


@pytest.fixture(scope="module")
def grown(stack: Stack, player: str) -> Stack:
    """The stack with `slay_dragon` in its catalog; it keeps it, since a type never goes away."""
    with stack.catalog.open("a", encoding="utf-8") as file:
        file.write(DRAGON)
    assert "slay_dragon" in stack.pipectl("catalog", "check").stdout
    assert "older catalog" in refuses(stack, "up")
    deploy(stack)
    for target in ("/slay_dragon", "/slay_dragon?dragon=fafnir&heads=3"):
        assert requests.get(stack.url + target, headers={"X-User-Id": player}, timeout=10).ok
    posted = requests.post(
        f"{stack.url}/dragons/hydra", json={"heads": 9}, headers={"X-User-Id": player}, timeout=10
    )
    assert posted.text == "Dragon slain!\n"
    stack.pipectl("drain")
    return stack


def test_a_new_type_has_routes_and_columns(grown: Stack, player: str) -> None:
    landed = grown.presto.query(
        f"select event_type, method, dragon, heads, price from events where user_id = '{player}'"
        " and schema_version = 1 order by kafka_offset"
    )

    assert [tuple(row) for row in landed.rows] == [
        ("slay_dragon", "GET", "smaug", 1, None),
        ("slay_dragon", "GET", "fafnir", 3, None),
        ("slay_dragon", "POST", "hydra", 9, None),
    ]


def test_a_wrong_value_for_a_new_type_is_a_422(grown: Stack) -> None:
    answer = requests.get(f"{grown.url}/slay_dragon?heads=10&dragn=x", timeout=10)

    assert answer.status_code == 422
    assert {error["rule"] for error in answer.json()["errors"]} == {"max", "unknown"}


def test_a_new_type_does_to_its_player_what_its_rule_says(grown: Stack, player: str) -> None:
    await_folded(grown)
    shown = requests.get(f"{grown.url}/players/{player}", timeout=10).json()

    assert shown["state"]["inventory"] == {"smaug": 1, "fafnir": 3, "hydra": 9}
    assert grown.json("state", "verify")["status"] == "ok"


def test_a_new_type_is_in_the_reports_catalog_and_in_its_figures(grown: Stack) -> None:
    folder = grown.home / "grown"
    grown.pipectl("report", "--out", str(folder))
    page = (folder / "report.html").read_text("utf-8")

    assert "<h3><code>slay_dragon</code>" in page
    assert re.search(r"<td[^>]*>slay_dragon</td>", page)


def test_an_optional_field_is_null_in_older_rows_and_both_versions_share_the_table(
    grown: Stack, player: str
) -> None:
    text = grown.catalog.read_text("utf-8") + WEAPON
    grown.catalog.write_text(text, "utf-8")
    assert "schema_version: stays while fields change" in refuses(grown, "catalog", "check")
    grown.catalog.write_text(
        text.replace('reply = "Dragon slain!"', 'reply = "Dragon slain!"\nschema_version = 2'), "utf-8"
    )
    deploy(grown)
    target = f"{grown.url}/slay_dragon?weapon=spear"
    assert requests.get(target, headers={"X-User-Id": player}, timeout=10).ok
    grown.pipectl("drain")
    landed = grown.presto.query(
        f"select schema_version, weapon from events where user_id = '{player}' order by kafka_offset"
    )

    assert [tuple(row) for row in landed.rows] == [(1, None), (1, None), (1, None), (2, "spear")]


@pytest.mark.parametrize("words", [("catalog", "check"), ("up",), ("stream", "start")])
def test_a_catalog_that_shrinks_is_refused_before_anything_restarts(
    grown: Stack, words: tuple[str, ...]
) -> None:
    text = grown.catalog.read_text("utf-8")
    try:
        grown.catalog.write_text(text.replace("max = 9,", "max = 8,"), "utf-8")
        told = refuses(grown, *words)
    finally:
        grown.catalog.write_text(text, "utf-8")

    assert "slay_dragon.fields.heads: max becomes 8 instead of 9" in told
