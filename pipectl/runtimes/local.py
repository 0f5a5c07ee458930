"""The local runtime: services are processes of this machine, kept by supervisord."""

import shutil
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import psutil

from pipectl.bundled import bundle_root
from pipectl.errors import ToolMissing
from pipectl.runtimes.base import PlannedStep, ServiceState
from pipectl.runtimes.launch import LEFTOVER_GRACE_SECONDS, write_files
from pipectl.runtimes.marks import DIGEST, end_all, environment, marked
from pipectl.runtimes.supervisord import ProgramState, Supervisord
from pipectl.services import jars, jvm
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.services.registry import RECIPES, poms_of
from pipectl.settings import Settings

_FOLLOW_PAUSE_SECONDS = 0.2


def local_site(settings: Settings, cluster_id: str, catalog: str) -> Site:
    """Return where services live that are processes of this machine."""
    return Site(
        stack_folder=settings.stack_folder,
        cluster_id=cluster_id,
        jars={name: jars.jars_folder(jars.pom(name), settings.cache) for name in poms_of(RECIPES)},
        class_archives=settings.cache.expanduser().absolute() / "classes",
        java=jvm.find_java().resolve(),  # two folders above it is its JAVA_HOME
        python=Path(sys.executable),
        bundle=bundle_root(),
        catalog=catalog,
    )


class LocalRuntime:
    """Runs the services of one stack as local processes; see `base.Runtime` for the contract."""

    def __init__(self, stack_folder: Path, recipes: Sequence[Recipe]) -> None:
        """Take the stack's folder and the recipe of every service of it; starts nothing."""
        self._folder = stack_folder
        self._recipes = {recipe.name: recipe for recipe in recipes}
        self._names = tuple(self._recipes)
        self._supervisord = Supervisord(stack_folder, recipes)

    def states(self, *names: str) -> Mapping[str, ServiceState]:
        """Return the state of these services, or of each, in the order of the recipes."""
        known = self._supervisord.states()
        return {name: _service_state(name, known.get(name)) for name in names or self._names}

    def prepare(self, names: Sequence[str]) -> Iterator[str]:
        """Raise ToolMissing for the first program that these services need and PATH lacks."""
        jvm.find_java()
        for name in names:
            for program, package in self._recipes[name].programs.items():
                if shutil.which(program) is None:
                    raise ToolMissing(
                        f"{program} is not installed.", do_next=f"Run: apt-get install {package}"
                    )
        return iter(())

    def execute(self, plan: Sequence[PlannedStep]) -> None:
        """Write what each service reads, then begin to start those that need it."""
        for name in self._names:
            self._service_folder(name).mkdir(parents=True, exist_ok=True)
        self._supervisord.ensure_running()
        begun = [step.service for step in plan if step.action != "keep"]
        for service in begun:
            self._supervisord.stop(service.name)
        # What outlived its supervisor still answers, and must not be taken for what is started now.
        leftovers = (process for service in begun for process in marked(self._folder, service.name))
        end_all(list(leftovers), grace_seconds=LEFTOVER_GRACE_SECONDS)
        for service in begun:
            self._write(service)
            self._supervisord.start(service.name)

    def stop(self, names: Sequence[str], *, erase: bool = False) -> None:
        """Stop services in this order, with whatever of them outlived their leader."""
        for name in names:
            if self._supervisord.is_running():
                self._supervisord.stop(name)
            end_all(marked(self._folder, name), grace_seconds=2)
            if erase:
                shutil.rmtree(self._service_folder(name))

    def logs(self, name: str, lines: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the last lines of a service's log; then, if asked to, those that come, for ever."""
        path = self._log(name)
        if not path.is_file():
            return
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (line.rstrip("\n") for line in deque(file, maxlen=lines))
            while follow:
                if line := file.readline():
                    yield line.rstrip("\n")
                else:
                    time.sleep(_FOLLOW_PAUSE_SECONDS)

    def belongings(self) -> Sequence[str]:
        """Name nothing: all of it lies in the stack's folder."""
        return ()

    def down(self, *, erase: bool = False) -> None:
        """Stop every service backwards along the way of an event, then the daemon, then any leftover."""
        del erase  # the folder is its owner's to delete
        self.stop(tuple(reversed(self._names)))
        self._supervisord.shut_down()
        end_all(marked(self._folder), grace_seconds=2)

    def _write(self, service: Service) -> None:
        described = {**asdict(service), "digest": service.digest}
        write_files(self._service_folder(service.name), described)

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
    try:
        return environment(psutil.Process(pid)).get(DIGEST) if pid else None
    except psutil.NoSuchProcess:
        return None
