"""The protocol of a runtime: plan, which is pure and printable, then act.

A service is one process group or container. A runtime owns the services of one stack and touches
nothing else. It may be called again after any interruption and goes on from what it finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pipectl.services.recipe import Service

Action = Literal["start", "restart", "keep"]


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """What a runtime knows of one service; whether it answers is the recipe's to say.

    `is_over` is true when it does not run and will not be started again by itself. `digest` names the
    description that the running one was started with.
    """

    name: str
    running: bool
    is_over: bool = True
    pid: int | None = None
    uptime_seconds: float = 0.0
    exit_code: int | None = None
    digest: str | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """What is going to be done with one service, and why."""

    service: Service
    action: Action
    reason: str


def plan_up(services: Sequence[Service], states: Mapping[str, ServiceState]) -> tuple[PlannedStep, ...]:
    """Decide what each service needs, from its description and its state; changes nothing."""
    return tuple(_step(service, states.get(service.name)) for service in services)


def _step(service: Service, state: ServiceState | None) -> PlannedStep:
    if state is None or not state.running:
        return PlannedStep(service=service, action="start", reason="is not running")
    if state.digest != service.digest:
        return PlannedStep(service=service, action="restart", reason="its configuration changed")
    return PlannedStep(service=service, action="keep", reason="runs as described")


class Runtime(Protocol):
    """Runs the services of one stack."""

    def states(self, *names: str) -> Mapping[str, ServiceState]:
        """Return the state of these services, or of every one that there is, started or not."""

    def prepare(self, names: Sequence[str]) -> Iterator[str]:
        """Check what these services need of the machine and make what is missing, yielding each step."""

    def execute(self, plan: Sequence[PlannedStep]) -> None:
        """Carry out a plan; returns when all are begun, not when they are ready."""

    def stop(self, names: Sequence[str], *, erase: bool = False) -> None:
        """Stop services in this order, each politely first, each bounded in time; blocks.

        With `erase`, all that they have on the disk is deleted then.
        """

    def logs(self, name: str, lines: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the last lines of a service's log; with `follow` also those that come."""

    def belongings(self) -> Sequence[str]:
        """Name what is the stack's besides its folder: what `down(erase=True)` deletes."""

    def down(self, *, erase: bool = False) -> None:
        """Stop everything of this stack; nothing of it is left but its data, and with `erase` not that."""
