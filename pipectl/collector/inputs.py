"""From a request to the values in it: path, query, body and headers are four ways to say the same.

A value given twice must be the same both times, else the request is refused: which one was meant cannot
be known.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from pipectl.collector.checks import EventSpec
from pipectl.collector.encodings import decoded
from pipectl.collector.refusals import Refused, Violation, malformed, unsupported_media_type, violated

MAX_PAIRS = 1_000
"""Names and values in one query, form or JSON object."""

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r":[0-9]*\Z")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_IDENTITY = {"user_id": "x-user-id", "event_id": "idempotency-key"}
_UTF_8 = ("", "utf-8", "utf8", "us-ascii")


def _hold_nothing(_size: int) -> None:
    """Count no bytes."""


def _has_no_other(_name: str) -> bool:
    """Know of no header beside those that can be read."""
    return False


@dataclass(slots=True, kw_only=True)
class Request:
    """One HTTP request, free of the server that took it in; `body` is there once `read` was awaited.

    `hold` is told of bytes that the request comes to hold beyond those of the body as it was received.
    `has_header` also knows of a header that `header` cannot return, because it is not ASCII.
    """

    method: str
    path: str
    query: str
    header: Callable[[str], str | None]
    receive: Callable[[], Awaitable[bytes]]
    hold: Callable[[int], None] = _hold_nothing
    has_header: Callable[[str], bool] = _has_no_other
    body: bytes = b""
    is_taken: bool = False

    async def read(self) -> bytes:
        """Take in the body, inflated; raises Refused when it is too large, too slow or wrongly encoded."""
        self.body = await self._take()
        self.body = decoded(self.body, self.header("content-encoding"), self.hold)
        return self.body

    async def skip(self) -> None:
        """Take in a body that nobody has asked for.

        A connection that is closed with bytes unread is reset, and the answer may be lost on its way.
        """
        if not self.is_taken:
            with suppress(Refused):
                await self._take()

    async def _take(self) -> bytes:
        self.is_taken = True
        if self.header("content-length") or self.header("transfer-encoding"):
            return await self.receive()
        return b""


class Body(NamedTuple):
    """What a body says: JSON brings values, a form brings texts."""

    values: Mapping[str, Any] = {}
    texts: Mapping[str, str] = {}


def parse_pairs(text: str) -> dict[str, str]:
    """Read a query or a form; raises Refused for a broken encoding, or one name with two values."""
    if "%" in text and _BROKEN_ESCAPE.search(text):
        raise malformed("A percent sign must be followed by two hexadecimal digits.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PAIRS)
    except ValueError as error:
        raise malformed(f"The parameters cannot be read: {error}") from None
    merged = dict(pairs)
    if len(merged) < len(pairs):
        _check_same(pairs, merged)
    return merged


def _check_same(pairs: Iterable[tuple[str, str]], merged: Mapping[str, str]) -> None:
    if twice := {name for name, value in pairs if merged[name] != value}:
        raise _contradiction(twice)


def _contradiction(names: Iterable[str]) -> Refused:
    return violated(
        [
            Violation(f"$.{name}", "contradiction", f"{name} is given twice, with different values")
            for name in sorted(names)
        ]
    )


def parse_body(body: bytes, content_type: str | None) -> Body:
    """Read the body of one event; raises Refused for another media type, or bytes that are not it."""
    if not body:
        return Body()
    if media_type(content_type) == _JSON:
        return Body(values=parse_object(body))
    try:
        return Body(texts=parse_pairs(body.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise malformed(f"The form is not UTF-8: {error.reason}") from None


def media_type(content_type: str | None) -> str:
    """Return which of the two readable media types it is; raises Refused for any other."""
    kind, _, parameters = (content_type or "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if kind.strip() not in (_JSON, _FORM) or charset not in _UTF_8:
        raise unsupported_media_type(f"A body must be {_JSON} or {_FORM}, in UTF-8.")
    return kind.strip()


def parse_object(body: bytes | msgspec.Raw) -> dict[str, Any]:
    """Read a JSON object; a null in it means that the value is not given."""
    document = parse_json(body)
    if not isinstance(document, dict):
        raise violated([Violation("$", "type", "The body must be a JSON object.")])
    if len(document) > MAX_PAIRS:
        raise malformed(f"An event may have up to {MAX_PAIRS} names.")
    if None in document.values():
        return {name: value for name, value in document.items() if value is not None}
    return document


def parse_json(body: bytes | msgspec.Raw, wanted: Any = Any) -> Any:
    """Decode JSON; raises Refused for anything that is not."""
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"The body is not JSON: {error}") from None


def identity(request: Request) -> dict[str, str]:
    """Return what the headers say about who sends the event and under which id.

    Raises Refused for one that cannot be read: the event would go to whoever the Host header names.
    """
    given = {}
    for name, header in _IDENTITY.items():
        if value := request.header(header):
            given[name] = value
        elif request.has_header(header):
            raise malformed(f"The header {header} is empty or not ASCII.")
    return given


def merge(spec: EventSpec, values: Mapping[str, Any], *texts: Mapping[str, str]) -> dict[str, Any]:
    """Put all inputs of an event together; raises Refused when two of them contradict each other."""
    inputs = dict(values)
    contradicting = set()
    for source in filter(None, texts):
        for name, value in spec.read_texts(source).items():
            if inputs.setdefault(name, value) != value:
                contradicting.add(name)
    if contradicting:
        raise _contradiction(contradicting)
    return inputs


def player_of(host: str | None) -> str | None:
    """Return the Host header without its port: the player, when nothing else names one."""
    return _PORT.sub("", host) or None if host else None
