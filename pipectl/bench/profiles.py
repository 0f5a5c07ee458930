"""Load profiles: `ab/*.toml` read into frozen values and checked against the catalog.

`ab/smoke.toml` says what a profile may hold.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipectl.bundled import bundled
from pipectl.catalog import Catalog, EventType, Route, Scalar
from pipectl.errors import UsageFault, did_you_mean

EVENTS_ROUTE = Route(method="POST", path="/events")
"""The collector's own route, which takes every event type and reads which one from the body."""

MAX_PLAYERS = 10_000
"""Runs of ab in one step: more is a slip of the pen."""

_ENVELOPE_FIELDS = ("user_id", "session_id", "client_ts")
"""What a step may set beside the event's own fields. No event_id: ab sends one request many times."""

_PLAYER = re.compile(r"[A-Za-z0-9._-]{1,256}")
_SPAN = re.compile(r"\{(\d{1,9})\.\.(\d{1,9})\}")
Fields = Mapping[str, Scalar]


class Step(BaseModel):
    """One event sent by each of some players: one run of ab for each player."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str
    route: str | None = None
    players: Annotated[tuple[str, ...], Field(min_length=1)]
    requests: Annotated[int, Field(ge=1)]
    concurrency: Annotated[int, Field(ge=1, le=20_000)] = 1
    keep_alive: bool = False
    path: Fields = {}
    query: Fields = {}
    body: Fields = {}

    @field_validator("players")
    @classmethod
    def _spell_out_players(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        players = tuple(player for pattern in patterns for player in _spelled_out(pattern))
        if wrong := [player for player in players if not _PLAYER.fullmatch(player)]:
            raise ValueError(f"{wrong[0]!r} cannot be a Host header")
        if len(players) > MAX_PLAYERS:
            raise ValueError(f"there are {len(players)} players, more than {MAX_PLAYERS}")
        return players

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.concurrency > self.requests:
            raise ValueError(f"{self.concurrency} at a time of {self.requests} requests: ab refuses that")
        return self

    def route_in(self, event: EventType) -> Route:
        """Return the route that this step takes; raises UsageFault if it is none of the event's."""
        routes = {f"{route.method} {route.path}": route for route in (*event.routes, EVENTS_ROUTE)}
        if self.route is None:
            return next(iter(routes.values()))
        if self.route not in routes:
            raise _unknown("route", self.route, routes, f"event type {event.name}")
        return routes[self.route]


class Profile(BaseModel):
    """Steps to take one after the other: once, or again and again for a number of seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    summary: str
    seconds: Annotated[float, Field(gt=0)] | None = None
    steps: Annotated[tuple[Step, ...], Field(alias="step", min_length=1)]

    @property
    def requests(self) -> int:
        """How many requests the steps send when they are taken once."""
        return sum(step.requests * len(step.players) for step in self.steps)


def load_profile(name: str, catalog: Catalog) -> Profile:
    """Read the named profile, or the one in a file if `name` is a path; raises UsageFault.

    Every name in it is known afterwards: event types, routes, fields, and the values of the fields.
    """
    file = profile_file(name)
    try:
        profile = parse_profile(file.stem, tomllib.loads(file.read_text("utf-8")))
        check_profile(profile, catalog)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageFault(f"The profile {file} cannot be read.", evidence=str(error)) from error
    except UsageFault as fault:
        raise UsageFault(f"{file}: {fault.what}", evidence=fault.evidence, do_next=fault.do_next) from None
    return profile


def profile_file(name: str) -> Path:
    """Return the file of a profile: one of the bundled ones by its name, or the path that was given."""
    if name.endswith(".toml") or "/" in name:
        return Path(name)
    known = sorted(file.stem for file in bundled("ab").glob("*.toml"))
    if name not in known:
        raise _unknown("profile", name, known, "ab/; a path to a file may be given too")
    return bundled("ab") / f"{name}.toml"


def parse_profile(name: str, document: Mapping[str, Any]) -> Profile:
    """Build a profile from a parsed TOML document; raises UsageFault that names the place."""
    if "name" in document:
        raise _unknown("key", "name", (), "a profile: its name is its file's")
    try:
        return Profile.model_validate({"name": name, **document})
    except ValidationError as error:
        _raise_fault(error)


def check_profile(profile: Profile, catalog: Catalog) -> None:
    """Make sure that the catalog has every name of a profile; raises UsageFault with the nearest one."""
    for step in profile.steps:
        event = catalog.event(step.event)
        step.route_in(event)
        for place in (step.path, step.query, step.body):
            _check_fields(place, event)


def _check_fields(given: Fields, event: EventType) -> None:
    known = (*event.fields, *_ENVELOPE_FIELDS)
    for name, value in given.items():
        if name not in known:
            raise _unknown("field", name, known, f"event type {event.name}")
        problem = event.fields[name].problem_with(value) if name in event.fields else None
        if problem:
            raise UsageFault(
                f"The field `{name}` of {event.name} {problem}: {value!r}.",
                do_next="See: pipectl catalog ls",
            )


def _spelled_out(pattern: str) -> Iterator[str]:
    """Yield the names that a pattern stands for: `a{1..3}` is a1, a2, a3."""
    span = _SPAN.search(pattern)
    if span is None:
        yield pattern
        return
    first, last = int(span[1]), int(span[2])
    if last - first >= MAX_PLAYERS:
        raise ValueError(f"{pattern} stands for more than {MAX_PLAYERS} players")
    for number in range(first, last + 1):
        yield from _spelled_out(f"{pattern[: span.start()]}{number}{pattern[span.end() :]}")


def _raise_fault(error: ValidationError) -> NoReturn:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    if first["type"] == "extra_forbidden":
        is_step = place[0] == "step"
        known = Step.model_fields if is_step else ("summary", "seconds", "step")
        raise _unknown("key", place[-1], known, f"step {int(place[1]) + 1}" if is_step else "a profile")
    raise UsageFault(f"`{'.'.join(place)}` is wrong.", evidence=first["msg"], do_next="See: ab/smoke.toml")


def _unknown(kind: str, name: str, known: Iterable[str], where: str) -> UsageFault:
    names = list(known)
    hint = did_you_mean(name, names, otherwise=f"Known are: {', '.join(names)}")
    return UsageFault(f"There is no {kind} `{name}` in {where}.", do_next=hint)
