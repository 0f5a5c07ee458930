"""Requests to the collector, one after the other, so that each player's events keep their order.

Every event brings its own id: a request that is sent again after a timeout makes no double.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipectl.bench.client import post_list
from pipectl.errors import OperationFailed
from pipectl.simulate.delivery import BATCH_EVENTS, Clock, Item
from pipectl.simulate.life import Event
from pipectl.waiting import wait_until

_PATIENCE_SECONDS = 120
_PAUSE_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 86_400.0
_NOT_NOW = 503
_REFUSED = (400, 422)

OnSent = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the events go, under which name, and which date the simulation's first day has."""

    url: str
    run_id: str
    first_day: date
    write_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the collector answered: each element of a request is accepted or refused."""

    accepted: int
    refused: int


def send_all(batches: Sequence[Sequence[Item]], target: Target, on_sent: OnSent = lambda _: None) -> Sent:
    """Send all requests, and return what was answered; blocks, and waits for a collector that is away.

    `on_sent` is told how many elements have been answered. Raises OperationFailed when the collector
    stays away, and when it takes what it should refuse or refuses what it should take.
    """
    accepted = refused = 0
    for batch in batches:
        statuses = _send(batch, target)
        accepted += statuses.count(200)
        refused += len(statuses) - statuses.count(200)
        on_sent(accepted + refused)
    return Sent(accepted=accepted, refused=refused)


def send_as_it_happens(
    events: Sequence[Event], target: Target, *, after: int, on_sent: OnSent = lambda _: None
) -> int:
    """Send each event when its time has come, those of the past at once; blocks until the last one.

    Their ids are numbered from `after` on. Returns how many were sent; raises as `send_all` does.
    """
    items = deque(Item(number, event) for number, event in enumerate(events, start=after + 1))
    sent = 0
    while items:
        due = wait_until(
            lambda: _take_due(items, target),
            timeout_seconds=_LONGEST_WAIT_SECONDS,
            pause_seconds=_PAUSE_SECONDS,
            message="The next event's time did not come within a day.",
        )
        sent += len(_send(due, target))
        on_sent(sent)
    return sent


def _take_due(items: deque[Item], target: Target) -> list[Item]:
    """Take the events whose time has come, as many as one request may have."""
    due: list[Item] = []
    now = datetime.now(UTC)
    while items and len(due) < BATCH_EVENTS and _moment(items[0], target) <= now:
        due.append(items.popleft())
    return due


def _moment(item: Item, target: Target) -> datetime:
    """Return when an event truly happens."""
    midnight = datetime.combine(target.first_day, datetime.min.time(), UTC)
    return midnight + timedelta(milliseconds=item.event.at if item.event else 0)


def _send(batch: Sequence[Item], target: Target) -> list[int]:
    answers = wait_until(
        lambda: _taken(batch, target),
        timeout_seconds=_PATIENCE_SECONDS,
        pause_seconds=_PAUSE_SECONDS,
        message=f"The collector at {target.url} does not take the events.",
    )
    for item, answer in zip(batch, answers, strict=True):
        expected = (200,) if item.event else _REFUSED
        if answer["status"] not in expected:
            raise OperationFailed(
                f"The collector answered an event of the simulation with {answer['status']}.",
                evidence=f"sent {wire(item, target, datetime.now(UTC))}, answered {answer}",
                do_next="A catalog that differs from the demo game's needs a simulation of its own.",
            )
    return [answer["status"] for answer in answers]


def _taken(batch: Sequence[Item], target: Target) -> list[dict[str, Any]]:
    """Send one request; return the answers, or nothing while Kafka has not acknowledged each of them."""
    now = datetime.now(UTC)
    elements = [wire(item, target, now) for item in batch]
    _, document = post_list(target.url, elements, run_id=target.run_id, write_key=target.write_key)
    if not isinstance(document, Mapping) or "items" not in document:
        raise OperationFailed("The collector refused a whole request.", evidence=str(document))
    answers: list[dict[str, Any]] = document["items"]
    return [] if any(answer["status"] == _NOT_NOW for answer in answers) else answers


def wire(item: Item, target: Target, now: datetime) -> Any:
    """Return one element as a client would write it at the moment `now`, by the clock that it has."""
    if item.event is None:
        return item.body
    user_id, _, event_type, fields = item.event
    offset = timedelta(milliseconds=item.offset)
    element = {
        "event_type": event_type,
        "event_id": f"{target.run_id}-{item.number:07d}",
        "user_id": user_id,
        "client_ts": _iso(_moment(item, target) + offset),
        **fields,
    }
    if item.clock is Clock.WRONG:
        element["sent_at"] = _iso(now + offset)
    return element


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
