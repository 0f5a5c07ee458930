"""`kill -9` of each part in turn while a client sends: every acknowledged id is in Presto once."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import pytest

from pipectl.errors import NotRunning, PipectlError, QueryFailed
from pipectl.waiting import wait_until
from tests.harness import RUNTIME, STORE, Stack
from tests.traffic import Reader, Sender, await_progress, landed_twice, missing_from

_NO_CONNECTION = ("ConnectException", "EOFException", "Connection reset", "SocketTimeoutException")


@dataclass(frozen=True)
class Victim:
    """A process of a service, and what a query may fail of while it is away: of nothing where none needs it.

    Presto's own absence is a NotRunning, whatever its reason.
    """

    service: str
    pick: Callable[[list[psutil.Process]], psutil.Process]
    absence: tuple[str, ...] = ()

    def explains(self, error: PipectlError) -> bool:
        """Say whether a reader's failure is the absence of this service."""
        if self.service == "presto":
            return isinstance(error, NotRunning)
        return isinstance(error, QueryFailed) and any(reason in error.evidence for reason in self.absence)


def leader(processes: list[psutil.Process]) -> psutil.Process:
    pids = {process.pid for process in processes}
    return next(process for process in processes if process.ppid() not in pids)


def worker(processes: list[psutil.Process]) -> psutil.Process:
    """The process that does the work, answering or reading records: the last one begun."""
    return max((each for each in processes if each != leader(processes)), key=psutil.Process.create_time)


def driver(processes: list[psutil.Process]) -> psutil.Process:
    """The job itself: in a container its parent is what keeps its exit code."""
    return next(process for process in processes if "jobs.stream" in process.cmdline())


def java(processes: list[psutil.Process]) -> psutil.Process:
    return next(process for process in processes if process.name() == "java")


VICTIMS = {
    "the collector's leader": Victim("collector", leader),
    "the collector's worker": Victim("collector", worker),
    "kafka": Victim("kafka", leader),
    "the stream's python": Victim("stream", driver),
    "the stream's jvm": Victim("stream", java),
    "the stream's worker": Victim("stream", worker),
    "the namenode": Victim("namenode", leader, (*_NO_CONNECTION, "Name node is in safe mode")),
    "the datanode": Victim("datanode", leader, (*_NO_CONNECTION, "BlockMissingException")),
    "presto": Victim("presto", leader),
    "the store": Victim(STORE, leader),
}


@pytest.mark.parametrize("name", VICTIMS)
def test_a_kill_loses_nothing_doubles_nothing_and_heals_by_itself(stack: Stack, name: str) -> None:
    """Send; kill; send until new events land again; drain; compare ids; no reader saw fewer than before."""
    victim = VICTIMS[name]
    with Sender(stack.url) as sender, Reader(stack.presto) as reader:
        await_progress(stack.presto, sender)
        killed = victim.pick(stack.processes(victim.service))
        killed.send_signal(signal.SIGKILL)
        await_progress(stack.presto, sender)
    stack.pipectl("drain")
    assert sender.acknowledged
    assert missing_from(stack.presto, sender.acknowledged) == set()
    assert landed_twice(stack.presto) == []
    assert reader.counts == sorted(reader.counts)
    assert [str(error) for _, error in reader.failures if not victim.explains(error)] == []
    assert stack.json("verify")["status"] == "ok"


def test_after_all_kills_a_second_client_reads_every_record_and_agrees(stack: Stack) -> None:
    assert stack.json("verify", "--deep")["data"]["differences"] == []


@pytest.mark.skipif(RUNTIME == "docker", reason="its supervisor is the daemon: see tests/docker")
def test_status_tells_the_truth_about_a_killed_service_and_up_heals_it(stack: Stack) -> None:
    """Freeze the supervisor first, so that it cannot heal before `status` has looked."""
    supervisor = psutil.Process(int((stack.folder / "supervisord.pid").read_text()))
    supervisor.kill()
    store = leader(stack.processes(STORE))
    store.kill()
    wait_until(lambda: not store.is_running(), timeout_seconds=5, message="It lives.")
    assert STORE in stack.json("status", expect=NotRunning.exit_code)["error"]["message"]
    stack.pipectl("up")
    assert stack.json("status")["status"] == "ok"
    stack.pipectl("stream", "start")
