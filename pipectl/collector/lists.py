"""Lists of events: read and checked in one pass when all is well, else item by item.

Nearly every list is one that games' own libraries have made: without a mistake, and with all that an item
has to say in the item. The whole of it is decoded straight into the checked types. Any list of which that
fails is read again, each item for itself, so that one that is wrong does not spoil the others.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Union

import msgspec

from pipectl.collector.checks import EventSpec, check_years
from pipectl.collector.inputs import merge, parse_json, parse_object
from pipectl.collector.refusals import Refused, Violation, too_large, unknown_name, violated

MAX_EVENTS = 1_000
"""Events in one list."""

_NULL = b"null"


class EventList:
    """The bytes of a list; cut into items only where one of them is looked at for itself."""

    def __init__(self, raw: bytes) -> None:
        """Look at nothing yet."""
        self.raw = raw

    @cached_property
    def items(self) -> list[msgspec.Raw]:
        """The bytes of each item; raises Refused for what is no list in JSON."""
        return parse_json(self.raw, list[msgspec.Raw])  # type: ignore[no-any-return]


class ListReader:
    """Reads lists with events of all types."""

    def __init__(self, specs: Mapping[str, EventSpec]) -> None:
        """Take the check of each event type."""
        self._specs = specs
        any_event: Any = Union[tuple(spec.struct for spec in specs.values())]  # noqa: UP007 - known at run time only
        self._whole = msgspec.json.Decoder(list[any_event])

    def read(self, events: EventList, *texts: Mapping[str, str]) -> list[Any | Refused]:
        """Return what each item says together with the request's texts, or why it is refused.

        What an item says is of the type of its `EventSpec.struct`.

        Raises Refused for what is no list, for an empty one and for one that is too long.
        """
        checked = None if any(texts) else self._read_whole(events.raw)
        if checked is not None:
            _check_length(len(checked))
            return checked
        _check_length(len(events.items))
        return [self._read_item(item, texts) for item in events.items]

    def _read_whole(self, raw: bytes) -> list[Any] | None:
        """Return all items; None if any of them is wrong, or has to be looked at more closely.

        A null means that a value is not given, which has to be known before its default can stand for it.
        """
        if _NULL in raw:
            return None
        try:
            decoded: list[Any] = self._whole.decode(raw)
            for given in decoded:
                check_years(given)
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, RecursionError, Refused):
            return None
        return decoded

    def _read_item(self, item: msgspec.Raw, texts: Sequence[Mapping[str, str]]) -> Any | Refused:
        try:
            values = parse_object(item)
            spec = find_spec(self._specs, values.get("event_type"))
            return spec.check(merge(spec, values, *texts))
        except Refused as refusal:
            return refusal


def _check_length(length: int) -> None:
    if not length:
        raise violated([Violation("$", "min_items", "The list is empty.")])
    if length > MAX_EVENTS:
        raise too_large(f"A list may have up to {MAX_EVENTS} events.")


def find_spec(specs: Mapping[str, EventSpec], event_type: Any) -> EventSpec:
    """Return the check of the event type that a body names; raises Refused for none, and for another."""
    if event_type is None:
        raise violated([Violation("$.event_type", "required", "event_type is missing")])
    if spec := specs.get(str(event_type)):
        return spec
    unknown = unknown_name(str(event_type), specs.keys())
    raise violated([Violation("$.event_type", "unknown", unknown.message)])
