"""The values of both topics as msgspec types; those of events follow from the catalog.

A key that no type names is passed over, and null is as good as absent. Times are texts here: which texts are
times is said in columns.py, for many at once.
"""

from typing import Annotated, Any, Literal, cast, get_args

import msgspec
from msgspec import Meta, Struct

from pipectl.catalog import EventType
from pipectl.field_types import field_type

TAG = "event_type"
LARGEST_VERSION = 2**31 - 1  # the column is an INT
Traffic = Literal["player", "load", "probe"]
TRAFFIC = get_args(Traffic)

REQUIRED_TEXTS = ("event_id", "user_id", "event_ts", "received_at")
ENVELOPE_TEXTS = ("event_id", "id_source", TAG, "user_id", "session_id", "traffic", "run_id")
ENVELOPE_TIMES = ("event_ts", "client_ts", "received_at")

Text = Annotated[str, Meta(min_length=1)]


class Request(Struct, kw_only=True, frozen=True, gc=False):
    """What is kept of the request that an event came with."""

    method: str | None = None
    path: str | None = None
    host: str | None = None
    user_agent: str | None = None
    accept: str | None = None


REQUEST_TEXTS = Request.__struct_fields__


class Event(Struct, kw_only=True, gc=False):
    """The envelope of a selected event. Each event type has a type of its own, with its fields."""

    event_id: Text
    user_id: Text
    event_ts: Text
    received_at: Text
    id_source: str | None = None
    session_id: str | None = None
    client_ts: str | None = None
    run_id: str | None = None
    traffic: Traffic | None = None
    schema_version: Annotated[int, Meta(ge=1, le=LARGEST_VERSION)] | None = None
    request: Request | None = None


class NotSelected(Struct, gc=False):
    """An event of a type that is known and not selected: nothing but its type is looked at."""


class Headers(Struct, kw_only=True, rename="kebab", omit_defaults=True, gc=False):
    """Those headers of a refused request that are needed to send it again."""

    content_type: str | None = None
    content_length: str | None = None
    idempotency_key: str | None = None
    x_user_id: str | None = None
    x_pipectl_traffic: str | None = None
    x_pipectl_run: str | None = None


class Violation(Struct, gc=False):
    """One of the reasons why a request was refused."""

    path: str | None = None
    message: str | None = None


class Refusal(Struct, kw_only=True, gc=False):
    """A value of topic `events-rejected`: what the collector answered with a 4xx."""

    reason: str
    errors: list[Violation] | None = None
    user_id: str | None = None
    received_at: str | None = None
    request: Request | None = None
    headers: Headers | None = None
    query: str | None = None
    body_base64: str | None = None
    body_truncated: bool | None = None
    line_truncated: bool | None = None


def selected_type(event: EventType) -> type[Event]:
    """Return the type of an event: the envelope, and its own fields by the rules of the catalog."""
    required = [(name, field_type(field).whole) for name, field in event.fields.items() if field.required]
    others: list[tuple[str, Any, Any]] = [
        (name, field_type(field).whole | None, None)
        for name, field in event.fields.items()
        if not field.required
    ]
    made = msgspec.defstruct(
        event.name,
        [*required, *others],
        bases=(Event,),
        kw_only=True,
        gc=False,
        tag_field=TAG,
        tag=event.name,
    )
    return cast("type[Event]", made)


def not_selected_type(name: str) -> type[NotSelected]:
    """Return the type of an event that is counted only."""
    made = msgspec.defstruct(name, [], bases=(NotSelected,), gc=False, tag_field=TAG, tag=name)
    return cast("type[NotSelected]", made)


def tag_of(made: type[Event] | type[NotSelected]) -> str:
    """Return the name of the event type that a type was made of."""
    return str(made.__struct_config__.tag)
