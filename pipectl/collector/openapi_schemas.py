"""What the collector takes and answers, as JSON schemas: for a JSON body, for texts, for answers.

In JSON a null means that a value is not given; as text (query, form, path) there is no null.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pipectl.catalog import INTEGER_MAX, INTEGER_MIN, EventField, EventType

Schema = Mapping[str, Any]

ENVELOPE: Mapping[str, Schema] = {
    "event_id": {
        "type": "string",
        "pattern": "^[!-~]+$",
        "minLength": 1,
        "maxLength": 128,
        "description": "the client's own id: the same one again is no second event",
    },
    "user_id": {
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        "description": "the player; else X-User-Id, else the Host header",
    },
    "session_id": {"type": "string", "minLength": 1, "maxLength": 128},
    "client_ts": {
        "type": "string",
        "format": "date-time",
        "description": "when it happened by the client's clock, in the years 1970 to 9998",
    },
    "sent_at": {
        "type": "string",
        "format": "date-time",
        "description": "when the client sent it by its clock, in the years 1970 to 9998",
    },
}
"""What every event may carry beside its own fields."""

SEGMENT: Schema = {"minLength": 1, "pattern": "^[^/]+$"}
"""What a text in a path must be besides: there, and no two segments."""

_LONGEST_TEXT = 65_536
_TEXT: Schema = {"type": "string"}
_STATUS: Schema = {"type": "integer"}

REFUSAL: Schema = {
    "type": "object",
    "properties": {
        "status": _STATUS,
        "reason": _TEXT,
        "message": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": _TEXT, "rule": _TEXT, "message": _TEXT},
                "required": ["path", "rule", "message"],
            },
        },
    },
    "required": ["status", "reason", "message"],
}
"""Why a request, or an item of a list, was not accepted."""

ACCEPTED: Schema = {
    "type": "object",
    "properties": {"event_id": _TEXT, "event_type": _TEXT, "status": {"const": "accepted"}},
    "required": ["event_id", "event_type", "status"],
}
"""That Kafka has an event."""

LISTED: Schema = {
    "type": "object",
    "properties": {
        "accepted": _STATUS,
        "not_accepted": _STATUS,
        "items": {"type": "array", "items": {"type": "object", "required": ["status"]}},
    },
    "required": ["accepted", "not_accepted", "items"],
}
"""What became of each event of a list, in the order of the list."""


def text_schema(event: EventType, name: str) -> Schema:
    """Return what a parameter or a value of a form may be."""
    field = event.fields.get(name)
    return _of_field(field) if field else ENVELOPE[name]


def form_schema(event: EventType, without: Collection[str] = ()) -> Schema:
    """Return what the form of one event may say; `without` names what stands in the path."""
    names = [name for name in (*ENVELOPE, *event.fields) if name not in without]
    properties = {name: text_schema(event, name) for name in names}
    return _object(event, {"event_type": {"enum": [event.name]}, **properties})


def body_schema(event: EventType, without: Collection[str] = ()) -> Schema:
    """Return what the JSON object of one event may say; `without` names what stands in the path."""
    fields = {name: _of_field(field) for name, field in event.fields.items()}
    given = {name: schema for name, schema in {**ENVELOPE, **fields}.items() if name not in without}
    properties = {name: one if name in _required(event) else _or_null(one) for name, one in given.items()}
    return _object(event, {"event_type": {"enum": [event.name, None]}, **properties})


def _object(event: EventType, properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": event.summary,
        "properties": properties,
        "required": [name for name in _required(event) if name in properties],
        "additionalProperties": False,
    }


def _required(event: EventType) -> list[str]:
    return [name for name, field in event.fields.items() if field.required]


def _or_null(schema: Schema) -> Schema:
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **choices}


def _of_field(field: EventField) -> Schema:
    unit = f" ({field.unit})" if field.unit else ""
    is_integer, is_text = field.type == "integer", field.type == "string" and not field.choices
    schema = {
        "type": field.type,
        "description": f"{field.summary}{unit}" or None,
        "default": field.default,
        "minimum": INTEGER_MIN if is_integer and field.min is None else field.min,
        "maximum": INTEGER_MAX if is_integer and field.max is None else field.max,
        "maxLength": field.max_length or _LONGEST_TEXT if is_text else None,
        "enum": field.choices,
    }
    return {name: value for name, value in schema.items() if value is not None}
