"""CPU and memory of whole process groups, and programs of the reference that run beside the stack."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import requests

from pipectl.bundled import bundled
from pipectl.errors import OperationFailed
from pipectl.runtimes.marks import end_all
from pipectl.waiting import wait_until

_START_SECONDS = 30
_GRACE_SECONDS = 5


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return what these have used so far, in user and in system time together."""
    used = [process.cpu_times() for process in processes]
    return sum(times.user + times.system for times in used)


def memory_bytes(processes: Iterable[psutil.Process]) -> tuple[int, int]:
    """Return what these take: their share of pages (PSS), so that a shared one counts once, and their RSS."""
    found = [process.memory_full_info() for process in processes]
    return sum(each.pss for each in found), sum(each.rss for each in found)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The memory of some processes at one moment (PSS, bytes; UTC)."""

    at: datetime
    pss: int


@contextmanager
def memory_watched(
    group: Callable[[], Iterable[psutil.Process]], *, every_seconds: float
) -> Iterator[list[Reading]]:
    """Note the memory of a group again and again until the block ends; yields the list that it goes into."""
    readings: list[Reading] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(every_seconds):
            with suppress(psutil.NoSuchProcess):  # one of them has just ended: the next reading is without it
                readings.append(Reading(at=datetime.now(UTC), pss=memory_bytes(group())[0]))

    watcher = threading.Thread(target=watch, name="memory", daemon=True)
    watcher.start()
    try:
        yield readings
    finally:
        is_over.set()
        watcher.join()


def group_of(pid: int) -> list[psutil.Process]:
    """Return a process and all that it has started."""
    leader = psutil.Process(pid)
    return [leader, *leader.children(recursive=True)]


def reference_script(name: str) -> Path:
    """Return where a script of `bench/reference` is."""
    return bundled("bench") / "reference" / name


@dataclass(frozen=True, kw_only=True)
class Program:
    """A Python script of the reference with its words; `environment` None is that of this process."""

    script: Path
    words: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = field(default=None, repr=False)

    def lines(self) -> list[str]:
        """Return what it has said so far."""
        return self.log.read_text("utf-8", errors="replace").splitlines()


@contextmanager
def running(program: Program) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends; then it is ended, with all that it has started."""
    with program.log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, program.script.name, *program.words],
            cwd=program.script.parent,
            env=program.environment,
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            end_all(group_of(process.pid), grace_seconds=_GRACE_SECONDS)
        process.wait()


def run_to_end(program: Program, *, timeout_seconds: float) -> list[str]:
    """Run a program to its end and return what it said; raises OperationFailed if it fails or hangs."""
    with running(program) as process:
        wait_until(
            lambda: process.poll() is not None,
            timeout_seconds=timeout_seconds,
            message=f"{program.script.name} has not ended.",
        )
        if process.returncode:
            check_runs(process, program)
    return program.lines()


@contextmanager
def reference_server(script: Path, port: int, words: Sequence[str], log: Path) -> Iterator[int]:
    """Run a server of the reference until the block ends; yields its pid once it answers.

    Raises OperationFailed, with the end of its log, when it ends or does not answer.
    """
    program = Program(script=script, words=(str(port), *words), log=log)
    with running(program) as process:
        wait_until(
            lambda: requests.get(f"http://127.0.0.1:{port}/", timeout=3).ok,
            timeout_seconds=_START_SECONDS,
            message=f"{script.name} does not answer.",
            watch=lambda: check_runs(process, program),
        )
        yield process.pid


def check_runs(process: "subprocess.Popen[bytes]", program: Program) -> None:
    """Raise OperationFailed, with the end of its log, if a program has ended."""
    if process.poll() is not None:
        raise OperationFailed(
            f"{program.script.name} ended with {process.returncode}.",
            evidence="\n".join(program.lines()[-15:]),
            do_next="Run: pipectl doctor, then the benchmark again",
        )
