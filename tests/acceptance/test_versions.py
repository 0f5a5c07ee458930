"""The same id again: the first version lands, and `verify --deep` names those that said something else."""

import uuid
from typing import Any

import requests

from tests.harness import Stack


def test_an_id_with_two_contents_is_named_with_both_places_and_what_differs(stack: Stack) -> None:
    """Send one id three times: as it is, word for word once more, and with another amount."""
    event_id, player = str(uuid.uuid4()), f"undecided-{uuid.uuid4()}"
    event: dict[str, Any] = {"event_type": "earn_gold", "event_id": event_id, "user_id": player, "amount": 5}
    for amount in (5, 5, 6):
        body = {**event, "amount": amount}
        assert requests.post(f"{stack.url}/events", json=body, timeout=10).status_code == 200
        stack.pipectl("drain")
    ((partition, offset, amount, payload_hash),) = stack.presto.query(
        "select kafka_partition, kafka_offset, amount, payload_hash from events"
        f" where event_id = '{event_id}'"
    ).rows
    told = stack.json("verify", "--deep")

    (found,) = [one for one in told["data"]["rewritten"] if one["event_id"] == event_id]
    assert amount == 5
    assert found["changes"] == {"amount": [5, 6]}
    assert (found["landed"], found["payload_hash"]) == (f"events/{partition}/{offset}", payload_hash)
    assert found["again"].startswith(f"events/{partition}/")
    assert int(found["again"].rpartition("/")[2]) > offset
    assert (told["status"], told["data"]["differences"]) == ("ok", [])
    assert any(event_id in warning for warning in told["warnings"])
