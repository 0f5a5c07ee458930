"""A client that brings its own ids and remembers each 2xx, and a reader that watches Presto meanwhile.

`ab` can do neither: it cannot name what it sent, and its counts are wrong when a server is killed.
"""

import json
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pipectl.errors import PipectlError
from pipectl.lake.presto import Presto
from pipectl.waiting import wait_until

_TIMEOUT_SECONDS = 20
_RETRY_PAUSE_SECONDS = 0.05
_READ_PAUSE_SECONDS = 2.0  # often enough to meet each state of the lake, and leaves it some of the machine
_HEAL_SECONDS = 90
_PROGRESS_EVENTS = 50
# An event without a time of the client's has that of its receipt: only the files of today need be read.
_LANDED = "select count(*) from events where event_id in (:ids) and event_ts >= :begun"


class Sender:
    """Sends events until the block ends; one that was not acknowledged is sent again under the same id.

    With `copies`, each is sent until it was acknowledged so many times.
    """

    def __init__(self, url: str, *, threads: int = 2, pause_seconds: float = 0.01, copies: int = 1) -> None:
        self.acknowledged: set[str] = set()
        self.sent: set[str] = set()
        self._address = urlsplit(url).netloc
        self._pause_seconds = pause_seconds
        self._copies = copies
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send_all, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send_all(self, number: int) -> None:
        # Not `requests`: it takes four times the CPU, of a machine that also runs what is tested.
        with closing(HTTPConnection(self._address, timeout=_TIMEOUT_SECONDS)) as connection:
            while not self._stop.is_set():
                event_id = str(uuid.uuid4())
                self.sent.add(event_id)
                for _ in range(self._copies):
                    self._send_until_acknowledged(connection, event_id, number)
                self._stop.wait(self._pause_seconds)

    def _send_until_acknowledged(self, connection: HTTPConnection, event_id: str, number: int) -> None:
        while not self._send(connection, event_id, number) and not self._stop.wait(_RETRY_PAUSE_SECONDS):
            pass

    def _send(self, connection: HTTPConnection, event_id: str, number: int) -> bool:
        event = {"event_type": "purchase_sword", "event_id": event_id, "user_id": f"player{number}"}
        try:
            connection.request("POST", "/events", json.dumps(event), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            connection.close()  # the next request opens it again
            return False
        acknowledged = answer.status == HTTPStatus.OK
        if acknowledged:
            self.acknowledged.add(event_id)
        return acknowledged


@dataclass
class Reader:
    """Counts the landed events again and again; keeps each count, and each failure with its time."""

    presto: Presto
    counts: list[int] = field(default_factory=list)
    failures: list[tuple[float, PipectlError]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_all)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _read_all(self) -> None:
        while not self._stop.wait(_READ_PAUSE_SECONDS):
            try:
                self.counts.append(self.presto.query("select count(*) from events").scalar())
            except PipectlError as error:
                self.failures.append((time.monotonic(), error))


def await_progress(presto: Presto, sender: Sender) -> None:
    """Wait until more events are acknowledged than now, and one of these has landed."""
    before = set(sender.acknowledged)
    begun = datetime.now(UTC)

    def has_progress() -> bool:
        fresh = sorted(sender.acknowledged - before)[:_PROGRESS_EVENTS]
        return len(fresh) == _PROGRESS_EVENTS and presto.query(_LANDED, ids=fresh, begun=begun).scalar() > 0

    wait_until(has_progress, timeout_seconds=_HEAL_SECONDS, message="Nothing lands.", pause_seconds=1.0)


def missing_from(presto: Presto, ids: set[str]) -> set[str]:
    """Return the ids that Presto does not have."""
    return ids - {event_id for (event_id,) in presto.query("select event_id from events").rows}


def landed_twice(presto: Presto) -> list[str]:
    """Return the ids that Presto has more than once."""
    twice = presto.query("select event_id from events group by event_id having count(*) > 1")
    return [event_id for (event_id,) in twice.rows]
