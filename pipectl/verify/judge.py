"""A second opinion about a record: what it is by the catalog's rules, in plain Python.

It shares no code with the streaming job, so that a mistake in one of the two shows as a difference.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from pipectl.catalog import PROBE, Catalog, EventField

_REQUIRED = ("event_id", "user_id", "event_ts", "received_at")
_TEXTS = ("event_id", "id_source", "event_type", "user_id", "session_id", "traffic", "run_id")
_TIMES = ("event_ts", "client_ts", "received_at")
_REQUEST_TEXTS = ("method", "path", "host", "user_agent", "accept")
_TRAFFIC = ("player", "load", "probe")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_LARGEST_VERSION = 2**31 - 1
_BIGINT = range(-(2**63), 2**63)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a record is; without an event type it can only be rejected, with a problem it cannot be landed."""

    event_type: str | None = None
    event_id: str | None = None
    problem: str | None = None


def judge(value: bytes | None, catalog: Catalog) -> Judgement:
    """Judge one value of topic `events`; never raises."""
    raw = value or b""
    try:
        event = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
        _check_characters(raw, event)
    except (ValueError, RecursionError) as error:
        return Judgement(problem=f"is not JSON ({error})")
    if not isinstance(event, dict):
        return Judgement(problem="is not an object")
    event_type, event_id = event.get("event_type"), event.get("event_id")
    known_id = event_id if isinstance(event_id, str) else None
    if event_type not in (*catalog.events, PROBE):
        return Judgement(event_id=known_id, problem=f"has no known event type: {event_type!r}")
    problem = next(_problems(event, catalog), None)
    return Judgement(event_type=event_type, event_id=known_id, problem=problem)


def _problems(event: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    yield from _wrong_texts(event, (*_TEXTS, *_TIMES))
    for name in _REQUIRED:
        if not event.get(name):
            yield f"has no {name}"
    for name in _TIMES:
        if event.get(name) is not None and not _is_time(event[name]):
            yield f"{name} is not a time"
    yield from _wrong_request(event.get("request"))
    version = _whole(event.get("schema_version", 1))
    if version is not None and not (_is_integer(version) and 1 <= version <= _LARGEST_VERSION):
        yield "schema_version is not a version"
    if event.get("traffic") not in (None, *_TRAFFIC):
        yield "traffic is not known"
    if event["event_type"] != PROBE:
        for name, field in catalog.event(event["event_type"]).fields.items():
            yield from _wrong_field(name, field, event.get(name))


def _wrong_texts(values: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not isinstance(values.get(name), str | None):
            yield f"{name} is not a text"


def _wrong_request(request: Any) -> Iterator[str]:
    if isinstance(request, dict):
        yield from _wrong_texts(request, _REQUEST_TEXTS)
    elif request is not None:
        yield "request is not an object"


def _wrong_field(name: str, field: EventField, value: Any) -> Iterator[str]:
    value = _whole(value) if field.type == "integer" else value
    if value is None:
        if field.required:
            yield f"has no {name}"
    elif not isinstance(value, str | int | float):
        yield f"{name} is not a {field.type}"
    elif _is_integer(value) and field.type == "integer" and value not in _BIGINT:
        yield f"{name} is too large"
    elif problem := field.problem_with(value):
        yield f"{name} {problem}"


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an integer: to JSON 5.0 is one too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _check_characters(value: bytes, event: Any) -> None:
    """Raise a ValueError for half a character, an escape that Python's JSON lets pass."""
    if b"\\u" in value:
        json.dumps(event, ensure_ascii=False).encode("utf-8")
