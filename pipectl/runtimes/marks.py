"""Which processes are ours: each carries a mark in its environment, and so does all that it starts.

A pid alone is no identity (it is reused), and a process group is none either once its leader is gone.
The mark is the stack's folder and the service's name, so no other stack or program can match.
"""

import os
from collections.abc import Callable
from pathlib import Path

import psutil

MARK = "PIPECTL_SERVICE"
DIGEST = "PIPECTL_DIGEST"


def mark_of(stack_folder: Path, service: str) -> str:
    """Return the value of MARK for one service of a stack."""
    return f"{stack_folder}:{service}"


def marked(stack_folder: Path, service: str | None = None) -> list[psutil.Process]:
    """Return the live processes of one service, or of the whole stack, except the calling one."""
    wanted = mark_of(stack_folder, service or "")
    found = (process for process in psutil.process_iter() if process.pid != os.getpid())
    if service:
        return [process for process in found if environment(process).get(MARK) == wanted]
    return [process for process in found if environment(process).get(MARK, "").startswith(wanted)]


def environment(process: psutil.Process) -> dict[str, str]:
    """Return a process's environment; empty if it is gone, a zombie or somebody else's."""
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def end_all(processes: list[psutil.Process], *, grace_seconds: float) -> None:
    """Ask these to end, wait, force the rest, and wait until each is gone."""
    for process in processes:
        _signal(process.terminate)
    _, alive = psutil.wait_procs(processes, timeout=grace_seconds)
    for process in alive:
        _signal(process.kill)
    psutil.wait_procs(alive, timeout=10)


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
