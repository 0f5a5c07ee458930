"""What a client reads: a friendly line, or JSON for one that asks for it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from pipectl.collector.checks import EventSpec
from pipectl.collector.inputs import Request
from pipectl.collector.refusals import Refused, Violation

Headers = Sequence[tuple[str, str]]
TEXT: Headers = [("content-type", "text/plain; charset=utf-8")]
JSON: Headers = [("content-type", "application/json")]


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: Headers
    body: bytes = b""


class EventAnswer(msgspec.Struct, omit_defaults=True, gc=False):
    """What a client is told of one event: its id when it was accepted, else the reason why not."""

    status: int
    event_id: str = ""
    event_type: str = ""
    reason: str = ""
    message: str = ""
    errors: Sequence[Violation] = ()


def json_answer(status: int, document: Any, headers: Headers = ()) -> Answer:
    """Answer with a document as JSON."""
    return Answer(status, [*JSON, *headers], msgspec.json.encode(document) + b"\n")


def accepted_answer(request: Request, spec: EventSpec, event_id: str) -> Answer:
    """Answer that Kafka has the event: in the event type's own words, or as JSON."""
    if "application/json" not in (request.header("accept") or ""):
        return Answer(200, TEXT, spec.reply)
    return json_answer(200, {"event_id": event_id, "event_type": spec.name, "status": "accepted"})


def refused_answer(refusal: Refused) -> Answer:
    """Answer why a request is not accepted; always JSON, because somebody has to act on it."""
    return json_answer(refusal.status, refusal_body(refusal), refusal.headers)


def refusal_body(refusal: Refused) -> EventAnswer:
    """Return status, reason, message and all broken rules."""
    return EventAnswer(refusal.status, reason=refusal.reason, message=refusal.message, errors=refusal.errors)
