"""A client that sends at a fixed rate, whatever the answers do.

A client that waits for each answer slows down with the server and so never meets its bad moments
(coordinated omission). Here each event has its moment before anything is sent, and every time is counted from
that moment, also where the event had to wait for its turn.
"""

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from pipectl.errors import OperationFailed

_SENDERS = 8  # at 200 events/s each has 40 ms for one, ten times what it takes
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The moments (seconds since the epoch) at which events are to be sent: evenly, from `begin` on."""

    begin: float
    events_per_second: float
    events: int

    def moment(self, number: int) -> float:
        """Return when event `number` is to be sent, counted from 0."""
        return self.begin + number / self.events_per_second


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An accepted event: when it was to be sent, and when it was answered (seconds since the epoch)."""

    event_id: str
    intended: float
    answered: float


def send(url: str, schedule: Schedule, event: Mapping[str, Any], run_id: str) -> list[Sent]:
    """Send an event again and again at the moments of a schedule; blocks until the last one is answered.

    Each is of another player. Raises OperationFailed when one is not accepted.
    """
    sender = Sender(url=url, schedule=schedule, event=event, run_id=run_id)
    turns = [range(first, schedule.events, _SENDERS) for first in range(_SENDERS)]
    with ThreadPoolExecutor(_SENDERS, thread_name_prefix="sender") as pool:
        return [sent for of_turn in pool.map(sender.send, turns) for sent in of_turn]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What every sending thread does, on a connection of its own that stays open."""

    url: str
    schedule: Schedule
    event: Mapping[str, Any]
    run_id: str

    def send(self, numbers: range) -> list[Sent]:
        """Send these events, each at its moment."""
        clock = threading.Event()  # never set: waiting for it is waiting for the moment
        address = urlsplit(self.url).netloc
        sent = []
        with closing(HTTPConnection(address, timeout=_TIMEOUT_SECONDS)) as connection:
            for number in numbers:
                intended = self.schedule.moment(number)
                clock.wait(max(0.0, intended - time.time()))
                event_id = self._post(connection, {**self.event, "user_id": f"player-{number}"})
                sent.append(Sent(event_id=event_id, intended=intended, answered=time.time()))
        return sent

    def _post(self, connection: HTTPConnection, event: Mapping[str, Any]) -> str:
        # http.client, for the client shares the machine: a session of requests costs several times as much.
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Pipectl-Run": self.run_id,
            "X-Pipectl-Traffic": "load",
        }
        connection.request("POST", "/events", json.dumps(event), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != HTTPStatus.OK:
            raise OperationFailed("An event was not accepted.", evidence=f"{answer.status} {text}")
        return str(json.loads(text)["event_id"])
