"""The open loop, and what is made of its moments: no time of this machine is asserted."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipectl.bench.suite.freshness import Seen, sample_of, watch
from pipectl.bench.suite.open_loop import Schedule, Sent, send
from pipectl.errors import OperationFailed
from pipectl.lake.presto import Presto


class Collector(ThreadingHTTPServer):
    """Takes every event but those of one type, and remembers them with their headers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[dict[str, Any], str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((event, self.headers["X-Pipectl-Run"]))
        body = json.dumps({"event_id": f"id-of-{event['user_id']}"}).encode()
        self.send_response(422 if event["event_type"] == "refused" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_event_is_sent_once_in_the_name_of_the_run(collector: Collector) -> None:
    schedule = Schedule(begin=time.time(), events_per_second=1_000, events=30)

    sent = send(collector.url, schedule, {"event_type": "heal"}, "run-1")

    assert sorted(each.event_id for each in sent) == sorted(f"id-of-player-{n}" for n in range(30))
    assert sorted(each.intended for each in sent) == [schedule.moment(number) for number in range(30)]
    assert len(collector.taken) == 30
    assert {run for _, run in collector.taken} == {"run-1"}


def test_an_event_that_is_not_accepted_ends_the_sending(collector: Collector) -> None:
    schedule = Schedule(begin=time.time(), events_per_second=1_000, events=10)

    with pytest.raises(OperationFailed, match="not accepted") as failure:
        send(collector.url, schedule, {"event_type": "refused"}, "run-1")

    assert "422" in failure.value.evidence


def test_the_moments_are_even_whatever_the_answers_do() -> None:
    schedule = Schedule(begin=1000.0, events_per_second=200, events=400)

    assert [schedule.moment(number) for number in (0, 1, 200, 399)] == [1000.0, 1000.005, 1001.0, 1001.995]


def test_times_are_counted_from_the_intended_moment() -> None:
    sent = [
        Sent(event_id=str(number), intended=100.0 + number, answered=100.5 + number) for number in range(20)
    ]
    seen = {
        str(number): Seen(in_kafka=100.25 + number, visible=101.0 + number + (number == 19))
        for number in range(20)
    }

    assert sample_of(sent, seen) == {
        "p50_s": 1.0,
        "p95_s": 1.0,
        "max_s": 2.0,
        "in_kafka_p95_s": 0.25,
        "answered_p95_s": 0.5,
    }


def test_a_sending_that_failed_ends_the_watch_with_its_own_reason() -> None:
    sending: Future[Any] = Future()
    sending.set_exception(OperationFailed("An event was not accepted."))

    with pytest.raises(OperationFailed, match="not accepted"):
        watch(Presto("127.0.0.1", 1), "run", sending)
