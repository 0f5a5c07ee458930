"""The value of a record, read and checked: what it is, or the first thing that is wrong with it.

    value ─► decoder, in C ─► Event or NotSelected                       nearly all
                  └ refused ─► json.loads ─► rule by rule (checks.py) ─► Rejected, with the first problem

The decoder holds all rules at once. Of what it refuses it tells little, and of two problems not always the
same one, so that is looked at again. Nothing here raises, whatever the bytes are: nothing bad stops the
stream.
"""

import base64
import json
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, Never, Union

import msgspec
from msgspec import Struct

from jobs.checks import NOT_JSON, WRONG_TYPE, OwnFields, Problem, envelope_problems, type_problem
from jobs.schemas import (
    TAG,
    Event,
    Headers,
    NotSelected,
    Refusal,
    Request,
    Violation,
    not_selected_type,
    selected_type,
)
from pipectl.catalog import PROBE, Catalog
from pipectl.lake.tables import CUT

_COLLECTOR_STAGE = "collector"
_STREAM_STAGE = "stream"
_UNREADABLE = (ValueError, RecursionError)
"""What bytes that anybody may have written can raise; msgspec's and Unicode's errors are ValueErrors."""


class Rejected(Struct, kw_only=True, frozen=True, gc=False):
    """A record that cannot be landed: a row of `rejected_events` but for the record's place and headers."""

    stage: str = _STREAM_STAGE
    reason: str
    json_path: str | None
    message: str | None
    raw: bytes | None
    headers: str | None = None
    user_id: str | None = None
    received_at: str | None = None
    event_type: str | None = None


class EventReader:
    """Reads values of topic `events`. It takes milliseconds to make, so one is made for many records."""

    def __init__(self, catalog: Catalog, selected: tuple[str, ...]) -> None:
        """Make a type of each event type: for selected ones all is checked, for others the name."""
        others = {*catalog.events, PROBE}.difference(selected)
        self._own = {name: OwnFields(catalog.event(name)) for name in selected}
        self._types: dict[str, type[Event | NotSelected]] = {
            **{name: selected_type(catalog.event(name)) for name in selected},
            **{name: not_selected_type(name) for name in others},
        }
        any_type: Any = Union[tuple(self._types.values())]  # noqa: UP007 - their number is not known here
        self._decode = msgspec.json.Decoder(any_type).decode

    def read(self, value: bytes | None) -> Event | NotSelected | Rejected:
        """Return what the value is; the times of an event are not looked at yet."""
        try:
            if value:
                _check_encoding(value)
                event: Event | NotSelected = self._decode(value)
                return event
        except _UNREADABLE:
            pass
        return self.examine(value)

    def examine(self, value: bytes | None) -> Event | NotSelected | Rejected:
        """Return the same as `read` rule by rule, and with the times."""
        document = _parse(value)
        if isinstance(document, Problem):
            return _rejected(document, value)
        if problem := type_problem(document, self._types):
            return _rejected(problem, value, document)
        name = document[TAG]
        own = self._own.get(name)
        if own:
            document = own.normal(document)
            if problem := next(chain(envelope_problems(document), own.problems(document)), None):
                return _rejected(problem, value, document, name)
        try:
            return msgspec.convert(document, self._types[name])
        except _UNREADABLE as error:
            return _rejected(Problem(WRONG_TYPE, "$", f"is wrong: {error}"), value, document, name)


def read_refusal(value: bytes | None) -> Rejected:
    """Read a value of topic `events-rejected`: a request that the collector refused."""
    try:
        if value:
            _check_encoding(value)
            return _refused(_decode_refusal(value))
    except _UNREADABLE:
        pass
    return _rejected(Problem(NOT_JSON, "$", "is no refusal of the collector"), value)


_decode_refusal = msgspec.json.Decoder(Refusal).decode


def _check_encoding(value: bytes) -> None:
    """Raise a ValueError for what is not UTF-8: the decoder does not look at texts that it passes over."""
    if not value.isascii():
        value.decode()


def _parse(value: bytes | None) -> dict[str, Any] | Problem:
    if not value:
        return Problem(NOT_JSON, "$", "has no value")
    try:
        document = json.loads(value.decode(), parse_constant=_refuse_constant)
        # An escape such as \ud800 is half a character, which no column can hold.
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeError:
        return Problem(NOT_JSON, "$", "is not UTF-8")
    except _UNREADABLE as error:
        return Problem(NOT_JSON, "$", f"is not JSON: {error}")
    return document if isinstance(document, dict) else Problem(WRONG_TYPE, "$", "is not an object")


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no value of JSON")


def _rejected(
    problem: Problem,
    value: bytes | None,
    document: Mapping[str, Any] = MappingProxyType({}),
    event_type: str | None = None,
) -> Rejected:
    user_id, received_at = document.get("user_id"), document.get("received_at")
    return Rejected(
        reason=problem.reason,
        json_path=problem.json_path,
        message=problem.message,
        raw=value,
        user_id=user_id if isinstance(user_id, str) else None,
        received_at=received_at if isinstance(received_at, str) else None,
        event_type=event_type,
    )


def _refused(refusal: Refusal) -> Rejected:
    first = refusal.errors[0] if refusal.errors else Violation()
    return Rejected(
        stage=_COLLECTOR_STAGE,
        reason=refusal.reason,
        json_path=first.path,
        message=first.message,
        raw=_body(refusal.body_base64),
        headers=_request_headers(refusal),
        user_id=refusal.user_id,
        received_at=refusal.received_at,
    )


def _body(body_base64: str | None) -> bytes | None:
    try:
        return None if body_base64 is None else base64.b64decode(body_base64, validate=True)
    except ValueError:
        return None


def _request_headers(refusal: Refusal) -> str:
    """Return the refused request's headers; also its first line, as HTTP/2 spells it, to send it again.

    The path is without escapes and may have a `?` in it, so the query has a name of its own.
    """
    request = refusal.request or Request()
    spelled = {
        ":method": request.method,
        ":path": request.path,
        ":authority": request.host,
        "user-agent": request.user_agent,
        "accept": request.accept,
        ":query": refusal.query,
        **msgspec.to_builtins(refusal.headers or Headers()),
        CUT: "true" if refusal.body_truncated or refusal.line_truncated else None,
    }
    given = {name: value for name, value in spelled.items() if value is not None}
    return msgspec.json.encode(given).decode()
