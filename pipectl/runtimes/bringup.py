"""Bringing a stack up: check, fetch, plan, start side by side, wait for each in its own protocol.

`bring_up` yields what happened as it happens. It may be interrupted at any point and called again;
what it started and could not get ready, it stops before it raises.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from pipectl.catalog import load_catalog
from pipectl.errors import ServiceFailed
from pipectl.runtimes.base import PlannedStep, Runtime, ServiceState, plan_up
from pipectl.runtimes.choice import choose_runtime
from pipectl.runtimes.deployed import check_catalog, check_order
from pipectl.runtimes.docker_plan import docker_site, published, with_image
from pipectl.runtimes.image import image_content
from pipectl.runtimes.launch import SERVICE_FILE
from pipectl.runtimes.local import LocalRuntime, local_site
from pipectl.runtimes.ports import check_ports
from pipectl.runtimes.space import check_space
from pipectl.runtimes.stack import Stack, exclusive
from pipectl.services import jars
from pipectl.services.recipe import Service
from pipectl.services.registry import RECIPES, poms_of, stores_not_chosen
from pipectl.settings import Settings
from pipectl.waiting import wait_until

_EVIDENCE_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The jars of a pom are there now and were not before."""

    pom: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One step towards what the services need of this machine, as it begins."""

    step: str


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is going to be done."""

    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A service answers in its own protocol."""

    name: str
    address: str
    seconds: float
    was_running: bool


Event = Prepared | Fetched | Planned | Ready


def open_runtime(settings: Settings) -> Runtime:
    """Return the runtime of this stack, or the one that is set where there is none yet; touches nothing."""
    stack = Stack.load(settings.stack_folder)
    name = stack.runtime if stack else settings.runtime
    if name == "docker":
        from pipectl.runtimes.docker import DockerRuntime  # noqa: PLC0415 - a local stack does without its client

        return DockerRuntime(settings)
    return LocalRuntime(settings.stack_folder, tuple(RECIPES.values()))


def plan(settings: Settings, names: Sequence[str]) -> tuple[PlannedStep, ...]:
    """Return what `bring_up` would do now, or raise as it would for the catalog; changes nothing."""
    states = open_runtime(settings).states()
    _check_catalog(settings, names, states)
    return plan_up(describe(settings, planned_stack(settings), names), states)


def given_up(settings: Settings) -> tuple[str, ...]:
    """Return the stores that this stack has had and that are no longer chosen.

    What they hold is in the lake as well, and an erasure would not reach it there: `bring_up` deletes it.
    """
    folder = settings.stack_folder / "services"
    return tuple(name for name in stores_not_chosen(settings) if (folder / name / SERVICE_FILE).is_file())


def planned_stack(settings: Settings) -> Stack:
    """Return the stack, or one as `bring_up` would make it."""
    return Stack.load(settings.stack_folder) or Stack(
        folder=settings.stack_folder,
        runtime=choose_runtime(settings).runtime,
        cluster_id="new",
        partitions=settings.kafka.partitions,
    )


def _check_catalog(settings: Settings, names: Sequence[str], states: Mapping[str, ServiceState]) -> None:
    catalog = load_catalog(settings.catalog_file)
    check_catalog(settings.stack_folder, catalog)
    check_order(settings.stack_folder, catalog, names, states)


def describe(settings: Settings, stack: Stack, names: Sequence[str]) -> tuple[Service, ...]:
    """Return the descriptions of these services for the stack's runtime."""
    catalog = settings.catalog_file.read_text("utf-8")
    if stack.runtime == "docker":
        site, image = docker_site(stack.cluster_id, catalog), image_content().name
        return tuple(with_image(RECIPES[name].describe(settings, site), image) for name in names)
    site = local_site(settings, stack.cluster_id, catalog)
    return tuple(RECIPES[name].describe(settings, site) for name in names)


def bring_up(settings: Settings, names: Sequence[str]) -> Iterator[Event]:
    """Start these services and wait until each is ready, yielding events on the way.

    Raises ToolMissing, PortTaken, OperationFailed for a catalog that cannot follow the deployed one, or
    ServiceFailed with the last lines of the log of the one that died or did not answer within
    `start_timeout_seconds`.
    """
    chosen = choose_runtime(settings).runtime
    runtime = open_runtime(settings.model_copy(update={"runtime": chosen}))
    for step in runtime.prepare(names):
        yield Prepared(step=step)
    with exclusive(settings.stack_folder):
        states = runtime.states()
        _check_catalog(settings, names, states)
        yield from fetch_jars(settings, names)
        for name in given_up(settings) if settings.state.store in names else ():
            yield Prepared(step=f"Deleting what {name} has of player state: the store is another one now")
            runtime.stop((name,), erase=True)
        stack = Stack.load_or_create(
            settings.stack_folder, runtime=chosen, partitions=settings.kafka.partitions
        )
        steps = plan_up(describe(settings, stack, names), states)
        if any(step.action != "keep" for step in steps):
            check_space(stack.folder)
        check_ports(
            reachable(stack, (step.service for step in steps if step.action == "start")), stack.folder
        )
        yield Planned(steps=steps)
        yield from _execute(settings, runtime, steps)


def reachable(stack: Stack, services: Iterable[Service]) -> Iterator[Service]:
    """Yield services with only those of their ports that are open on this machine."""
    for service in services:
        yield published(service) if stack.runtime == "docker" else service


def fetch_jars(settings: Settings, names: Sequence[str]) -> Iterator[Fetched]:
    """Download the jars that these services need and the cache lacks."""
    for name in poms_of(names):
        if not jars.jars_folder(jars.pom(name), settings.cache).is_dir():
            began = time.monotonic()
            jars.ensure_jars(jars.pom(name), settings.cache)
            yield Fetched(pom=name, seconds=time.monotonic() - began)


def _execute(settings: Settings, runtime: Runtime, steps: Sequence[PlannedStep]) -> Iterator[Ready]:
    begun = [step.service.name for step in steps if step.action != "keep"]
    try:
        runtime.execute(steps)
        yield from _await_ready(settings, runtime, steps)
    except BaseException:
        runtime.stop(begun)
        if not any(state.running for state in runtime.states().values()):
            runtime.down()
        raise


def _await_ready(settings: Settings, runtime: Runtime, steps: Sequence[PlannedStep]) -> Iterator[Ready]:
    began = time.monotonic()
    pool = ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="ready")
    try:
        waits = {pool.submit(_make_ready, settings, runtime, step): step for step in steps}
        for wait in as_completed(waits):
            wait.result()
            step = waits[wait]
            yield Ready(
                name=step.service.name,
                address=step.service.address,
                seconds=time.monotonic() - began,
                was_running=step.action == "keep",
            )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _make_ready(settings: Settings, runtime: Runtime, step: PlannedStep) -> None:
    name = step.service.name
    recipe = RECIPES[name]

    def is_ready() -> bool:
        recipe.prepare(settings)
        recipe.check_ready(settings)
        return True

    wait_until(
        is_ready,
        timeout_seconds=settings.start_timeout_seconds,
        message=f"{name} did not become ready in {settings.start_timeout_seconds:.0f} s.",
        pause_seconds=0.2,
        watch=lambda: check_alive(runtime, name),
    )


def check_alive(runtime: Runtime, name: str, *, may_be_done: bool = False) -> None:
    """Raise ServiceFailed, with the last lines of its log, if a service ended for good."""
    state = runtime.states(name)[name]
    if state.is_over and not (may_be_done and state.exit_code == 0):
        raise ServiceFailed(
            f"{name} ended: {state.detail}.",
            evidence="\n".join(runtime.logs(name, _EVIDENCE_LINES)),
            do_next=f"See: pipectl logs {name} --lines 200",
        )
