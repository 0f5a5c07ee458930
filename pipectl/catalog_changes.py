"""What became of a catalog: which changes are allowed, and which would break rows or their readers.

What was declared once is in the lake, in Kafka, and in somebody's queries. So a catalog may grow (an event
type, a field that is not required, a wider bound) and never shrinks. A change of an event type's fields
raises its `schema_version`; rows of both versions stand in one table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipectl.catalog import Catalog, EventField, EventType

_NO_LOWER = float("-inf")
_NO_UPPER = float("inf")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: where, what, and what it would break; empty for one that is allowed.

    `is_of_rows` tells whether the stream must know of it before the collector does.
    """

    place: str
    what: str
    breaks: str = ""
    is_of_rows: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f": {self.breaks}" if self.breaks else "")


def compare(before: Catalog, after: Catalog) -> tuple[Change, ...]:
    """Return every change from one catalog to the other that rows, readers or clients could notice."""
    return tuple(_changes(before, after))


def _changes(before: Catalog, after: Catalog) -> Iterator[Change]:
    for name, event in before.events.items():
        if name in after.events:
            yield from _event_changes(event, after.events[name])
        else:
            yield Change(place=name, what="is removed", breaks="its events in Kafka could not land any more")
    for name in after.events:
        if name not in before.events:
            yield Change(place=name, what="is new")


def _event_changes(before: EventType, after: EventType) -> Iterator[Change]:
    of_fields = tuple(_fields_changes(before, after))
    yield from of_fields
    yield from _version_changes(before, after, has_changed=bool(of_fields))
    yield from _route_changes(before, after)


def _version_changes(before: EventType, after: EventType, *, has_changed: bool) -> Iterator[Change]:
    old, new = before.schema_version, after.schema_version
    place = f"{before.name}.schema_version"
    if new < old:
        yield Change(place=place, what=f"goes down from {old} to {new}", breaks="two shapes would share it")
    elif has_changed and new == old:
        reason = f"rows of both shapes would call themselves version {old}; make it {old + 1}"
        yield Change(place=place, what="stays while fields change", breaks=reason)
    elif new > old:
        yield Change(place=place, what=f"goes up from {old} to {new}")


def _route_changes(before: EventType, after: EventType) -> Iterator[Change]:
    old, new = ({f"{route.method} {route.path}" for route in event.routes} for event in (before, after))
    for route in sorted(old - new):
        what = f"route {route} is removed; clients that use it get a 404 or 405"
        yield Change(place=before.name, what=what, is_of_rows=False)
    for route in sorted(new - old):
        yield Change(place=before.name, what=f"route {route} is new", is_of_rows=False)


def _fields_changes(before: EventType, after: EventType) -> Iterator[Change]:
    for name, field in before.fields.items():
        place = f"{before.name}.fields.{name}"
        if name in after.fields:
            yield from _field_changes(place, field, after.fields[name])
        else:
            yield Change(
                place=place, what="is removed", breaks="queries that read its column would find none"
            )
    for name, field in after.fields.items():
        if name not in before.fields:
            breaks = "events from before do not have it, and could not land" if field.required else ""
            what = "is new and required" if field.required else "is new; NULL in older rows"
            yield Change(place=f"{before.name}.fields.{name}", what=what, breaks=breaks)


def _field_changes(place: str, before: EventField, after: EventField) -> Iterator[Change]:
    if before.type != after.type:
        what = f"becomes {after.type} instead of {before.type}"
        yield Change(place=place, what=what, breaks="a column has one type for ever; name a new field")
        return  # bounds of two types cannot be compared
    if before.unit != after.unit:
        what = f"is counted in {after.unit} instead of {before.unit}"
        yield Change(place=place, what=what, breaks="one column would hold both; name a new field")
    if before.required != after.required:
        breaks = "events from before that lack it could not land" if after.required else ""
        yield Change(place=place, what="becomes " + _necessity(after), breaks=breaks)
    if before.default != after.default:
        breaks = "readers would meet NULL where there always was a value" if _loses_default(after) else ""
        yield Change(
            place=place, what=f"has the default {after.default} instead of {before.default}", breaks=breaks
        )
    yield from _rule_changes(place, before, after)


def _necessity(field: EventField) -> str:
    return "required" if field.required else "optional"


def _loses_default(after: EventField) -> bool:
    return after.default is None and not after.required


def _rule_changes(place: str, before: EventField, after: EventField) -> Iterator[Change]:
    narrowed = _narrowed(before, after)
    for rule in ("min", "max", "max_length", "choices"):
        old, new = _spelled(getattr(before, rule)), _spelled(getattr(after, rule))
        if old != new:
            breaks = "events from before that have such a value could not land" if narrowed[rule] else ""
            yield Change(place=place, what=f"{rule} becomes {new} instead of {old}", breaks=breaks)


def _narrowed(before: EventField, after: EventField) -> Mapping[str, bool]:
    """Say for each rule whether it forbids a value that it allowed before."""
    return {
        "min": _bound(after.min, _NO_LOWER) > _bound(before.min, _NO_LOWER),
        "max": _bound(after.max, _NO_UPPER) < _bound(before.max, _NO_UPPER),
        "max_length": _bound(after.max_length, _NO_UPPER) < _bound(before.max_length, _NO_UPPER),
        "choices": bool(after.choices)
        and not (before.choices and set(before.choices) <= set(after.choices or ())),
    }


def _bound(bound: float | None, without: float) -> float:
    return without if bound is None else bound


def _spelled(rule: object) -> str:
    if rule is None:
        return "none"
    return ", ".join(rule) if isinstance(rule, tuple) else str(rule)
