"""From checked inputs to the record in Kafka: the envelope of design, in the words of the topic.

Times are ISO-8601 in UTC with microseconds and a `Z`; a key without a value is left out.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import uuid_utils

from pipectl.catalog import PROBE
from pipectl.collector.checks import EventSpec
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

_HEADER_SHOWN = 1_024  # characters of a header or a path that go into a record
_RUN_SHOWN = 128
_KEPT_HEADERS = ("content-type", "content-length", "idempotency-key", "x-user-id")
_TRAFFIC = ("player", "load")
_SECRET = re.compile(
    rb"""(["']?\b(?:password|passwd|secret|token|access_token|authorization|cookie|api_key)\b["']?\s*[:=]\s*)"""
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


class Arrival(NamedTuple):
    """What all events of one request share."""

    facts: RequestFacts
    received_at: datetime
    traffic: str
    run_id: str | None


class Record(NamedTuple):
    """One Kafka record of topic `events`, and the id that the client is told."""

    event_id: str
    key: bytes
    value: bytes


def arrival(request: Request) -> Arrival:
    """Note when and how a request came in; raises Refused when it calls its traffic a wrong name."""
    traffic = request.header("x-pipectl-traffic") or _TRAFFIC[0]
    if traffic not in _TRAFFIC:
        rule = Violation("header.x-pipectl-traffic", "choices", f"traffic is none of {', '.join(_TRAFFIC)}")
        raise violated([rule])
    run_id = request.header("x-pipectl-run")
    return Arrival(facts_of(request), datetime.now(UTC), traffic, run_id[:_RUN_SHOWN] if run_id else None)


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


def event_record(spec: EventSpec, given: Any, came: Arrival) -> Record:
    """Build the record of one event; `given` is what `spec.check` returned."""
    event_id = given.event_id or str(uuid_utils.uuid7())
    received_at = iso(came.received_at)
    user_id = _user_of(given, came)
    envelope = {
        "event_id": event_id,
        "id_source": "client" if given.event_id else "collector",
        "event_type": spec.name,
        "schema_version": spec.event.schema_version,
        "user_id": user_id,
        "session_id": given.session_id,
        "event_ts": received_at,
        "client_ts": None,
        "received_at": received_at,
        "traffic": PROBE if spec.name == PROBE else came.traffic,
        "run_id": came.run_id,
        "request": came.facts,
    }
    if given.client_ts:
        envelope["event_ts"] = iso(event_time(came.received_at, given.client_ts, given.sent_at))
        envelope["client_ts"] = iso(given.client_ts)
    for name in spec.event.fields:
        envelope[name] = getattr(given, name)
    present = {name: value for name, value in envelope.items() if value is not None}
    return Record(event_id, user_id.encode(), msgspec.json.encode(present))


def _user_of(given: Any, came: Arrival) -> str:
    user_id: str | None = given.user_id or player_of(came.facts.host)
    if not user_id:
        raise violated([Violation("$.user_id", "required", "user_id is missing, and so is a Host header")])
    return user_id


def iso(moment: datetime) -> str:
    """Return a moment as the records spell it: UTC, microseconds, `Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def rejected_record(request: Request, refusal: Refused, body: bytes) -> tuple[bytes | None, bytes]:
    """Build key and value of what is kept of a refused request, with passwords and the like masked."""
    kept = mask_secrets(body)
    user_id = request.header("x-user-id") or player_of(_shortened(request.header("host")))
    value = {
        "reason": refusal.reason,
        "errors": refusal.errors,
        "user_id": user_id,
        "received_at": iso(datetime.now(UTC)),
        "request": facts_of(request),
        "query": mask_secrets(request.query.encode()).decode(errors="replace")[:KEPT_BODY] or None,
        "headers": {name: _shortened(request.header(name)) for name in _KEPT_HEADERS if request.header(name)},
        "body_base64": base64.b64encode(kept[:KEPT_BODY]).decode(),
        "body_truncated": len(kept) > KEPT_BODY,
    }
    present = {name: item for name, item in value.items() if item is not None}
    return (user_id.encode() if user_id else None), msgspec.json.encode(present)


def mask_secrets(raw: bytes) -> bytes:
    """Return the bytes with the value of everything that is named like a password taken out."""
    return _SECRET.sub(rb'\1"[removed]"', raw)
