"""A refused request looked at again: the collector's own checks, without HTTP and without Kafka.

What made the request wrong may have been repaired: by a catalog that has grown since, or by a patch. The
time at which it came in and the id of its event stay the same however often it is repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipectl.catalog import Catalog
from pipectl.collector.checks import EventSpec
from pipectl.collector.envelope import REMOVED, Record, Recorder, arrival
from pipectl.collector.inputs import Request, identity, merge, parse_body, parse_pairs
from pipectl.collector.lists import find_spec
from pipectl.collector.refusals import Violation, violated
from pipectl.collector.routes import RouteTable


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """What the same request gets each time: its first arrival, and an id if its event brings none.

    `patch` names the values that are given instead of the request's own, wherever it had them; None
    takes a value away.
    """

    received_at: datetime
    event_id: str
    patch: Mapping[str, Any] = field(default_factory=dict)


class Repeater:
    """Makes the record that a request would have become, by the rules of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Prepare the checks and the routes; `POST /events` is the route of no type in particular."""
        self._specs = {event.name: EventSpec(event) for event in catalog}
        self._recorders = {event.name: Recorder(event) for event in catalog}
        self._routes = RouteTable[EventSpec | None]()
        self._routes.add("POST", "/events", None)
        for event in catalog:
            for route in event.routes:
                self._routes.add(route.method, route.path, self._specs[event.name])

    def record(self, request: Request, repetition: Repetition) -> Record:
        """Return the record of topic `events`; raises Refused for a request that is still wrong."""
        patch = repetition.patch
        spec, parameters = self._routes.find(request.method, request.path)
        body = parse_body(request.body, request.header("content-type"))
        sources = (body.texts, parse_pairs(request.query), parameters, identity(request))
        texts = [_without(source, patch) for source in sources]
        values = _without(body.values, patch)
        values |= {name: value for name, value in patch.items() if value is not None}
        spec = spec or find_spec(self._specs, {**texts[0], **values}.get("event_type"))
        inputs = merge(spec, values, *texts)
        _check_nothing_removed(inputs)
        came = arrival(request, repetition.received_at)
        return self._recorders[spec.name].record(spec.check(inputs), came, repetition.event_id)


def _without(source: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name not in patch}


def _check_nothing_removed(inputs: Mapping[str, Any]) -> None:
    """Refuse what only stands for a value that was taken out because it is named like a password's."""
    removed = [name for name, value in inputs.items() if isinstance(value, str) and REMOVED in value]
    if removed:
        raise violated([Violation(f"$.{name}", "removed", f"{name} was not kept") for name in removed])
