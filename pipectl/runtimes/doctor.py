"""What a stack needs of a machine, looked at without starting anything."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipectl.catalog import load_catalog
from pipectl.errors import PipectlError, ToolMissing
from pipectl.runtimes.bringup import describe, open_runtime, planned_stack, reachable
from pipectl.runtimes.choice import choose_runtime
from pipectl.runtimes.docker_engine import DockerEngine
from pipectl.runtimes.image import image_content
from pipectl.runtimes.ports import check_ports
from pipectl.runtimes.space import free_mb
from pipectl.services import jars, jvm
from pipectl.services.registry import RECIPES, poms_of, services_of, started_by_up
from pipectl.settings import Settings

_DISK_GB = 3  # engines 0.7 GB, Spark 0.5 GB, and some room for topics and tables
_MEMORY_GB = 4
_IMAGE_GB = 4  # the image itself, and as much again while it is built
_OLDEST_DOCKER = (20, 10)
_PROGRAMS = {"mvn": "maven", "ab": "apache2-utils"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    is_good: bool
    detail: str
    do_next: str = ""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; never raises for what it finds."""
    return (
        _python(),
        _checked("runtime", lambda: str(choose_runtime(settings))),
        *(_docker() if planned_stack(settings).runtime == "docker" else _local(settings)),
        *(_program(name, package) for name, package in _PROGRAMS.items()),
        _disk("disk", settings.stack_folder),
        _memory(),
        _checked("catalog", lambda: _catalog(settings)),
        _checked("ports", lambda: _ports(settings)),
        _engines(settings),
    )


def _local(settings: Settings) -> tuple[Finding, ...]:
    """Look at what services need that are processes of this machine."""
    programs = {
        name: package for each in services_of(settings) for name, package in RECIPES[each].programs.items()
    }
    return (
        _checked("Java", lambda: str(jvm.find_java())),
        *(_program(name, package) for name, package in programs.items()),
    )


def _docker() -> tuple[Finding, ...]:
    """Look at what services need that are containers."""
    with DockerEngine() as engine:
        try:
            daemon = engine.daemon()
        except PipectlError as error:
            return (_bad("Docker", error),)
        return (
            _docker_version(daemon.version),
            _disk("Docker's disk", Path(daemon.root), _IMAGE_GB),
            _checked("image", lambda: _image(engine)),
        )


def _docker_version(version: str) -> Finding:
    is_new_enough = tuple(int(part) for part in version.split(".")[:2]) >= _OLDEST_DOCKER
    do_next = "" if is_new_enough else f"Install Docker {'.'.join(map(str, _OLDEST_DOCKER))} or newer."
    return Finding(subject="Docker", is_good=is_new_enough, detail=f"version {version}", do_next=do_next)


def _image(engine: DockerEngine) -> str:
    name = image_content().name
    return name if engine.check_image(name) else f"{name}, to be built at the first start"


def as_error(findings: list[Finding]) -> PipectlError:
    """Return the failure that names what is not as it should be."""
    first = findings[0]
    return ToolMissing(
        f"{len(findings)} of the things that a stack needs are not as they should be.",
        evidence="\n".join(f"{finding.subject}: {finding.detail}" for finding in findings),
        do_next=first.do_next,
    )


def _checked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject=subject, is_good=True, detail=look())
    except PipectlError as error:
        return _bad(subject, error)


def _bad(subject: str, error: PipectlError) -> Finding:
    detail = f"{error.what} {error.evidence}".strip()
    return Finding(subject=subject, is_good=False, detail=detail, do_next=error.do_next)


def _python() -> Finding:
    return Finding(subject="Python", is_good=True, detail=f"{sys.version.split()[0]} ({sys.executable})")


def _program(name: str, package: str) -> Finding:
    found = shutil.which(name)
    if found:
        return Finding(subject=name, is_good=True, detail=found)
    return Finding(subject=name, is_good=False, detail="missing", do_next=f"Run: apt-get install {package}")


def _disk(subject: str, folder: Path, wanted_gb: int = _DISK_GB) -> Finding:
    free = free_mb(folder) / 1e3
    return Finding(
        subject=subject,
        is_good=free >= wanted_gb,
        detail=f"{free:.0f} GB free at {folder}",
        do_next="" if free >= wanted_gb else f"Free some space: {wanted_gb} GB are needed.",
    )


def _memory() -> Finding:
    available = psutil.virtual_memory().available / 1e9
    return Finding(
        subject="memory",
        is_good=available >= _MEMORY_GB,
        detail=f"{available:.0f} GB available",
        do_next="" if available >= _MEMORY_GB else f"End some programs: a stack needs {_MEMORY_GB} GB.",
    )


def _catalog(settings: Settings) -> str:
    catalog = load_catalog(settings.catalog_file)
    return f"{settings.catalog_file}, {len(catalog.events)} event types"


def _ports(settings: Settings) -> str:
    stack = planned_stack(settings)
    services = tuple(reachable(stack, describe(settings, stack, started_by_up(settings))))
    states = open_runtime(settings).states()
    # A container's port belongs to a process of the daemon: only its state says that it is ours.
    check_ports((each for each in services if not states[each.name].running), stack.folder)
    return "free, or ours: " + ", ".join(str(port) for service in services for port in service.ports.values())


def _engines(settings: Settings) -> Finding:
    poms = poms_of(services_of(settings))
    missing = [name for name in poms if not jars.jars_folder(jars.pom(name), settings.cache).is_dir()]
    detail = f"to be fetched at the first start: {', '.join(missing)}" if missing else "fetched"
    return Finding(subject="engines", is_good=True, detail=f"{detail} ({settings.cache})")
