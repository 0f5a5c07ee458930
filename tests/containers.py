"""What the Docker daemon has of a stack: for tests that look from outside."""

import subprocess
from collections.abc import Iterator

import psutil

from pipectl.runtimes.docker_engine import DockerEngine
from pipectl.runtimes.docker_plan import Place
from pipectl.services.registry import RECIPES
from pipectl.settings import Settings


def processes(settings: Settings, service: str | None = None) -> Iterator[psutil.Process]:
    """Yield the processes of a service, or of the whole stack, with this machine's pids.

    The first process of a container is the daemon's own, which only passes signals on: it is no service.
    """
    with DockerEngine() as engine:
        found = engine.containers(Place.of(settings).filters, (service,) if service else RECIPES)
    for container in found:
        if container.pid:
            yield from psutil.Process(container.pid).children(recursive=True)


def leftovers(settings: Settings, *, volumes: bool) -> list[str]:
    """Return the names of what is there of a stack, with or without its volumes."""
    marks = Place.of(settings).filters
    with DockerEngine() as engine:
        found = [container.service for container in engine.containers(marks, RECIPES)] + engine.networks(
            marks
        )
        return found + (engine.volumes(marks) if volumes else [])


def name_of(settings: Settings, service: str) -> str:
    """Return the name of a service's container."""
    return f"{Place.of(settings).project}-{service}"


def docker(*words: str) -> str:
    """Run Docker's own command line, which must be content, and return what it prints."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout
