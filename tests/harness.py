"""A real stack for tests: the command line as a user types it, on ports and in folders of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pipectl.bundled import bundled
from pipectl.lake.presto import Presto
from pipectl.runtimes.marks import marked
from pipectl.runtimes.ports import free_ports, listeners
from pipectl.settings import Ports, Settings, load_settings
from tests import containers

PIPECTL = Path(sys.executable).parent / "pipectl"
RUNTIME = os.environ.get("PIPECTL_TEST_RUNTIME", "local")
"""The runtime of every stack that the tests make: never what happens to be there."""
STORE = os.environ.get("PIPECTL_TEST_STORE", "redis")
"""The store of the player state, likewise."""
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Which of the test runners that work side by side this is."""
_PORTS = range(20_000 + 2_000 * WORKER, 22_000 + 2_000 * WORKER)  # of this runner alone
ASSIGNED_COLLECTOR_PORT = 5000
_COMMAND_TIMEOUT_SECONDS = 900
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
"""For every engine: no test lives long enough for what the second compiler gains, and a start takes half. The
room for compiled code is that of both compilers, for Presto compiles what each query needs."""
_UNHURRIED = {"PIPECTL_STREAM__TRIGGER_SECONDS": "2", "PIPECTL_STATE__CYCLE_SECONDS": "2"}
"""For every stream: a batch costs about the same whatever is in it, and two runners share the machine."""


@dataclass(frozen=True)
class Stack:
    """One stack of its own; every command gets its settings from the environment."""

    home: Path
    ports: Mapping[str, int]
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        ports = {f"PIPECTL_PORTS__{name.upper()}": str(port) for name, port in self.ports.items()}
        own = {"PIPECTL_HOME": str(self.home), "PIPECTL_STACK": "test", "PIPECTL_RUNTIME": RUNTIME}
        own |= {"PIPECTL_STATE__STORE": STORE, **_UNHURRIED}
        own |= {"PIPECTL_CATALOG": str(self.catalog), **ports, **self.extra}
        # Hundreds of commands: none of them is to compile the package anew.
        own |= {"JDK_JAVA_OPTIONS": JAVA_OPTIONS, "PYTHONDONTWRITEBYTECODE": ""}
        return {**os.environ, **own, "COLUMNS": "200"}

    @property
    def settings(self) -> Settings:
        flags = {"home": self.home, "stack": "test", "runtime": RUNTIME, "catalog": self.catalog}
        flags |= {"state.store": STORE}
        return load_settings(
            flags={**flags, **{f"ports.{key}": port for key, port in self.ports.items()}}
        ).settings

    @property
    def catalog(self) -> Path:
        """The stack's own copy of the demo game's catalog: a test may let it grow, and it stays grown."""
        return self.home / "events.toml"

    @property
    def folder(self) -> Path:
        return self.home / "test"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['collector']}"

    @property
    def presto(self) -> Presto:
        return Presto("127.0.0.1", self.ports["presto"])

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.ports['kafka']}"

    def pipectl(self, *words: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user would and hold it to its exit code."""
        done = subprocess.run(
            [PIPECTL, *words],
            capture_output=True,
            text=True,
            check=False,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            timeout=_COMMAND_TIMEOUT_SECONDS,
        )
        shown = f"pipectl {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == expect, shown
        return done

    def json(self, *words: str, expect: int = 0) -> dict[str, Any]:
        """Run a command with --json and return the envelope."""
        envelope: dict[str, Any] = json.loads(
            self.pipectl(*words, "--json", expect=expect).stdout.splitlines()[-1]
        )
        return envelope

    def count(self, condition: str = "true") -> int:
        """Count landed events, as Presto sees them."""
        return int(self.presto.query(f"select count(*) from events where {condition}").scalar())

    def processes(self, service: str | None = None) -> list[psutil.Process]:
        """Return the processes of a service, or of the whole stack, the leader first."""
        in_docker = RUNTIME == "docker"
        found = containers.processes(self.settings, service) if in_docker else marked(self.folder, service)
        return sorted(found, key=lambda process: process.create_time())

    def run_second_stream(self) -> subprocess.CompletedProcess[str]:
        """Start the streaming job by hand, beside the one that runs."""
        told = json.loads((self.folder / "services/stream/service.json").read_text("utf-8"))
        command, environment = told["command"], told["environment"]
        if RUNTIME == "docker":
            flags = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
            command = ["docker", "exec", *flags, containers.name_of(self.settings, "stream"), *command]
        return subprocess.run(
            command,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def check_stopped(self) -> None:
        """Show that nothing of the stack runs or listens."""
        assert self.processes() == []
        assert not set(self.ports.values()) & {port for port, _ in listeners()}
        if RUNTIME == "docker":
            assert containers.leftovers(self.settings, volumes=False) == []

    def destroy(self) -> None:
        """End the stack and show that nothing of it is left."""
        self.pipectl("destroy", "--yes")
        self.check_stopped()
        assert not self.folder.exists()
        if RUNTIME == "docker":
            assert containers.leftovers(self.settings, volumes=True) == []


def new_stack(**extra: str) -> Stack:
    """Return a stack that has not been started, on free ports; the collector has 5000 where it is free."""
    ports = dict(zip(Ports.model_fields, free_ports(len(Ports.model_fields), _PORTS), strict=True))
    if WORKER == 0 and ASSIGNED_COLLECTOR_PORT not in {port for port, _ in listeners()}:
        ports["collector"] = ASSIGNED_COLLECTOR_PORT
    stack = Stack(home=Path(tempfile.mkdtemp(prefix="pipectl-test-")), ports=ports, extra=extra)
    shutil.copyfile(bundled("events.toml"), stack.catalog)
    return stack


def remove(stack: Stack) -> None:
    """Clean up after a test that may have failed anywhere."""
    if stack.folder.exists():
        subprocess.run([PIPECTL, "destroy", "--yes"], env=stack.environment, check=True, capture_output=True)
    shutil.rmtree(stack.home)
