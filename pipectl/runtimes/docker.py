"""The Docker runtime: one container for each service, one network, one volume for each service's data."""

import shutil
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pipectl.runtimes.base import PlannedStep, ServiceState
from pipectl.runtimes.contained import EXIT_CODE_FILE
from pipectl.runtimes.docker_engine import ContainerState, DockerEngine
from pipectl.runtimes.docker_plan import Place, plan_container
from pipectl.runtimes.image import image_content
from pipectl.runtimes.launch import write_files
from pipectl.runtimes.subnet import Subnet
from pipectl.services.registry import RECIPES
from pipectl.settings import Settings
from pipectl.waiting import one_at_a_time

_LIVES = frozenset({"running", "restarting", "paused"})
_KEPT_LINES = 1_000


class DockerRuntime:
    """Runs the services of one stack in containers; see `base.Runtime` for the contract."""

    def __init__(self, settings: Settings, engine: DockerEngine | None = None) -> None:
        """Take the stack's settings; the daemon is not asked yet."""
        self._settings = settings
        self._place = Place.of(settings)
        self._engine = engine or DockerEngine()

    def states(self, *names: str) -> Mapping[str, ServiceState]:
        """Return the state of these services, or of each, in the order of the recipes."""
        wanted = names or tuple(RECIPES)
        found = self._containers(wanted)
        return {name: self._state(name, found.get(name)) for name in wanted}

    def prepare(self, names: Sequence[str]) -> Iterator[str]:
        """Build the image if there is none of this pipectl yet, yielding each step.

        May be called by several processes at once: one builds, the others wait for it.
        """
        del names  # they all have the same image
        self._engine.daemon()
        content = image_content()
        if self._engine.has_image(content.name):
            return
        with one_at_a_time(self._settings.cache.expanduser() / "image.lock"):
            if not self._engine.has_image(content.name):
                yield f"Building the image {content.name}, once"
                yield from self._engine.build(content)

    def execute(self, plan: Sequence[PlannedStep]) -> None:
        """Create and start the containers that are needed; those of a changed service are replaced."""
        steps = [step for step in plan if step.action != "keep"]
        if not steps:
            return
        subnet = self._engine.ensure_network(self._place)
        old = self._containers()
        with ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="container") as pool:
            list(pool.map(partial(self._begin, old, subnet), steps))

    def stop(self, names: Sequence[str], *, erase: bool = False) -> None:
        """Stop and remove containers in this order; their volumes and the last of their logs may stay."""
        found = self._containers()
        for name in names:
            if container := found.get(name):
                self._end(container)
            if erase:
                self._erase(name)

    def logs(self, name: str, lines: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the last lines of a service's log; then, if asked to, those that come while it runs."""
        container = self._containers((name,)).get(name)
        kept = self._settings.stack_folder / "services" / name / "log"
        if container:
            yield from self._engine.logs(container.id, lines, follow=follow)
        elif kept.is_file():
            yield from deque(kept.read_text("utf-8").splitlines(), maxlen=lines)

    def belongings(self) -> Sequence[str]:
        """Name the containers, volumes and network of the stack."""
        return (
            *(f"container {self._place.project}-{name}" for name in self._containers()),
            *(f"volume {name}" for name in self._engine.volumes(self._place.filters)),
            *(f"network {name}" for name in self._engine.networks(self._place.filters)),
        )

    def down(self, *, erase: bool = False) -> None:
        """Remove every container and the network; with `erase` the volumes too."""
        self.stop(tuple(reversed(tuple(RECIPES))))
        for network in self._engine.networks(self._place.filters):
            self._engine.remove_network(network)
        for volume in self._engine.volumes(self._place.filters) if erase else ():
            self._engine.remove_volume(volume)

    def _containers(self, names: Collection[str] = RECIPES.keys()) -> dict[str, ContainerState]:
        return {each.service: each for each in self._engine.containers(self._place.filters, names)}

    def _begin(self, old: Mapping[str, ContainerState], subnet: Subnet, step: PlannedStep) -> None:
        service = step.service
        container = plan_container(service, self._settings, self._place)
        # The host keeps what a service was started with, as it does for local processes.
        write_files(self._settings.stack_folder / "services" / service.name, container.description)
        if before := old.get(service.name):
            self._end(before)
        self._engine.start(self._engine.create(container, subnet))

    def _end(self, container: ContainerState) -> None:
        self._engine.stop(container.id, RECIPES[container.service].stop_seconds)
        folder = self._settings.stack_folder / "services" / container.service
        folder.mkdir(parents=True, exist_ok=True)
        last = self._engine.logs(container.id, _KEPT_LINES)
        (folder / "log").write_text("".join(f"{line}\n" for line in last), "utf-8")
        self._engine.remove(container.id)

    def _erase(self, name: str) -> None:
        volume = self._place.volume_of(name)
        if volume in self._engine.volumes(self._place.filters):
            self._engine.remove_volume(volume)
        shutil.rmtree(self._settings.stack_folder / "services" / name)

    def _state(self, name: str, container: ContainerState | None) -> ServiceState:
        if container is None:
            return ServiceState(name=name, running=False, detail="not started")
        running = container.status in _LIVES
        exit_code = None if running else self._exit_code(container)
        said = f"Exited with {exit_code}" if container.status == "exited" else container.status
        return ServiceState(
            name=name,
            running=running,
            is_over=not running,
            pid=container.pid or None,
            uptime_seconds=container.uptime_seconds if running else 0.0,
            exit_code=exit_code,
            digest=container.digest,
            detail=f"{said}. {container.error}".rstrip(". "),
        )

    def _exit_code(self, container: ContainerState) -> int:
        """Return how a service ended; a final code was kept in its volume, see `contained`."""
        if container.exit_code == 0 and any(RECIPES[container.service].final_exit_codes):
            path = f"/stack/services/{container.service}/{EXIT_CODE_FILE}"
            return int(self._engine.read_file(container.id, path) or 0)
        return container.exit_code
