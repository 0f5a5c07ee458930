"""Sending to a small HTTP server that answers as a collector does."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipectl.errors import OperationFailed
from pipectl.simulate import world
from pipectl.simulate.delivery import Item
from pipectl.simulate.life import Event
from pipectl.simulate.runs import Plan, play, play_on
from pipectl.simulate.sending import Sent, Target, send_all, send_as_it_happens

MALFORMED = Item(0, body={"event_type": "fly"})


class FakeCollector(ThreadingHTTPServer):
    """Takes what has an `event_id`, refuses the rest; `away` answers are 503 for the second event."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[list[Any]] = []
        self.runs: set[str] = set()
        self.away = 0
        self.takes_everything = False

    @property
    def target(self) -> Target:
        today = datetime.now(UTC).date()
        return Target(url=f"http://127.0.0.1:{self.server_port}", run_id="run", first_day=today)

    def answers(self, elements: list[Any]) -> list[dict[str, Any]]:
        statuses = [200 if self.takes_everything or "event_id" in each else 422 for each in elements]
        if self.away:
            self.away -= 1
            statuses[1] = 503
        return [{"status": status} for status in statuses]


class _Handler(BaseHTTPRequestHandler):
    server: FakeCollector

    def do_POST(self) -> None:
        elements = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(elements, list)  # one element is answered in another form
        self.server.requests.append(elements)
        self.server.runs.add(self.headers["X-Pipectl-Run"])
        body = json.dumps({"items": self.server.answers(elements)}).encode()
        self.send_response(207)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[FakeCollector]:
    with FakeCollector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def event(number: int, at: int = 0) -> Item:
    return Item(number, Event("ann", at, "login", {}))


def test_everything_is_sent_under_the_runs_name_and_counted(collector: FakeCollector) -> None:
    told: list[int] = []
    sent = send_all([(event(1), MALFORMED), (event(2), event(3))], collector.target, told.append)
    assert sent == Sent(accepted=3, refused=1)
    assert told == [2, 4]
    assert collector.runs == {"run"}


def test_a_request_that_kafka_did_not_take_whole_is_sent_again_under_the_same_ids(
    collector: FakeCollector,
) -> None:
    collector.away = 1
    assert send_all([(event(1), event(2))], collector.target) == Sent(accepted=2, refused=0)
    first, again = ([each["event_id"] for each in elements] for elements in collector.requests)
    assert first == again


def test_a_collector_that_takes_what_is_malformed_fails_the_simulation(collector: FakeCollector) -> None:
    collector.takes_everything = True
    with pytest.raises(OperationFailed, match="answered an event of the simulation with 200"):
        send_all([(event(1), MALFORMED)], collector.target)


def test_live_events_wait_for_their_time(collector: FakeCollector) -> None:
    target = collector.target
    midnight = datetime.combine(target.first_day, datetime.min.time(), UTC)
    now = (datetime.now(UTC) - midnight) // timedelta(milliseconds=1)
    events = [Event("ann", at, "login", {}) for at in (now - world.SECOND, now - 1, now + world.SECOND)]
    assert send_as_it_happens(events, target, after=10) == 3
    ids = [[each["event_id"] for each in elements] for elements in collector.requests]
    assert ids == [["run-0000011", "run-0000012"], ["run-0000013"]]


def test_today_goes_on_where_the_past_days_ended() -> None:
    plan = Plan(days=10, players=40, seed=7, until=datetime.now(UTC).date())
    today, before = play_on(plan), {(each.user_id, each.at) for each in play(plan).landed}
    assert today
    assert min(each.at for each in today) >= plan.days * world.DAY
    assert not before & {(each.user_id, each.at) for each in today}
    assert {each.user_id for each in today} <= {user_id for user_id, _ in before}
