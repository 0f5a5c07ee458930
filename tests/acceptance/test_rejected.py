"""What was rejected is repaired and replayed: the same event, with its times, and once only."""

import json
import uuid
from typing import Any

import pytest
import requests
from confluent_kafka import Producer

from pipectl.catalog import EVENTS_TOPIC
from pipectl.errors import UsageFault
from tests.harness import Stack


@pytest.fixture(scope="module")
def player() -> str:
    return f"clumsy-{uuid.uuid4()}"


@pytest.fixture(scope="module")
def rejected(stack: Stack, player: str) -> Stack:
    """Two refusals, one of them with an id, and a record that only the stream finds wrong; all landed."""
    headers = {"X-User-Id": player}
    assert requests.get(f"{stack.url}/earn_gold?amount=0", headers=headers, timeout=10).status_code == 422
    own = {**headers, "Idempotency-Key": f"{player}-id"}
    body = {"amuont": 7}
    assert requests.post(f"{stack.url}/earn_gold", json=body, headers=own, timeout=10).status_code == 422
    wrong = {
        "event_type": "earn_gold",
        "user_id": player,
        "event_ts": "2026-01-02T03:04:05.000000Z",
        "received_at": "2026-01-02T03:04:05.000000Z",
        "amount": "nine",
    }
    producer = Producer({"bootstrap.servers": stack.bootstrap, "partitioner": "murmur2_random"})
    producer.produce(EVENTS_TOPIC, json.dumps(wrong), key=player)
    assert producer.flush(30) == 0
    stack.pipectl("drain")
    return stack


def places(stack: Stack, player: str) -> dict[str, str]:
    """Return the places of what this player had rejected, by who found what wrong."""
    found = stack.json("rejected", "ls", "--user", player)["data"]["rejected"]
    return {f"{one['stage']}:{one['json_path']}": one["place"] for one in found}


def landed(stack: Stack, player: str, columns: str = "amount") -> list[tuple[Any, ...]]:
    found = stack.presto.query(f"select {columns} from events where user_id = '{player}' order by amount")
    return [tuple(row) for row in found.rows]


def test_ls_and_show_tell_why_and_have_the_bytes(rejected: Stack, player: str) -> None:
    found = places(rejected, player)

    assert found.keys() == {"collector:$.amount", "collector:$.amuont", "stream:$.event_id"}
    shown = rejected.json("rejected", "show", found["collector:$.amuont"])["data"]
    assert (shown["reason"], json.loads(shown["raw"])) == ("catalog_violation", {"amuont": 7})
    assert shown["headers"]["idempotency-key"] == f"{player}-id"


def test_a_place_that_is_none_and_a_replay_of_nothing_named_are_wrong_usage(rejected: Stack) -> None:
    for words in (["show", "events/0/999999999"], ["replay"], ["replay", "--all", "--reason", "x"]):
        rejected.pipectl("rejected", *words, expect=UsageFault.exit_code)


def test_a_rehearsal_sends_nothing_and_says_what_is_still_wrong(rejected: Stack, player: str) -> None:
    told = rejected.json("rejected", "replay", "--user", player, "--dry-run")["data"]

    assert (told["ready"], told["not_replayable"]) == (0, 3)
    told = rejected.json("rejected", "replay", "--user", player, "--patch", '{"amount": 5}', "--dry-run")[
        "data"
    ]
    assert (told["sent"], told["ready"], told["not_replayable"]) == (0, 2, 1)
    rejected.pipectl("drain")
    assert landed(rejected, player) == []


def test_what_is_replayed_twice_lands_once_with_its_own_id_and_times(rejected: Stack, player: str) -> None:
    """Replay twice before the stream has read any of it, and once more when all of it has landed."""
    before = rejected.json("verify")["data"]["counts"]["duplicates"]
    repair = ("rejected", "replay", "--user", player, "--patch", '{"amount": 9, "amuont": null}')
    rejected.pipectl("stream", "stop")
    assert [rejected.json(*repair)["data"]["sent"] for _ in range(2)] == [3, 3]
    rejected.pipectl("stream", "start")
    rejected.pipectl("drain")

    assert landed(rejected, player) == [(9,)] * 3
    ids = {event_id for (event_id,) in landed(rejected, player, "event_id")}
    assert f"{player}-id" in ids
    assert len(ids) == 3
    again = rejected.json(*repair)["data"]
    assert (again["sent"], again["landed_before"]) == (0, 3)
    assert rejected.json("verify")["data"]["counts"]["duplicates"] == before + 3


def test_a_replayed_event_was_received_when_its_rejection_was(rejected: Stack, player: str) -> None:
    of_player = f"user_id = '{player}' order by received_at"
    kept, have = (
        [row[0] for row in rejected.presto.query(f"select received_at from {table} where {of_player}").rows]
        for table in ("rejected_events", "events")
    )

    known = [moment for moment in kept if moment]
    assert len(known) == 3
    assert have == known
    assert have[0].isoformat() == "2026-01-02T03:04:05"
