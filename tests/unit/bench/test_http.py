"""A real ab against the real server of the reference that gives constant answers."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pipectl.bench.ab import AbRun
from pipectl.bench.suite.http import Server, measure
from pipectl.bench.suite.processes import cpu_seconds, group_of, reference_script, reference_server
from pipectl.errors import OperationFailed
from pipectl.runtimes.ports import free_ports

SCRIPT = reference_script("constant_server.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    (port,) = free_ports(1)
    with reference_server(SCRIPT, port, (), tmp_path_factory.mktemp("bench") / "log") as pid:
        yield Server(name="constant", url=f"http://127.0.0.1:{port}", group=lambda: group_of(pid))


def _run(server: Server, requests: int = 200) -> AbRun:
    return AbRun(method="GET", url=f"{server.url}/any", player="p", requests=requests, concurrency=2)


def test_a_measurement_has_cpu_and_rate_of_each_event(server: Server) -> None:
    sample = measure(server, _run(server))

    assert next(iter(sample)) == "cpu_us_per_event"
    assert sample["events"] == 200
    assert sample["events_per_second"] > 0


def test_the_group_is_the_leader_and_its_workers(server: Server) -> None:
    assert len(server.group()) > 1
    assert cpu_seconds(server.group()) > 0


def test_a_request_with_a_list_counts_its_events(server: Server) -> None:
    assert measure(server, _run(server), events_a_request=100)["events"] == 20_000


def test_a_request_that_is_not_answered_ends_the_run(server: Server) -> None:
    with pytest.raises(OperationFailed, match="has not answered every request") as failure:
        measure(server, replace(_run(server), url="http://127.0.0.1:1/"))

    assert "ab -n 200" in failure.value.do_next


def test_a_server_is_ended_with_its_workers(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with reference_server(SCRIPT, port, (), tmp_path / "log") as pid:
        group = group_of(pid)

    assert [process for process in group if process.is_running() and psutil.pid_exists(process.pid)] == []


def test_a_server_that_does_not_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no Kafka there')\n", "utf-8")

    with (
        pytest.raises(OperationFailed, match=r"broken\.py ended") as failure,
        reference_server(script, 1, (), tmp_path / "log"),
    ):
        sys.exit("not reached")

    assert "no Kafka there" in failure.value.evidence
