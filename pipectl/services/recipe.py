"""The seam of the recipes: what a service is (a frozen value) and how one tells that it is ready.

A recipe describes, a runtime runs. `describe` is pure: the same settings and site give the same
`Service`, which plans and golden files compare. `prepare` and `check_ready` speak the service's own
protocol and raise any exception for "not yet".
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipectl.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where the services of one stack live, as they see it themselves; each runtime has its own."""

    stack_folder: Path
    cluster_id: str
    jars: Mapping[str, Path]  # name of a pom -> folder of its jars
    class_archives: Path  # folder of what JVMs leave for later ones
    java: Path
    python: Path
    bundle: Path  # the folder that holds `jobs/`
    catalog: str  # the text of events.toml: a changed catalog is a changed service
    bind: str = "127.0.0.1"
    hosts: Mapping[str, str] = field(default_factory=dict)  # service -> name, where it is not loopback

    def folder(self, service: str) -> Path:
        """Return the folder of one service: its configuration, data and log."""
        return self.stack_folder / "services" / service

    def host(self, service: str) -> str:
        """Return the name under which the other services find this one."""
        return self.hosts.get(service, "127.0.0.1")

    @property
    def has_two_viewpoints(self) -> bool:
        """Whether services find each other under other names than the user finds them."""
        return bool(self.hosts)


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process group of a stack.

    `files` (path within the service's folder -> text) are written and `folders` made before each
    start; `first_time` commands run once, before the very first start, on an empty folder `data`. A timer
    of the service may be `timer_slack_ms` late, so that the kernel wakes it for several at once.
    """

    name: str
    command: tuple[str, ...]
    address: str
    ports: Mapping[str, int]
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    first_time: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    timer_slack_ms: int = 0  # 0: the kernel's own, 0.05 ms

    @property
    def digest(self) -> str:
        """A hash of all of the above: a running service with another one must be restarted."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def _nothing_to_prepare(_settings: Settings) -> None:
    """Most services are ready as they are."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a service is described, made ready, asked and stopped.

    `poms` name the jars that it needs, `programs` the commands and the Debian packages that have them, and
    `memory_mb` how much a container may use, page cache aside.
    It gets `stop_seconds` to end by itself, and is not started again after a final exit code.
    """

    name: str
    describe: Callable[[Settings, Site], Service]
    check_ready: Callable[[Settings], None]
    memory_mb: Callable[[Settings], int]
    prepare: Callable[[Settings], None] = _nothing_to_prepare
    poms: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 10
    final_exit_codes: tuple[int, ...] = ()
