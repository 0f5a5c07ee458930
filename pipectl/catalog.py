"""The catalog: `events.toml` read into frozen event types. Everything derived from them starts here.

    events.toml ─► Catalog ─► collector: routes, checks, OpenAPI, replies
                          ├─► jobs: the types that records are read with
                          ├─► lake: one typed column for each field
                          ├─► players: what a player has, and the rules that change it
                          └─► load bodies, the report's list of events

The name of a field is the name of its column, and a field of one name has one type everywhere.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from pipectl.errors import UsageFault, did_you_mean
from pipectl.state_rules import PlayerField, StateRule

PROBE = "probe"
"""A built-in event type that is never selected: `stream start` sends one to see the whole way work."""

EVENTS_TOPIC = "events"
REJECTED_TOPIC = "events-rejected"
"""What the collector refused, kept whole; the stream lands it in `rejected_events`."""

REPLAY_HEADER = "pipectl-replay"
"""A Kafka header of records that are sent again from `rejected_events`; it says from which place."""

FieldType = Literal["string", "integer", "number", "boolean"]
SQL_TYPES: Mapping[str, str] = {
    "string": "STRING",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}
"""How Spark's DDL spells the type of a field's column."""

METHODS = ("GET", "POST", "PUT", "DELETE")
RESERVED_FIELDS = frozenset(
    {
        *("event_id", "id_source", "event_type", "schema_version", "user_id", "session_id"),
        *("event_ts", "client_ts", "received_at", "sent_at", "traffic", "run_id"),
        *("request", "method", "path", "host", "user_agent", "accept"),
        *("kafka_partition", "kafka_offset", "kafka_timestamp", "payload_hash"),
    }
)
"""Names of the envelope and of the lake's own columns: no event type may use one for a field."""

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
"""What a column of integers can hold."""

_MAX_TEXT = 65_536  # characters of a string for which the catalog names no bound

_NAME = r"^[a-z][a-z0-9_]{0,62}$"
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
Name = Annotated[str, Field(pattern=_NAME)]
Scalar = str | int | float | bool


class EventField(BaseModel):
    """One field of an event type: its type, its default and what a value must satisfy.

    `min` and `max` bound numbers, `max_length` counts the characters of a string, `choices` lists all
    the values that are allowed. Without a default and not required, a field that is absent is NULL.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: FieldType
    summary: str = ""
    unit: str | None = None
    default: Scalar | None = None
    required: bool = False
    min: int | float | None = None
    max: int | float | None = None
    max_length: Annotated[int, Field(ge=1, le=65_536)] | None = None
    choices: tuple[str, ...] | None = None

    @field_validator("choices", mode="before")
    @classmethod
    def _choices_from_toml(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.required and self.default is not None:
            raise ValueError("a required field has no default")
        if self.type not in ("integer", "number") and (self.min is not None or self.max is not None):
            raise ValueError(f"min and max bound numbers, not {_with_article(self.type)}")
        if self.type != "string" and (self.max_length is not None or self.choices is not None):
            raise ValueError(f"max_length and choices are for strings, not for {_with_article(self.type)}")
        if self.default is not None and (problem := self.problem_with(self.default)):
            raise ValueError(f"the default {self.default!r} breaks its own rule: {problem}")
        return self

    def problem_with(self, value: Scalar) -> str | None:
        """Say which rule `value` breaks, or return None."""
        if not _has_type(value, self.type):
            return f"is not {_with_article(self.type)}"
        if isinstance(value, str):
            return self._problem_with_text(value)
        if not _is_storable(value):
            return "does not fit its column: 64 bits, and finite"
        if self.min is not None and value < self.min:
            return f"is below {self.min}"
        if self.max is not None and value > self.max:
            return f"is above {self.max}"
        return None

    @property
    def most_characters(self) -> int:
        """The length of a string that is still allowed."""
        return _MAX_TEXT if self.max_length is None else self.max_length

    def _problem_with_text(self, value: str) -> str | None:
        if self.choices and value not in self.choices:
            return f"is none of {', '.join(self.choices)}"
        if len(value) > self.most_characters:
            return f"is longer than {self.most_characters} characters"
        return None


class Route(BaseModel):
    """A method and a path; `{name}` in the path is a field, or `user_id`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: Annotated[str, Field(pattern=r"^/([A-Za-z0-9_./-]|\{[a-z][a-z0-9_]*\})*$")]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces, in the order of the path."""
        return tuple(_PARAMETER.findall(self.path))


class EventType(BaseModel):
    """One kind of event: what it means, how it comes in, what it carries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    summary: str
    reply: str = "Done!"
    schema_version: Annotated[int, Field(ge=1)] = 1
    routes: tuple[Route, ...] = ()
    fields: Mapping[Name, EventField] = {}
    state: tuple[StateRule, ...] = ()

    @field_validator("routes", mode="before")
    @classmethod
    def _routes_from_text(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [
            dict(zip(("method", "path"), text.split(" ", 1), strict=False)) if isinstance(text, str) else text
            for text in value
        ]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if taken := RESERVED_FIELDS & self.fields.keys():
            raise ValueError(f"the name {min(taken)} belongs to the envelope")
        for route in self.routes:
            if unknown := set(route.parameters) - self.fields.keys() - {"user_id"}:
                raise ValueError(f"route {route.path} names {min(unknown)}, which is no field")
        for rule in self.state:
            if problem := rule.problem_with_event(self.fields):
                raise ValueError(f"state: {problem}")
        return self


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All event types, by name, in the order of the file, and what a player has."""

    events: Mapping[str, EventType]
    player: Mapping[str, PlayerField]

    def __iter__(self) -> Iterator[EventType]:
        return iter(self.events.values())

    def columns(self) -> dict[str, FieldType]:
        """Return every field of every event type once, name to type: the lake's typed columns."""
        return {name: field.type for event in self for name, field in event.fields.items()}

    def selected(self, select: Literal["all"] | tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the selected event types; raises UsageFault for one that is not here."""
        if select == "all":
            return tuple(self.events)
        for name in select:
            self.event(name)
        return tuple(name for name in self.events if name in select)

    def event(self, name: str) -> EventType:
        """Return the event type of that name; raises UsageFault that names the nearest right one."""
        try:
            return self.events[name]
        except KeyError:
            hint = did_you_mean(name, self.events, otherwise=f"Known are: {', '.join(self.events)}")
            raise UsageFault(f"There is no event type `{name}` in the catalog.", do_next=hint) from None


def load_catalog(file: Path) -> Catalog:
    """Read and check a catalog; raises UsageFault with the place of the first mistake."""
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageFault(f"The catalog {file} cannot be read.", evidence=str(error)) from error
    try:
        return parse_catalog(document)
    except ValueError as error:
        raise UsageFault(
            f"The catalog {file} has a mistake.",
            evidence=str(error),
            do_next=f"Correct {file} and try again.",
        ) from error


def parse_catalog(document: Mapping[str, Any]) -> Catalog:
    """Build a catalog from a parsed TOML document; raises ValueError that names the place."""
    if unknown := set(document) - {"event", "player"}:
        raise ValueError(f"unknown section [{min(unknown)}]: sections are [event.NAME] and [player.NAME]")
    sections = document.get("event", {})
    if not isinstance(sections, dict):
        raise ValueError("[event]: sections are [event.NAME]")  # noqa: TRY004 - the file is wrong, not a call
    events = {name: _parse_event(name, body) for name, body in sections.items()}
    if not events:
        raise ValueError("there is no [event.NAME] section")
    _check_across(events)
    player = _parse_player(document.get("player", {}))
    _check_state(events, player)
    return Catalog(events=events, player=player)


def _parse_event(name: str, body: Any) -> EventType:
    if name == PROBE:
        raise ValueError(f"[event.{PROBE}]: this name is built in")
    if not isinstance(body, dict):
        raise ValueError(f"[event.{name}]: it is a section with summary, reply, routes and fields")  # noqa: TRY004 - as above
    if "name" in body:
        raise ValueError(f"[event.{name}.name]: the name stands in the section's title")
    try:
        return EventType.model_validate({"name": name, **body})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["event", name, *(str(part) for part in first["loc"])])
        raise ValueError(f"[{place}]: {first['msg']}") from None


def _parse_player(sections: Any) -> Mapping[str, PlayerField]:
    try:
        return TypeAdapter(dict[Name, PlayerField]).validate_python(sections)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["player", *(str(part) for part in first["loc"])])
        raise ValueError(f"[{place}]: {first['msg']}") from None


def _check_state(events: Mapping[str, EventType], player: Mapping[str, PlayerField]) -> None:
    """Each rule changes something that a player has, by values of a type that fits."""
    for event in events.values():
        for rule in event.state:
            if problem := rule.problem_with_player(player, event.fields):
                raise ValueError(f"[event.{event.name}.state]: {problem}")


def _check_across(events: Mapping[str, EventType]) -> None:
    """One field name has one type, one route leads to one event type."""
    types: dict[str, tuple[str, FieldType]] = {}
    routes: dict[tuple[str, str], str] = {}
    for event in events.values():
        for name, field in event.fields.items():
            first, known = types.setdefault(name, (event.name, field.type))
            if known != field.type:
                raise ValueError(
                    f"field {name} is {_with_article(known)} in {first}"
                    f" and {_with_article(field.type)} in {event.name}"
                )
        for route in event.routes:
            shape = (route.method, _PARAMETER.sub("{}", route.path))
            owner = routes.setdefault(shape, event.name)
            if owner != event.name:
                raise ValueError(f"route {route.method} {route.path} belongs to {owner} and {event.name}")


def _with_article(kind: FieldType) -> str:
    return f"an {kind}" if kind == "integer" else f"a {kind}"


def _has_type(value: Scalar, wanted: FieldType) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if isinstance(value, int):
        return wanted in ("integer", "number")
    return isinstance(value, str) if wanted == "string" else isinstance(value, float) and wanted == "number"


def _is_storable(value: float) -> bool:
    return INTEGER_MIN <= value <= INTEGER_MAX if isinstance(value, int) else math.isfinite(value)
