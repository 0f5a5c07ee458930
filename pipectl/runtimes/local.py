"""The local runtime: services are processes of this machine, kept by supervisord."""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import psutil

from pipectl.runtimes.base import PlannedStep, ServiceState
from pipectl.runtimes.launch import SERVICE_FILE
from pipectl.runtimes.marks import DIGEST, end_all, environment, marked
from pipectl.runtimes.supervisord import ProgramState, Supervisord
from pipectl.services.recipe import Recipe, Service

_FOLLOW_PAUSE_SECONDS = 0.2


class LocalRuntime:
    """Runs the services of one stack as local processes; see `base.Runtime` for the contract."""

    def __init__(self, stack_folder: Path, recipes: Sequence[Recipe]) -> None:
        """Take the stack's folder and the recipe of every service of it; starts nothing."""
        self._folder = stack_folder
        self._names = tuple(recipe.name for recipe in recipes)
        self._supervisord = Supervisord(stack_folder, recipes)

    def states(self) -> Mapping[str, ServiceState]:
        """Return the state of each service, in the order of the recipes."""
        known = self._supervisord.states()
        return {name: _service_state(name, known.get(name)) for name in self._names}

    def execute(self, plan: Sequence[PlannedStep]) -> None:
        """Write what each service reads, then begin to start those that need it."""
        for name in self._names:
            self._service_folder(name).mkdir(parents=True, exist_ok=True)
        self._supervisord.ensure_running()
        for step in plan:
            if step.action == "keep":
                continue
            if step.action == "restart":
                self._supervisord.stop(step.service.name)
            self._write(step.service)
            self._supervisord.start(step.service.name)

    def stop(self, names: Sequence[str]) -> None:
        """Stop services in this order, with whatever of them outlived their leader."""
        for name in names:
            if self._supervisord.is_running():
                self._supervisord.stop(name)
            end_all(marked(self._folder, name), grace_seconds=2)

    def logs(self, name: str, lines: int) -> Iterator[str]:
        """Yield the last lines of a service's log; none if it never ran."""
        path = self._log(name)
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in deque(file, maxlen=lines))

    def follow(self, name: str) -> Iterator[str]:
        """Yield lines as they are written, from the end of the log on, for ever."""
        path = self._log(name)
        path.touch()
        with path.open(encoding="utf-8", errors="replace") as file:
            file.seek(0, 2)
            while True:
                if line := file.readline():
                    yield line.rstrip("\n")
                else:
                    time.sleep(_FOLLOW_PAUSE_SECONDS)

    def down(self) -> None:
        """Stop every service backwards along the way of an event, then the daemon, then any leftover."""
        self.stop(tuple(reversed(self._names)))
        self._supervisord.shut_down()
        end_all(marked(self._folder), grace_seconds=2)

    def _write(self, service: Service) -> None:
        folder = self._service_folder(service.name)
        for name in service.folders:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in service.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        described = {**asdict(service), "digest": service.digest}
        (folder / SERVICE_FILE).write_text(json.dumps(described, indent=2), "utf-8")

    def _service_folder(self, name: str) -> Path:
        return self._folder / "services" / name

    def _log(self, name: str) -> Path:
        return self._service_folder(name) / "log"


def _service_state(name: str, state: ProgramState | None) -> ServiceState:
    if state is None:
        return ServiceState(name=name, running=False, detail="not started")
    return ServiceState(
        name=name,
        running=state.running,
        is_over=state.is_over,
        pid=state.pid,
        uptime_seconds=state.uptime_seconds,
        exit_code=state.exit_code,
        digest=_digest_of(state.pid),
        detail=state.detail,
    )


def _digest_of(pid: int | None) -> str | None:
    if pid is None or not psutil.pid_exists(pid):
        return None
    return environment(psutil.Process(pid)).get(DIGEST)
