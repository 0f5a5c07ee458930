"""From a profile to the runs of ab that it stands for; nothing is started here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import quote, urlencode

from pipectl.bench.ab import AbRun
from pipectl.bench.profiles import EVENTS_ROUTE, Fields, Profile, Step
from pipectl.catalog import Catalog, EventType, Route, Scalar
from pipectl.errors import UsageFault


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where requests go, and how they are marked as one load."""

    url: str
    run_id: str
    write_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step of a profile, and its run of ab for each player."""

    event: str
    route: str
    runs: tuple[AbRun, ...]


def plan_steps(profile: Profile, catalog: Catalog, target: Target) -> tuple[PlannedStep, ...]:
    """Return all steps with their runs; raises UsageFault where a path lacks a value."""
    return tuple(_plan_step(step, catalog.event(step.event), target) for step in profile.steps)


def in_turn(steps: Sequence[PlannedStep]) -> Iterator[tuple[int, AbRun]]:
    """Yield every run with the number of its step: each step's first player, then each one's second.

    So a load mixes its event types, and one that ends by the clock has sent some of each.
    """
    for round_ in zip_longest(*(step.runs for step in steps)):
        yield from ((index, run) for index, run in enumerate(round_) if run is not None)


def _plan_step(step: Step, event: EventType, target: Target) -> PlannedStep:
    route = step.route_in(event)
    runs = tuple(_plan_run(step, event, player, target) for player in step.players)
    return PlannedStep(event=event.name, route=f"{route.method} {route.path}", runs=runs)


def _plan_run(step: Step, event: EventType, player: str, target: Target) -> AbRun:
    route = step.route_in(event)
    query = f"?{urlencode(_texts(step.query))}" if step.query else ""
    return AbRun(
        method=route.method,
        url=f"{target.url}{_path(step, event, route, player)}{query}",
        player=player,
        requests=step.requests,
        concurrency=step.concurrency,
        keep_alive=step.keep_alive,
        body=_body(step, event, route),
        headers=(("X-Pipectl-Traffic", "load"), ("X-Pipectl-Run", target.run_id)),
        write_key=target.write_key,
    )


def _path(step: Step, event: EventType, route: Route, player: str) -> str:
    """Fill in the names in braces: from the step, else the player, else the field's default."""
    defaults = {name: field.default for name, field in event.fields.items() if field.default is not None}
    values = _texts({**defaults, "user_id": player, **step.path})
    path = route.path
    for name in route.parameters:
        if name not in values:
            raise UsageFault(
                f"The route {route.method} {route.path} needs a `{name}`.",
                do_next=f'Add to the step: path = {{ {name} = "..." }}',
            )
        path = path.replace(f"{{{name}}}", quote(values[name], safe=""))
    return path


def _body(step: Step, event: EventType, route: Route) -> bytes | None:
    named = {"event_type": event.name} if route == EVENTS_ROUTE else {}
    fields = {**named, **step.body}
    return json.dumps(fields, ensure_ascii=False).encode() if fields else None


def _texts(fields: Fields) -> Mapping[str, str]:
    return {name: _text(value) for name, value in fields.items()}


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
