"""What is wrong with an event, rule by rule: each problem has a reason, a JSON path and a message.

Only events that the decoder refused come here (see readers.py), as what `json.loads` made of them. The order
is fixed, so that the same record always has the same first problem: the event type, the envelope, then the
type's own fields in the order of the catalog.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from jobs.schemas import (
    ENVELOPE_TEXTS,
    ENVELOPE_TIMES,
    LARGEST_VERSION,
    REQUEST_TEXTS,
    REQUIRED_TEXTS,
    TAG,
    TRAFFIC,
)
from jobs.times import is_time
from pipectl.catalog import INTEGER_MAX, INTEGER_MIN, EventField, EventType
from pipectl.field_types import TYPE, ValueType, as_integer, field_type

NOT_JSON = "not_json"
WRONG_TYPE = "wrong_type"
UNKNOWN_EVENT_TYPE = "unknown_event_type"
MISSING_FIELD = "missing_field"
RULE_BROKEN = "rule_broken"


class Problem(NamedTuple):
    """What is wrong with a record, and where."""

    reason: str
    json_path: str
    message: str


def type_problem(document: Mapping[str, Any], known: Collection[str]) -> Problem | None:
    """Return what is wrong with the name of the event type."""
    name = document.get(TAG)
    if name is None or name == "":
        return _problem(MISSING_FIELD, TAG, "is missing")
    if not isinstance(name, str) or name not in known:
        return _problem(UNKNOWN_EVENT_TYPE, TAG, "is not in the catalog")
    return None


def envelope_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the fields that every event has."""
    yield from _wrong_types(document)
    for name in REQUIRED_TEXTS:
        if not document.get(name):
            yield _problem(MISSING_FIELD, name, "is missing")
    for name in ENVELOPE_TIMES:
        if name in document and document[name] is not None and not is_time(document[name]):
            yield _problem(WRONG_TYPE, name, "is not a time such as 2026-11-24T19:25:39.123456Z")
    version = document.get("schema_version")
    if version is not None and not 1 <= version <= LARGEST_VERSION:
        yield _problem(RULE_BROKEN, "schema_version", f"is not from 1 to {LARGEST_VERSION}")
    traffic = document.get("traffic")
    if traffic is not None and traffic not in TRAFFIC:
        yield _problem(RULE_BROKEN, "traffic", f"is none of {', '.join(TRAFFIC)}")


def _wrong_types(document: Mapping[str, Any]) -> Iterator[Problem]:
    for name in (*ENVELOPE_TEXTS, *ENVELOPE_TIMES):
        yield from _unless(str, document.get(name), name, "is not a string")
    yield from _unless(int, document.get("schema_version"), "schema_version", "is not an integer")
    request = document.get("request")
    yield from _unless(dict, request, "request", "is not an object")
    if isinstance(request, dict):
        for name in REQUEST_TEXTS:
            yield from _unless(str, request.get(name), f"request.{name}", "is not a string")


def _unless(wanted: type, value: Any, path: str, message: str) -> Iterator[Problem]:
    # Exactly of that type: to Python, true is an integer too.
    if value is not None and type(value) is not wanted:
        yield _problem(WRONG_TYPE, path, message)


class OwnFields:
    """The fields of one event type, checked one by one."""

    def __init__(self, event: EventType) -> None:
        """Take the rules of the catalog."""
        self._fields = event.fields
        self._integers = {name for name, field in event.fields.items() if field.type == "integer"}
        self._types = {name: field_type(field) for name, field in event.fields.items()}

    def normal(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event whose integers are integers: to JSON 5.0 is one too."""
        whole = {name: as_integer(document[name]) for name in self._integers & document.keys()}
        return {**document, **whole}

    def problems(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong with the fields of an event that is `normal`."""
        for name, field in self._fields.items():
            value = document.get(name)
            if value is not None:
                yield from _broken_rules(name, field, self._types[name], value)
            elif field.required:
                yield _problem(MISSING_FIELD, name, "is missing")


def _broken_rules(name: str, field: EventField, wanted: ValueType, value: Any) -> Iterator[Problem]:
    broken = wanted.first_broken(value)
    if _is_too_large(value, field):
        yield _problem(WRONG_TYPE, name, "does not fit its column: 64 bits, and finite")
    elif broken:
        reason = WRONG_TYPE if broken.rule == TYPE else RULE_BROKEN
        yield _problem(reason, name, field.problem_with(value) or f"is wrong: {broken.reason}")


def _is_too_large(value: Any, field: EventField) -> bool:
    if isinstance(value, float):
        return math.isinf(value)
    is_integer = field.type == "integer" and isinstance(value, int)
    return is_integer and not INTEGER_MIN <= value <= INTEGER_MAX


def _problem(reason: str, name: str, message: str) -> Problem:
    return Problem(reason=reason, json_path=f"$.{name}", message=message)
