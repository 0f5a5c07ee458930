"""The OpenAPI 3.1 description of a collector, made from the catalog.

Query, form, JSON and path are four ways to say the same, and the collector takes them mixed. Here each
route is described with the one that suits its method, so that no described request contradicts itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pipectl.catalog import Catalog, EventType, Route
from pipectl.collector.encodings import MAX_BODY_BYTES
from pipectl.collector.lists import MAX_EVENTS
from pipectl.collector.openapi_schemas import (
    ACCEPTED,
    ENVELOPE,
    LISTED,
    REFUSAL,
    SEGMENT,
    Schema,
    body_schema,
    form_schema,
    text_schema,
)
from pipectl.collector.players import PATH as PLAYER_PATH

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_TEXT = "text/plain"
_ABOUT = (
    "One request is one event, or a list of events for POST /events. A 2xx is sent when Kafka has it with"
    " acks=all. The values of an event may come in the path, the query, a form or a JSON body; the player"
    " also as the header X-User-Id or Host, the event's own id also as Idempotency-Key. A value that comes"
    f" twice must be the same. Bodies have up to {MAX_BODY_BYTES} bytes, and may be sent with"
    " Content-Encoding: gzip. Whoever accepts application/json is told the id, others get a line of text."
)
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "The write key is missing or wrong.",
    "404": "No route has this path.",
    "405": "The path has no such method; Allow names those that it has.",
    "408": "The body did not arrive in time.",
    "411": "A body has no Content-Length.",
    "413": "The body is too large.",
    "415": "The body is neither JSON nor a form, or neither plain nor gzip.",
    "422": "The catalog does not allow these values; `errors` lists the places.",
    "503": "Kafka has not acknowledged the event; send it again.",
}


def openapi_document(
    catalog: Catalog, more: Iterable[EventType] = (), *, has_players: bool = False
) -> dict[str, Any]:
    """Describe all routes of the catalog and `POST /events`; `more` are event types without routes.

    With `has_players` a player's state can be asked for, too.
    """
    events = [*catalog, *more]
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for event in events:
        for route in event.routes:
            paths[route.path][route.method.lower()] = _operation(event, route)
    paths["/events"]["post"] = _events_operation(events)
    if has_players:
        paths[PLAYER_PATH] |= {method: _player_operation() for method in ("get", "head")}
    answers = {"accepted": ACCEPTED, "listed": LISTED, "refusal": REFUSAL}
    return {
        "openapi": "3.1.0",
        "info": {"title": "pipectl collector", "version": "1", "description": _ABOUT},
        "paths": dict(paths),
        "components": {"schemas": {**answers, **{_component(event): body_schema(event) for event in events}}},
    }


def _operation(event: EventType, route: Route) -> dict[str, Any]:
    in_path = [_parameter(event, name, "path") for name in route.parameters]
    accepted = {_TEXT: {"schema": {"type": "string"}}, _JSON: {"schema": _reference("accepted")}}
    operation: dict[str, Any] = {"summary": event.summary, "responses": _responses(accepted)}
    if route.method in ("GET", "DELETE"):  # a DELETE takes a body too, but HTTP gives it no meaning
        names = [name for name in (*ENVELOPE, *event.fields) if name not in route.parameters]
        return {**operation, "parameters": in_path + [_parameter(event, name, "query") for name in names]}
    json_body = body_schema(event, route.parameters) if in_path else _reference(_component(event))
    content = {_JSON: {"schema": json_body}, _FORM: {"schema": form_schema(event, route.parameters)}}
    return {**operation, "parameters": in_path, "requestBody": {"content": content}}


def _events_operation(events: Iterable[EventType]) -> dict[str, Any]:
    named = {"properties": {"event_type": {"type": "string"}}, "required": ["event_type"]}
    one: Schema = {"anyOf": [{"allOf": [_reference(_component(event)), named]} for event in events]}
    listed = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_EVENTS}
    all_accepted = {"anyOf": [_reference("accepted"), _reference("listed")]}
    some = "Some events of a list were accepted; see each item's status."
    responses = _responses({_TEXT: {"schema": {"type": "string"}}, _JSON: {"schema": all_accepted}})
    for status in ("422", "503"):
        either = {"anyOf": [_reference("refusal"), _reference("listed")]}
        responses[status] = _response(responses[status]["description"], {_JSON: {"schema": either}})
    responses["207"] = _response(some, {_JSON: {"schema": _reference("listed")}})
    return {
        "summary": "Send one event of any type, or a list of them that is answered item by item.",
        "requestBody": {"required": True, "content": {_JSON: {"schema": {"anyOf": [one, listed]}}}},
        "responses": responses,
    }


def _player_operation() -> dict[str, Any]:
    player = {**ENVELOPE["user_id"], **SEGMENT}
    of_player = {"type": "object", "required": ["user_id", "state", "includes_offsets"]}
    refusal = {_JSON: {"schema": _reference("refusal")}}
    refused = {status: _response(_REFUSALS[status], refusal) for status in ("400", "401", "405")}
    return {
        "summary": "Tell what a player has now.",
        "parameters": [{"name": "user_id", "in": "path", "required": True, "schema": player}],
        "responses": {
            "200": _response("What the player has.", {_JSON: {"schema": of_player}}),
            **refused,
            "404": _response("No event of this player has landed yet.", refusal),
            "503": _response("The store of player state does not answer.", refusal),
        },
    }


def _component(event: EventType) -> str:
    return f"event.{event.name}"


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(accepted: Mapping[str, Any]) -> dict[str, Any]:
    refusal = {_JSON: {"schema": _reference("refusal")}}
    refused = {status: _response(text, refusal) for status, text in _REFUSALS.items()}
    return {"200": _response("Kafka has acknowledged it.", accepted), **refused}


def _response(text: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": content}


def _parameter(event: EventType, name: str, place: str) -> dict[str, Any]:
    schema = text_schema(event, name)
    if place == "path" and schema["type"] == "string" and "enum" not in schema:
        schema = {**schema, **SEGMENT}
    field = event.fields.get(name)
    required = place == "path" or bool(field and field.required)
    return {"name": name, "in": place, "required": required, "schema": schema}
