"""A real ab against a small HTTP server of this test, from one run up to the command line."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import typer
from typer.testing import CliRunner, Result

from pipectl.bench.ab import AbRun
from pipectl.bench.ab_process import check_ab, run_ab
from pipectl.bench.load import LoadProgress, LoadRequest, run_load, save_result
from pipectl.bench.profiles import Profile, load_profile, parse_profile
from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.cli import events, load
from pipectl.errors import NotRunning, OperationFailed, ToolMissing, UsageFault

CATALOG = load_catalog(bundled("events.toml"))
CLOSED = "http://127.0.0.1:1"


class _Handler(BaseHTTPRequestHandler):
    """Answers like a collector: ready, and a line of constant length; /join_guild is unavailable."""

    requests: ClassVar[list[tuple[str, str, str, str]]] = []
    bodies: ClassVar[list[bytes]] = []
    is_ready: ClassVar[bool] = True

    def do_GET(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if self.path == "/ready":
            self._answer(200 if self.is_ready else 503, b"ready\n")
            return
        mark = f"{self.headers['X-Pipectl-Traffic']} {self.headers['X-Pipectl-Run']}"
        self.requests.append((self.command, self.path, self.headers["Host"], mark))
        if self.path == "/events":
            self._answer_event(json.loads(self.bodies[-1]))
        else:
            self._answer(503 if self.path == "/join_guild" else 200, b"Done!\n")

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

    def _answer_event(self, event: dict[str, Any]) -> None:
        if event.get("price") == "much":
            error = {"path": "$.price", "rule": "type", "message": "price is not an integer"}
            document = {"status": 422, "reason": "catalog_violation", "message": "", "errors": [error]}
            self._answer(422, json.dumps(document).encode())
        else:
            self._answer(200, json.dumps({"status": "accepted", "event_id": "id-1"}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    _Handler.requests.clear()
    _Handler.bodies.clear()
    _Handler.is_ready = True
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _profile(event: str, requests: int = 3, **profile: Any) -> Profile:
    step = {"event": event, "players": ["me", "you"], "requests": requests}
    return parse_profile("mine", {"summary": "", "step": [step], **profile})


def _request(url: str, profile: Profile) -> LoadRequest:
    return LoadRequest(profile=profile, catalog=CATALOG, url=url)


def _run(url: str, requests: int) -> AbRun:
    return AbRun(method="GET", url=f"{url}/", player="me", requests=requests)


def test_a_run_ends_with_abs_own_report_and_tells_how_far_it_is(url: str) -> None:
    heard: list[int] = []
    outcome = run_ab(_run(url, 200), heard.append)
    assert outcome.ending == "done"
    assert outcome.report
    assert outcome.report.acknowledged == len(_Handler.requests) == 200
    assert heard == [100, 200]


def test_a_body_reaches_the_server_with_each_verb(url: str) -> None:
    for method in ("POST", "PUT"):
        run_ab(replace(_run(url, 1), method=method, body=b'{"price": 1}'))
    assert [request[0] for request in _Handler.requests] == ["POST", "PUT"]
    assert _Handler.bodies == [b'{"price": 1}', b'{"price": 1}']


def test_ctrl_c_ends_ab_which_still_reports_what_it_did(url: str) -> None:
    def interrupt(_completed: int) -> None:
        raise KeyboardInterrupt

    outcome = run_ab(_run(url, 5_000), interrupt)
    assert outcome.ending == "interrupted"
    assert outcome.report
    assert 500 <= outcome.report.completed < 5_000


def test_an_ab_that_gives_up_is_told_with_its_complaint() -> None:
    outcome = run_ab(_run(CLOSED, 1))
    assert (outcome.ending, outcome.report) == ("broken", None)
    assert "Connection refused" in outcome.complaint


def test_without_ab_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing) as caught:
        check_ab()
    assert "apache2-utils" in caught.value.do_next


def test_smoke_sends_each_of_its_eighty_requests_once_under_one_run_id(url: str) -> None:
    request = _request(url, load_profile("smoke", CATALOG))
    result = run_load(request)
    sent = Counter((path, host) for _, path, host, _ in _Handler.requests)
    assert set(sent.values()) == {10}
    assert len(sent) == 8
    assert {mark for *_, mark in _Handler.requests} == {f"load {request.run_id}"}
    assert (result.total.completed, result.total.non_2xx, result.is_good) == (80, 20, False)


def test_a_load_with_seconds_begins_again_after_its_last_step(url: str) -> None:
    rounds = 3
    planned = _profile("default").requests

    def interrupt(progress: LoadProgress) -> None:
        assert progress.planned is None
        if progress.completed >= rounds * planned:
            raise KeyboardInterrupt

    result = run_load(replace(_request(url, _profile("default")), seconds=600.0), interrupt)
    assert result.total.completed == len(_Handler.requests) == rounds * planned


def test_a_load_ends_when_its_seconds_are_over(url: str) -> None:
    step = {"event": "default", "players": ["user{1..9000}"], "requests": 1}
    profile = parse_profile("endless", {"summary": "", "seconds": 0.2, "step": [step]})
    result = run_load(_request(url, profile))
    assert result.ending == "done"
    assert result.total.seconds >= 0.2
    assert result.total.completed < profile.requests


def test_ctrl_c_leaves_the_figures_so_far(url: str) -> None:
    def interrupt(progress: LoadProgress) -> None:
        if progress.completed >= 3:
            raise KeyboardInterrupt

    result = run_load(_request(url, _profile("default")), interrupt)
    assert result.ending == "interrupted"
    assert (result.total.completed, result.is_good) == (3, False)


def test_a_collector_that_is_away_or_not_ready_stops_a_load_before_it_begins(url: str) -> None:
    with pytest.raises(NotRunning, match="No collector answers"):
        run_load(_request(CLOSED, _profile("default")))
    _Handler.is_ready = False
    with pytest.raises(NotRunning, match="not ready"):
        run_load(_request(url, _profile("default")))
    with pytest.raises(UsageFault, match="no address"):
        run_load(_request("garbage", _profile("default")))
    assert not _Handler.requests


def test_a_result_that_cannot_be_saved_is_told(url: str, tmp_path: Path) -> None:
    result = run_load(_request(url, _profile("default")))
    (tmp_path / "file").touch()
    with pytest.raises(OperationFailed, match="cannot be saved"):
        save_result(result, tmp_path / "file" / "below.json")


def _pipectl(url: str, tmp_path: Path, *words: str) -> Result:
    """Run the commands of these two nouns with a stack of their own, in which Presto is not running."""
    app = typer.Typer()
    load.register(app)
    events.register(app)
    environment = {
        "PIPECTL_HOME": str(tmp_path / "home"),
        "PIPECTL_PORTS__COLLECTOR": url.rpartition(":")[2],
        "PIPECTL_PORTS__PRESTO": "1",
    }
    return CliRunner().invoke(app, words, env=environment)


def test_the_command_saves_what_it_shows_and_goes_on_without_presto(url: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('summary = "x"\n[[step]]\nevent = "default"\nplayers = ["me"]\nrequests = 3\n', "utf-8")
    outcome = _pipectl(url, tmp_path, "load", "--profile", str(file), "--json")
    data = json.loads(outcome.stdout)["data"]
    saved = json.loads(Path(data["file"]).read_text("utf-8"))
    assert outcome.exit_code == 0
    assert Path(data["file"]).parent == tmp_path / "home" / "default" / "loads"
    assert {**saved, "file": data["file"], "landed": None} == data
    assert saved["total"]["acknowledged"] == 3


def test_the_command_fails_with_the_counts_when_a_request_was_not_acknowledged(
    url: str, tmp_path: Path
) -> None:
    outcome = _pipectl(url, tmp_path, "load", "--profile", "smoke", "--out", str(tmp_path / "out.json"))
    failure = outcome.exception
    assert isinstance(failure, OperationFailed)
    assert failure.what == "20 of 80 requests were not answered 2xx."
    assert failure.evidence == "ab counts 20 non-2xx and 0 failed"
    assert failure.data["total"] == json.loads((tmp_path / "out.json").read_text("utf-8"))["total"]
    assert "20 non-2xx and 0 failed" in outcome.stdout


def test_an_event_is_sent_with_values_of_the_catalogs_types(url: str, tmp_path: Path) -> None:
    words = ("purchase_sword", "sword_type=7", "price=120", "--user", "me", "--id", "a-1", "--json")
    outcome = _pipectl(url, tmp_path, "events", "send", *words)
    assert outcome.exit_code == 0
    assert json.loads(outcome.stdout)["data"]["answer"]["event_id"] == "id-1"
    assert json.loads(_Handler.bodies[-1]) == {
        "event_type": "purchase_sword",
        "user_id": "me",
        "event_id": "a-1",
        "sword_type": "7",
        "price": 120,
    }


def test_what_the_collector_refuses_is_told_with_each_broken_rule(url: str, tmp_path: Path) -> None:
    outcome = _pipectl(url, tmp_path, "events", "send", "purchase_sword", "price=much")
    assert isinstance(outcome.exception, UsageFault)
    assert outcome.exception.evidence == "$.price (type): price is not an integer"
