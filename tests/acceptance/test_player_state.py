"""What a player has: over HTTP, on the command line, and always equal to the fold of the landed events."""

import uuid
from typing import Any

import pytest
import requests

from pipectl.errors import DifferenceFound, UsageFault
from pipectl.players.state import PlayerState
from tests.harness import Stack
from tests.player_state import await_folded, store_of


@pytest.fixture
def player(stack: Stack) -> str:
    """A player who earned 1,000, bought two katanas and a bow, sold the bow, fought, and changed guilds."""
    name = f"player-{uuid.uuid4()}"
    story: list[dict[str, Any]] = [
        {"event_type": "earn_gold", "amount": 1000},
        {"event_type": "purchase_sword", "sword_type": "katana", "price": 120, "quantity": 2},
        {"event_type": "purchase_item", "kind": "bow", "price": 50},
        {"event_type": "sell_item", "item": "bow", "price": 25},
        {"event_type": "battle", "outcome": "won", "damage": 130},
        {"event_type": "heal", "health": 40},
        {"event_type": "join_guild", "guild_name": "rangers"},
        {"event_type": "leave_guild", "guild_name": "rangers"},
        {"event_type": "join_guild", "guild_name": "knights"},
    ]
    answer = requests.post(
        f"{stack.url}/events", json=[{**event, "user_id": name} for event in story], timeout=30
    )
    assert answer.status_code == 200, answer.text
    await_folded(stack)
    return name


def test_what_happened_is_what_the_player_has(stack: Stack, player: str) -> None:
    answer = requests.get(f"{stack.url}/players/{player}", timeout=30)

    assert answer.status_code == 200
    state = answer.json()["state"]
    assert (state["gold"], state["inventory"]) == (1000 - 240 - 50 + 25, {"katana": 2})
    assert (state["health"], state["battles_won"], state["guild"]) == (40, 1, "knights")
    assert stack.json("state", "show", player)["data"]["state"] == state


def test_a_player_without_a_landed_event_is_unknown(stack: Stack) -> None:
    assert requests.get(f"{stack.url}/players/nobody-at-all", timeout=30).status_code == 404
    assert stack.json("state", "show", "nobody-at-all", expect=UsageFault.exit_code)["status"] == "failed"


def test_after_a_load_every_player_has_the_fold_and_wallets_are_sources_minus_sinks(stack: Stack) -> None:
    stack.pipectl("load", "--profile", "smoke")
    await_folded(stack)

    proof = stack.json("state", "verify")["data"]
    assert (proof["behind"], proof["differences"], proof["total_differences"]) == (0, [], [])
    assert proof["players"] == stack.presto.query("select count(distinct user_id) from events").scalar()
    assert proof["totals"]["gold"] == sources_minus_sinks(stack)


def sources_minus_sinks(stack: Stack) -> int:
    """Add up the demo game's gold by hand, with nothing taken from the catalog."""
    found = stack.presto.query("""
        select sum(case event_type
            when 'earn_gold' then amount
            when 'spend_gold' then -amount
            when 'sell_item' then price * quantity
            when 'purchase_sword' then -price * quantity
            when 'purchase_item' then -price * quantity
            when 'iap_purchase' then gold
            when 'iap_refund' then -gold
            else 0 end)
        from events
    """)
    return int(found.scalar())


def test_a_rebuilt_store_is_the_same_store(stack: Stack, player: str) -> None:
    _, before = store_of(stack).snapshot()
    stack.pipectl("state", "rebuild")

    await_folded(stack)
    assert store_of(stack).snapshot()[1] == before
    assert player in before
    assert stack.json("state", "verify")["status"] == "ok"


def test_a_record_that_somebody_changed_is_found_and_a_rebuild_repairs_it(stack: Stack, player: str) -> None:
    store = store_of(stack)
    marks, players = store.snapshot()
    right = players[player]
    wrong = PlayerState(values={**right.values, "gold": 10**9}, offsets=right.offsets)
    store.update(marks, marks, [player], lambda _known: {player: wrong})

    found = stack.json("state", "verify", expect=DifferenceFound.exit_code)
    assert [one["player"] for one in found["data"]["differences"]] == [player]
    assert [one["name"] for one in found["data"]["total_differences"]] == ["gold"]
    stack.pipectl("state", "rebuild")
    await_folded(stack)
    assert stack.json("state", "verify")["status"] == "ok"
