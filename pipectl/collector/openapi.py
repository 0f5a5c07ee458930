"""The OpenAPI 3.1 description of a collector, made from the catalog."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pipectl.catalog import Catalog, EventField, EventType, Route
from pipectl.collector.intake import MAX_EVENTS

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_ANSWERS = {
    "200": "Kafka has acknowledged the event.",
    "400": "The request cannot be read.",
    "401": "The write key is missing or wrong.",
    "413": "The body is too large.",
    "415": "The body is neither JSON nor a form.",
    "422": "The catalog does not allow these values; `errors` lists all of them.",
    "503": "Kafka has not acknowledged the event; send it again.",
}
_ENVELOPE: Mapping[str, Mapping[str, Any]] = {
    "event_id": {"type": "string", "maxLength": 128, "description": "the client's own id, for retries"},
    "user_id": {"type": "string", "maxLength": 256, "description": "else X-User-Id, else the Host header"},
    "session_id": {"type": "string", "maxLength": 128},
    "client_ts": {"type": "string", "format": "date-time", "description": "when it happened"},
    "sent_at": {"type": "string", "format": "date-time", "description": "when the client sent it"},
}


def openapi_document(catalog: Catalog, more: Iterable[EventType] = ()) -> dict[str, Any]:
    """Describe all routes of the catalog and `POST /events`; `more` are event types without routes."""
    events = [*catalog, *more]
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for event in events:
        for route in event.routes:
            paths[route.path][route.method.lower()] = _operation(event, route)
    paths["/events"]["post"] = _events_operation(events)
    return {
        "openapi": "3.1.0",
        "info": {"title": "pipectl collector", "version": "1"},
        "paths": dict(paths),
        "components": {"schemas": {event.name: _schema(event) for event in events}},
    }


def _operation(event: EventType, route: Route) -> dict[str, Any]:
    in_path = [_parameter(event, name, "path") for name in route.parameters]
    operation: dict[str, Any] = {"summary": event.summary, "responses": _responses()}
    names = [name for name in (*_ENVELOPE, *event.fields) if name not in route.parameters]
    operation["parameters"] = in_path + [_parameter(event, name, "query") for name in names]
    if route.method != "GET":
        reference = {"schema": {"$ref": f"#/components/schemas/{event.name}"}}
        operation["requestBody"] = {"content": {_JSON: reference, _FORM: reference}}
    return operation


def _events_operation(events: Iterable[EventType]) -> dict[str, Any]:
    one = {"oneOf": [{"$ref": f"#/components/schemas/{event.name}"} for event in events]}
    listed = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_EVENTS}
    some = {"207": {"description": "A list of which some events were accepted; see each item's status."}}
    return {
        "summary": "Send one event of any type, or a list of them.",
        "requestBody": {"required": True, "content": {_JSON: {"schema": {"anyOf": [one, listed]}}}},
        "responses": {**_responses(), **some},
    }


def _responses() -> dict[str, Any]:
    return {status: {"description": text} for status, text in _ANSWERS.items()}


def _parameter(event: EventType, name: str, place: str) -> dict[str, Any]:
    field = event.fields.get(name)
    schema = _field_schema(field) if field else _ENVELOPE[name]
    required = place == "path" or bool(field and field.required)
    return {"name": name, "in": place, "required": required, "schema": schema}


def _schema(event: EventType) -> dict[str, Any]:
    fields = {name: _field_schema(field) for name, field in event.fields.items()}
    return {
        "type": "object",
        "description": event.summary,
        "properties": {"event_type": {"const": event.name}, **_ENVELOPE, **fields},
        "required": [name for name, field in event.fields.items() if field.required],
        "additionalProperties": False,
    }


def _field_schema(field: EventField) -> dict[str, Any]:
    unit = f" ({field.unit})" if field.unit else ""
    schema = {
        "type": field.type,
        "description": f"{field.summary}{unit}" or None,
        "default": field.default,
        "minimum": field.min,
        "maximum": field.max,
        "maxLength": field.max_length,
        "enum": field.choices,
    }
    return {name: value for name, value in schema.items() if value is not None}
