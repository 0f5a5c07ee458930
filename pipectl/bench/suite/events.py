"""The events that benchmarks send: valid ones of the catalog, in lists, through the collector."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipectl.bench.ab import AbRun
from pipectl.bench.ab_process import run_ab
from pipectl.bench.suite.lab import Lab
from pipectl.catalog import EVENTS_TOPIC, Catalog, EventType
from pipectl.errors import OperationFailed

PLAYER = "user1.comcast.com"
LIST_LENGTH = 100
CONCURRENCY = 50

FIVE_TYPES = ("purchase_sword", "join_guild", "purchase_item", "earn_gold", "battle")
"""What preloaded records are of, in equal parts: the assignment's two, and three more with fields."""


def valid_event(event: EventType) -> dict[str, Any]:
    """Return inputs that pass: what stands in the catalog as default, else the least that is allowed."""
    samples = {"string": "text", "integer": 1, "number": 1.0, "boolean": True}
    fields = {
        name: field.default if field.default is not None else (field.choices or (samples[field.type],))[0]
        for name, field in event.fields.items()
    }
    return {"event_type": event.name, **fields}


def mixed_list(catalog: Catalog, event_types: Sequence[str] = FIVE_TYPES) -> list[dict[str, Any]]:
    """Return a list of events of these types in turn, each of another player."""
    kinds = [valid_event(catalog.event(name)) for name in event_types]
    return [{"user_id": f"player-{number}", **kinds[number % len(kinds)]} for number in range(LIST_LENGTH)]


def run_of_lists(
    url: str, requests: int, events: Sequence[Mapping[str, Any]], *, keep_alive: bool = False
) -> AbRun:
    """Return the run of ab that sends this list so many times."""
    return AbRun(
        method="POST",
        url=f"{url}/events",
        player=PLAYER,
        requests=requests,
        concurrency=CONCURRENCY,
        keep_alive=keep_alive,
        body=json.dumps(events).encode(),
        headers=(("X-Pipectl-Traffic", "load"),),
    )


def preload_up_to(lab: Lab, records: int) -> None:
    """Bring events of FIVE_TYPES into Kafka, in whole lists, until it has at least so many records."""
    missing = records - lab.records(EVENTS_TOPIC)
    if missing > 0:
        preload(lab, -(-missing // LIST_LENGTH) * LIST_LENGTH)


def preload(lab: Lab, records: int) -> None:
    """Bring so many events of FIVE_TYPES into Kafka, each with an id of its own.

    Raises OperationFailed when Kafka has not as many more records afterwards.
    """
    before = lab.records(EVENTS_TOPIC)
    run = run_of_lists(lab.url, records // LIST_LENGTH, mixed_list(lab.catalog), keep_alive=True)
    outcome = run_ab(run)
    if (got := lab.records(EVENTS_TOPIC) - before) != records:
        raise OperationFailed(
            f"{records} events were to be preloaded, and Kafka has {got} more records.",
            evidence=outcome.complaint or str(outcome.report),
            do_next=f"Try: {run.typed()}",
        )
