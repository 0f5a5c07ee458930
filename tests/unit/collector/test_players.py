"""GET /players/{user_id}: what a player has, with the store there, empty, or away."""

import json
from typing import Any

import pytest

from pipectl.collector.players import PlayerReader
from pipectl.players.state import Marks, PlayerState
from tests.unit.collector.conftest import Kit
from tests.unit.players.conftest import MemoryStore

ANN = PlayerState(values={"gold": 7, "inventory": {"bow": 2}, "guild": None}, offsets={3: 41})


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.update(Marks(), Marks(rules="r"), ["ann b"], lambda _known: {"ann b": ANN})
    return store


def test_it_answers_what_the_player_has_and_as_of_when(store: MemoryStore) -> None:
    status, answer = Kit(players=PlayerReader(store)).ask_json("GET /players/ann%20b")

    assert status == 200
    assert answer == {
        "user_id": "ann b",
        "state": {"gold": 7, "inventory": {"bow": 2}, "guild": None},
        "includes_offsets": {"3": 41},
    }


def test_an_unknown_player_is_a_404(store: MemoryStore) -> None:
    status, answer = Kit(players=PlayerReader(store)).ask_json("GET /players/bob")

    assert (status, answer["reason"]) == (404, "unknown_player")


def test_without_its_store_it_is_a_503_that_says_when_to_try_again(store: MemoryStore) -> None:
    store.is_away = True
    answer = Kit(players=PlayerReader(store)).ask("GET /players/ann%20b")

    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "1")


def test_nothing_of_it_goes_to_kafka(store: MemoryStore) -> None:
    kit = Kit(players=PlayerReader(store))
    for path in ("ann%20b", "bob"):
        kit.ask(f"GET /players/{path}")

    assert kit.kafka.records == []


def test_where_there_is_a_key_it_is_asked_for(store: MemoryStore) -> None:
    kit = Kit("open sesame", players=PlayerReader(store))

    assert kit.ask("GET /players/ann%20b").status == 401
    answer = kit.ask("GET /players/ann%20b", headers={"x-write-key": "open sesame"})
    assert json.loads(answer.body)["user_id"] == "ann b"


def test_the_path_is_shared_with_events_of_the_catalog(store: MemoryStore) -> None:
    assert Kit(players=PlayerReader(store)).ask("POST /players/ann/fights").status == 422


def test_the_openapi_lists_it_where_there_is_a_store_and_only_there(store: MemoryStore) -> None:
    def described(kit: Kit) -> dict[str, Any]:
        paths: dict[str, Any] = json.loads(kit.ask("GET /openapi.json").body)["paths"]
        operations: dict[str, Any] = paths.get("/players/{user_id}", {})
        return operations

    operation = described(Kit(players=PlayerReader(store)))["get"]
    assert operation["parameters"][0]["name"] == "user_id"
    assert {"200", "404", "503"} <= operation["responses"].keys()
    assert described(Kit()) == {}
