"""A player is erased: out of every file of the lake and of the store, and nothing brings it back."""

import uuid
from typing import Any

import pytest
import requests

from pipectl.errors import UsageFault
from tests.harness import Stack
from tests.player_state import await_folded, store_of


@pytest.fixture(scope="module")
def player(stack: Stack) -> str:
    """A player with five landed events, one of them sent twice, and a refusal."""
    name = f"leaver-{uuid.uuid4()}"
    events: list[dict[str, Any]] = [
        {"event_type": "earn_gold", "amount": number + 1, "user_id": name, "event_id": f"{name}-{number}"}
        for number in range(5)
    ]
    assert requests.post(f"{stack.url}/events", json=[*events, events[0]], timeout=30).status_code == 200
    refused = requests.get(f"{stack.url}/earn_gold?amount=0&user_id={name}", timeout=30)
    assert refused.status_code == 422
    await_folded(stack)
    return name


def test_without_a_terminal_nothing_is_erased_unasked(stack: Stack, player: str) -> None:
    stack.pipectl("erase", "--player", player, expect=UsageFault.exit_code)

    assert stack.count(f"user_id = '{player}'") == 5


def test_an_erased_player_is_nowhere_the_counts_balance_and_a_rebuild_brings_nothing_back(
    stack: Stack, player: str
) -> None:
    """Erase; look into tables, snapshots, store; verify; rebuild the state; send one event more."""
    before = stack.json("verify")["data"]["counts"]
    told = stack.json("erase", "--player", player, "--yes")

    assert sum(row["erased"] for row in told["data"]["rows"]) == 6
    assert any("Kafka still holds" in warning for warning in told["warnings"])
    assert stack.count(f"user_id = '{player}'") == 0
    raw = stack.presto.query("select raw, headers from rejected_events").rows
    assert player not in str(raw)
    for table in ("events", "rejected_events"):
        # The stream may have appended since; what is older than the erasure is gone.
        oldest = f'select operation from "{table}$snapshots" order by committed_at limit 1'
        assert stack.presto.query(oldest).scalar() in ("overwrite", "delete")
    assert store_of(stack).player(player) is None
    for words in (("verify",), ("verify", "--deep")):
        found = stack.json(*words)["data"]
        assert (found["differences"], found["skipped"], found["erased"]) == ([], [], 6)
        assert found["counts"]["landed"] >= before["landed"]
    # All snapshots of before are expired, which the fold needs neither to go on nor to begin anew.
    assert stack.json("state", "verify")["status"] == "ok"
    stack.pipectl("state", "rebuild")
    await_folded(stack)
    assert store_of(stack).player(player) is None
    assert stack.json("state", "verify")["status"] == "ok"


def test_a_player_who_comes_back_begins_anew(stack: Stack, player: str) -> None:
    event = {"event_type": "earn_gold", "amount": 7, "user_id": player}
    assert requests.post(f"{stack.url}/events", json=event, timeout=30).status_code == 200
    await_folded(stack)

    state = store_of(stack).player(player)
    assert state is not None
    assert state.values["gold"] == 7
