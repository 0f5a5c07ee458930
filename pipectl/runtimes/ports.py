"""Who listens where: a taken port is found before anything starts, and its owner is named."""

import itertools
import random
import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from pipectl.errors import PortTaken
from pipectl.runtimes.marks import MARK, environment
from pipectl.services.recipe import Service

_FOR_LISTENERS = range(20_000, 32_000)  # Linux gives those above to connections, at any moment


def check_ports(services: Iterable[Service], stack_folder: Path) -> None:
    """Raise PortTaken, with owner and setting, if somebody else listens on a port of these services."""
    wanted = {port: (service.name, use) for service in services for use, port in service.ports.items()}
    for port, pid in listeners():
        if port in wanted and not _is_ours(pid, stack_folder):
            service, use = wanted[port]
            raise PortTaken(
                f"Port {port}, which {service} needs ({use}), is taken.",
                evidence=f"It belongs to {owner(pid)}.",
                do_next="End that program, or set another port: see `pipectl config show`, section ports.",
            )


def listeners() -> Iterable[tuple[int, int | None]]:
    """Yield (port, pid) of all that listens on this machine; the pid is None if it is not ours to see."""
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            yield connection.laddr.port, connection.pid


def free_ports(count: int, among: range = _FOR_LISTENERS) -> list[int]:
    """Return ports of 127.0.0.1 at which nobody listens now."""
    free = (port for port in random.sample(among, len(among)) if _is_free(port))
    return list(itertools.islice(free, count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def owner(pid: int | None) -> str:
    """Describe a process: pid and command."""
    if pid is None:
        return "a process of another user"
    try:
        return f"pid {pid}: {' '.join(psutil.Process(pid).cmdline())[:200]}"
    except psutil.Error:
        return f"pid {pid}"


def _is_ours(pid: int | None, stack_folder: Path) -> bool:
    try:
        return environment(psutil.Process(pid)).get(MARK, "").startswith(f"{stack_folder}:") if pid else False
    except psutil.NoSuchProcess:
        return False
