"""From checked inputs to the record in Kafka: the envelope of design, in the words of the topic.

Times are ISO-8601 in UTC with microseconds and a `Z`; a key without a value is left out.
"""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import uuid_utils

from pipectl.catalog import PROBE, EventType
from pipectl.collector.inputs import Request, player_of
from pipectl.collector.refusals import Refused, Violation, violated

OLDEST = timedelta(days=90)
"""A client's time further back than this is a broken clock, not a late event."""
NEWEST = timedelta(minutes=5)
"""A client's time further ahead than this is a broken clock."""
SKEW_TOLERATED = timedelta(seconds=60)
"""Between sending and receiving; beyond it the client's clock is taken to be wrong by that much."""
KEPT_BODY = 64 * 1024
"""Bytes of a refused body that are kept."""

REMOVED = "[removed]"
"""Stands for a value that is named like a password's."""

_JSON = msgspec.json.Encoder()
_HEADER_SHOWN = 1_024  # characters of a header or a path that go into a record
_RUN_SHOWN = 128
_KEPT_HEADERS = (
    *("content-type", "content-length", "idempotency-key", "x-user-id"),
    *("x-pipectl-traffic", "x-pipectl-run"),
)
_TRAFFIC = ("player", "load")
# A name like a password's, `:` or `=`, and the value up to where JSON or a form ends it. The bounds on
# the rest of the name keep a hostile body from costing more than one pass.
_SECRET = re.compile(
    rb"""(\b\w{0,40}(?:password|passwd|secret|token|authorization|cookie|api_?key)\w{0,40}["']?\s{0,9}[:=]\s{0,9})"""
    rb"""("(?:[^"\\]|\\.)*"?|[^&,}\s]*)""",
    re.IGNORECASE,
)


class RequestFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of the request itself: an allow-list, so that no cookie or password gets in."""

    method: str
    path: str
    host: str | None = None
    user_agent: str | None = None
    accept: str | None = None


class Envelope(msgspec.Struct, omit_defaults=True, gc=False):
    """The value of an `events` record; an event type's own fields follow, see `Recorder`."""

    event_id: str
    id_source: str
    event_type: str
    schema_version: int
    user_id: str
    event_ts: str
    received_at: str
    traffic: str
    request: msgspec.Raw
    session_id: str | None = None
    client_ts: str | None = None
    run_id: str | None = None


class Arrival(NamedTuple):
    """What all events of one request share; of the request itself, what is kept of it, as JSON."""

    facts: msgspec.Raw
    player: str | None
    received_at: datetime
    received_text: str
    traffic: str
    run_id: str | None


class Record(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record of topic `events`, and what the client is told of it."""

    event_id: str
    event_type: str
    key: bytes
    value: bytes


def arrival(request: Request, received_at: datetime | None = None) -> Arrival:
    """Note when and how a request came in; raises Refused when it calls its traffic a wrong name.

    `received_at` is for a request that came in before, and is looked at again.
    """
    traffic = request.header("x-pipectl-traffic") or _TRAFFIC[0]
    if traffic not in _TRAFFIC:
        rule = Violation("header.x-pipectl-traffic", "choices", f"traffic is none of {', '.join(_TRAFFIC)}")
        raise violated([rule])
    facts = facts_of(request)
    now = received_at or datetime.now(UTC)
    run_id = request.header("x-pipectl-run")
    return Arrival(
        msgspec.Raw(_JSON.encode(facts)),
        player_of(facts.host),
        now,
        iso(now),
        traffic,
        run_id[:_RUN_SHOWN] if run_id else None,
    )


def facts_of(request: Request) -> RequestFacts:
    """Return what records keep of a request."""
    return RequestFacts(
        request.method,
        request.path[:_HEADER_SHOWN],
        _shortened(request.header("host")),
        _shortened(request.header("user-agent")),
        _shortened(request.header("accept")),
    )


def _shortened(header: str | None) -> str | None:
    return header[:_HEADER_SHOWN] if header else None


def event_time(received_at: datetime, client_ts: datetime | None, sent_at: datetime | None) -> datetime:
    """Return when the event happened, as far as the client's clock can be believed; pure.

    It is `client_ts`, moved by `received_at - sent_at` when that is more than SKEW_TOLERATED in either
    direction. When the result is more than OLDEST back or NEWEST ahead it is `received_at`.
    """
    if client_ts is None:
        return received_at
    skew = received_at - sent_at if sent_at else timedelta()
    age = received_at - client_ts
    if abs(skew) > SKEW_TOLERATED:
        age -= skew
    return received_at - age if -NEWEST <= age <= OLDEST else received_at


class Recorder:
    """Builds the records of one event type."""

    def __init__(self, event: EventType) -> None:
        """Prepare the shape of the record: the envelope, then the event type's own fields."""
        self._event = event
        self._name = event.name  # a model's attributes take longer to read than all else here
        self._version = event.schema_version
        self._traffic = PROBE if event.name == PROBE else None
        self._own_fields = _values_of(tuple(event.fields))
        members = [(name, Any, None) for name in event.fields]
        self._shape = msgspec.defstruct(event.name, members, bases=(Envelope,), omit_defaults=True, gc=False)

    def record(self, given: Any, came: Arrival, own_id: str | None = None) -> Record:
        """Build the record of one event from its checked inputs; raises Refused without a player.

        An event that brings no id gets `own_id`, else a new one.
        """
        event_id = given.event_id or own_id or str(uuid_utils.uuid7())
        user_id = given.user_id or came.player
        if not user_id:
            raise violated([Violation("$.user_id", "required", "user_id and the Host header are missing")])
        client_ts: datetime | None = given.client_ts
        value = self._shape(
            event_id,
            "client" if given.event_id else "collector",
            self._name,
            self._version,
            user_id,
            iso(event_time(came.received_at, client_ts, given.sent_at)) if client_ts else came.received_text,
            came.received_text,
            self._traffic or came.traffic,
            came.facts,
            given.session_id,
            iso(client_ts) if client_ts else None,
            came.run_id,
            *self._own_fields(given),
        )
        return Record(event_id, self._name, user_id.encode(), _JSON.encode(value))


def _values_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a getter of several attributes that also returns a tuple for one name, or none."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda given: tuple(getattr(given, name) for name in names)


def iso(moment: datetime) -> str:
    """Return a moment as the records spell it: UTC, microseconds, `Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def rejected_record(request: Request, refusal: Refused, body: bytes) -> tuple[bytes | None, bytes]:
    """Build key and value of what is kept of a refused request, with passwords and the like masked."""
    user_id = request.header("x-user-id") or player_of(_shortened(request.header("host")))
    value = {
        "reason": refusal.reason,
        "errors": refusal.errors,
        "user_id": user_id,
        "received_at": iso(datetime.now(UTC)),
        "request": facts_of(request),
        "query": mask_secrets(request.query.encode()[:KEPT_BODY]).decode(errors="replace") or None,
        "headers": {name: _shortened(request.header(name)) or "" for name in _kept_names(request)},
        "body_base64": base64.b64encode(mask_secrets(body[:KEPT_BODY])).decode(),
        "body_truncated": len(body) > KEPT_BODY,
        "line_truncated": len(request.path) > _HEADER_SHOWN or len(request.query) > KEPT_BODY,
    }
    present = {name: item for name, item in value.items() if item is not None}
    return (user_id.encode() if user_id else None), _JSON.encode(present)


def _kept_names(request: Request) -> list[str]:
    """Name the headers that are kept; one that cannot be read is kept empty, so that it is not forgotten."""
    return [name for name in _KEPT_HEADERS if request.header(name) or request.has_header(name)]


def mask_secrets(raw: bytes) -> bytes:
    """Return the bytes with the value of everything that is named like a password taken out."""
    return _SECRET.sub(rb'\1"' + REMOVED.encode() + rb'"', raw)
