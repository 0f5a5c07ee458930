"""CPU seconds of whole process groups, and servers of the reference that run for a while."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from pipectl.errors import OperationFailed
from pipectl.runtimes.marks import end_all
from pipectl.waiting import wait_until

_START_SECONDS = 30
_GRACE_SECONDS = 5


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return what these have used so far, in user and in system time together."""
    used = [process.cpu_times() for process in processes]
    return sum(times.user + times.system for times in used)


def group_of(pid: int) -> list[psutil.Process]:
    """Return a process and all that it has started."""
    leader = psutil.Process(pid)
    return [leader, *leader.children(recursive=True)]


@contextmanager
def reference_server(script: Path, port: int, words: Sequence[str], log: Path) -> Iterator[int]:
    """Run a server of the reference until the block ends; yields its pid once it answers.

    Raises OperationFailed, with the end of its log, when it ends or does not answer.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, script.name, str(port), *words], cwd=script.parent, stdout=file, stderr=file
        )
    try:
        wait_until(
            lambda: requests.get(f"http://127.0.0.1:{port}/", timeout=3).ok,
            timeout_seconds=_START_SECONDS,
            message=f"{script.name} does not answer.",
            watch=lambda: _check_runs(process, script, log),
        )
        yield process.pid
    finally:
        if process.poll() is None:
            end_all(group_of(process.pid), grace_seconds=_GRACE_SECONDS)
        process.wait()


def _check_runs(process: "subprocess.Popen[bytes]", script: Path, log: Path) -> None:
    if process.poll() is not None:
        raise OperationFailed(
            f"{script.name} ended with {process.returncode}.",
            evidence="\n".join(log.read_text("utf-8", errors="replace").splitlines()[-15:]),
            do_next="Run: pipectl doctor, then the benchmark again",
        )
