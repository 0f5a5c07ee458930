"""The way of an event through the collector: read, check, record, wait for Kafka, answer.

A refusal goes the same way into the topic `events-rejected`, and is answered only when it is there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pipectl.catalog import EVENTS_TOPIC, PROBE, REJECTED_TOPIC, Catalog, EventType
from pipectl.collector.answers import Answer, EventAnswer, accepted_answer, json_answer, refusal_body
from pipectl.collector.checks import EventSpec
from pipectl.collector.envelope import Arrival, Record, Recorder, arrival, rejected_record
from pipectl.collector.inputs import (
    Body,
    Request,
    identity,
    media_type,
    merge,
    parse_body,
    parse_pairs,
)
from pipectl.collector.lists import EventList, ListReader, find_spec
from pipectl.collector.metrics import Metrics
from pipectl.collector.producer import Delivery, Sender
from pipectl.collector.refusals import (
    RETRY,
    Refused,
    Violation,
    unavailable,
    violated,
)

PROBE_EVENT = EventType(
    name=PROBE, summary="Shows that the whole way works; never selected.", reply="Probed!"
)

_ACCEPTED = 200
_NOT_ACKNOWLEDGED = "Kafka has not acknowledged this in time; send it again."


class _Item(msgspec.Struct, gc=False):
    """One event that was begun: its place in the delivery, if it has one, and the answer if all goes well."""

    place: int | None
    answer: EventAnswer


class Intake:
    """Takes in events, one by one or in lists, and keeps what had to be refused."""

    def __init__(self, catalog: Catalog, producer: Sender, metrics: Metrics) -> None:
        """Prepare a check for each event type of the catalog, and for the built-in probe."""
        self.specs = {event.name: EventSpec(event) for event in (*catalog, PROBE_EVENT)}
        self._lists = ListReader(self.specs)
        self._recorders = {spec.struct: Recorder(spec.event) for spec in self.specs.values()}
        self._producer = producer
        self._metrics = metrics

    async def take_route(self, spec: EventSpec, request: Request, parameters: Mapping[str, str]) -> Answer:
        """Take the event that a route of the catalog stands for."""
        body = parse_body(await request.read(), request.header("content-type"))
        return await self._take(spec, body, request, parameters)

    async def take_events(self, request: Request, parameters: Mapping[str, str]) -> Answer:
        """Take `POST /events`: one event, or a list of them that is answered item by item."""
        content_type = request.header("content-type")
        raw = await request.read()
        if raw.lstrip().startswith(b"[") and media_type(content_type) == "application/json":
            return await self._take_list(request, raw)
        body = parse_body(raw, content_type)
        spec = find_spec(self.specs, {**body.texts, **body.values}.get("event_type"))
        return await self._take(spec, body, request, parameters)

    async def keep(self, request: Request, refusal: Refused) -> Refused:
        """Return the refusal once it is kept and counted; a 503 when it could not be kept."""
        if not refusal.is_kept:
            self._metrics.refused[refusal.reason] += 1
            return refusal
        delivery = self._producer.begin()
        item = self._begin_refusal(delivery, request, refusal, request.body)
        (answer,) = self._finish([item], await delivery.errors())
        if answer.status != refusal.status:
            return unavailable(_NOT_ACKNOWLEDGED)
        return refusal

    async def _take(
        self, spec: EventSpec, body: Body, request: Request, parameters: Mapping[str, str]
    ) -> Answer:
        query = parse_pairs(request.query) if request.query else {}
        inputs = merge(spec, body.values, body.texts, query, parameters, identity(request))
        record = self._recorders[spec.struct].record(spec.check(inputs), arrival(request))
        delivery = self._producer.begin()
        self._producer.send(EVENTS_TOPIC, record.key, record.value, delivery)
        (error,) = await delivery.errors()
        if error:
            self._metrics.kafka_errors[error] += 1
            raise unavailable(_NOT_ACKNOWLEDGED)
        self._metrics.accepted[spec.name] += 1
        return accepted_answer(request, spec, record.event_id)

    async def _take_list(self, request: Request, raw: bytes) -> Answer:
        _check_has_no_id(request)
        events = EventList(raw)
        texts = parse_pairs(request.query) if request.query else {}
        items = self._lists.read(events, texts, identity(request))
        came = arrival(request)
        delivery = self._producer.begin()
        begun = [
            self._begin_refusal(delivery, request, one, bytes(events.items[place]))
            if isinstance(one, Refused)
            else one
            for place, one in enumerate(self._begin_events(delivery, came, items))
        ]
        errors = await delivery.errors()
        return _list_answer(self._finish(begun, errors))

    def _begin_events(
        self, delivery: Delivery, came: Arrival, items: Sequence[Any | Refused]
    ) -> list[_Item | Refused]:
        """Send what is well of a list, all at once; say of each other item why it is refused."""
        recorded = [self._record(item, came) for item in items]
        well = [record for record in recorded if isinstance(record, Record)]
        places = iter(self._producer.send_all(EVENTS_TOPIC, well, delivery))
        return [
            record if isinstance(record, Refused) else _begun(record, next(places)) for record in recorded
        ]

    def _record(self, item: Any | Refused, came: Arrival) -> Record | Refused:
        if isinstance(item, Refused):
            return item
        try:
            return self._recorders[type(item)].record(item, came)
        except Refused as refusal:
            return refusal

    def _begin_refusal(self, delivery: Delivery, request: Request, refusal: Refused, raw: bytes) -> _Item:
        if not refusal.is_kept:
            return _Item(None, refusal_body(refusal))
        key, value = rejected_record(request, refusal, raw)
        try:
            return _Item(self._producer.send(REJECTED_TOPIC, key, value, delivery), refusal_body(refusal))
        except Refused as full:
            return _Item(None, refusal_body(full))

    def _finish(self, begun: Sequence[_Item], errors: Sequence[str | None]) -> list[EventAnswer]:
        """Count, and return what the client is told after Kafka's reports."""
        for one in begun:
            if one.place is not None and (error := errors[one.place]):
                self._metrics.kafka_errors[error] += 1
                one.answer = refusal_body(unavailable(_NOT_ACKNOWLEDGED))
        answers = [one.answer for one in begun]
        self._metrics.accepted.update([one.event_type for one in answers if one.status == _ACCEPTED])
        self._metrics.refused.update([one.reason for one in answers if one.status != _ACCEPTED])
        return answers


def _begun(record: Record, place: int | Refused) -> _Item | Refused:
    if isinstance(place, Refused):
        return place
    return _Item(place, EventAnswer(_ACCEPTED, record.event_id, record.event_type))


def _check_has_no_id(request: Request) -> None:
    if request.header("idempotency-key"):
        message = "Idempotency-Key names one event; in a list each item brings its event_id."
        raise violated([Violation("header.idempotency-key", "single", message)])


def _list_answer(answers: Sequence[EventAnswer]) -> Answer:
    """Answer item by item: 200 when all were accepted, 207 when some were, else why none was."""
    statuses = [answer.status for answer in answers]
    accepted = statuses.count(_ACCEPTED)
    document = {"accepted": accepted, "not_accepted": len(answers) - accepted, "items": answers}
    if accepted:
        return json_answer(_ACCEPTED if accepted == len(answers) else 207, document)
    if 503 in statuses:  # noqa: PLR2004 - the well-known number says more than a name
        return json_answer(503, document, RETRY)
    return json_answer(422, document)
