"""The catalog's event types as msgspec types.

One fast check looks at all inputs of an event at once. Only when it fails, a slow one goes through them
one by one, rule by rule, to list everything that is broken.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec import Meta

from pipectl.catalog import EventType, FieldType
from pipectl.collector.refusals import MAX_VIOLATIONS, Violation, unknown_name, violated
from pipectl.field_types import Broken, ValueType, as_integer, choice_type, field_type, value_type

_TAG = "event_type"
_YEARS = range(1970, 9999)  # within these, moving a time to UTC cannot overflow

_MOMENT = value_type(datetime, zone=Meta(tz=True))
_ENVELOPE: Mapping[str, ValueType] = {
    # What may stand in an `Idempotency-Key` header may be an id: visible ASCII.
    "event_id": value_type(str, format=Meta(pattern=r"^[!-~]+\Z"), max_length=Meta(max_length=128)),
    "user_id": value_type(str, min_length=Meta(min_length=1), max_length=Meta(max_length=256)),
    "session_id": value_type(str, min_length=Meta(min_length=1), max_length=Meta(max_length=128)),
    "client_ts": _MOMENT,
    "sent_at": _MOMENT,
}


class EventSpec:
    """An event type made ready for requests: reads texts, checks inputs, fills in defaults."""

    def __init__(self, event: EventType) -> None:
        """Prepare everything that depends on the catalog alone."""
        self.event = event
        self.name = event.name
        self.reply = f"{event.reply}\n".encode()
        inputs = {**_ENVELOPE, **{name: field_type(field) for name, field in event.fields.items()}}
        self._inputs = {**inputs, _TAG: choice_type((event.name,))}
        self.struct = self._make_struct(inputs)
        self._integers = {name for name, field in event.fields.items() if field.type == "integer"}
        self._readers = {
            name: _READERS[field.type] for name, field in event.fields.items() if field.type in _READERS
        }

    def _make_struct(self, inputs: Mapping[str, ValueType]) -> type[msgspec.Struct]:
        """Make the type of all inputs: required ones without a default, the others with theirs or None.

        The event type is its tag: it may be left out here, but not where one of several is to be told.
        """
        members: list[Any] = []
        for name, one in inputs.items():
            field = self.event.fields.get(name)
            if field and field.required:
                members.append((name, one.whole))
            else:
                members.append((name, one.whole | None, field.default if field else None))
        return msgspec.defstruct(
            self.name,
            members,
            kw_only=True,
            forbid_unknown_fields=True,
            tag_field=_TAG,
            tag=self.name,
            gc=False,
        )

    def read_texts(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Turn what came as text (query, form, path, header) into the values that JSON would have brought.

        A text that is no number where the catalog wants one stays a text, for `check` to refuse.
        """
        values: dict[str, Any] = dict(texts)
        for name in self._readers.keys() & values.keys():
            values[name] = self._readers[name](values[name])
        return values

    def check(self, inputs: Mapping[str, Any]) -> Any:
        """Return the inputs as one object with an attribute each; raises Refused with all violations."""
        try:
            given: Any = msgspec.convert(inputs, self.struct)
        except (msgspec.ValidationError, OverflowError):
            given = self._check_again(inputs)
        check_years(given)
        return given

    def _check_again(self, inputs: Mapping[str, Any]) -> Any:
        """Look again at inputs that broke a rule: to JSON 5.0 is an integer too, to Python it is none."""
        whole = {
            name: as_integer(value) if name in self._integers else value for name, value in inputs.items()
        }
        try:
            return msgspec.convert(whole, self.struct)
        except (msgspec.ValidationError, OverflowError) as error:
            found = list(islice(self._violations(whole), MAX_VIOLATIONS))
            raise violated(found or [Violation("$", "type", str(error))]) from None

    def _violations(self, inputs: Mapping[str, Any]) -> Iterator[Violation]:
        for name, value in inputs.items():
            if name not in self._inputs:
                yield unknown_name(name, self._inputs.keys())
            elif broken := self._first_broken(name, value):
                yield broken
        for name, field in self.event.fields.items():
            if field.required and name not in inputs:
                yield Violation(f"$.{name}", "required", f"{name} is missing")

    def _first_broken(self, name: str, value: Any) -> Violation | None:
        if broken := self._inputs[name].first_broken(value):
            return Violation(f"$.{name}", broken.rule, f"{name} {self._problem(name, value, broken)}")
        return None

    def _problem(self, name: str, value: Any, broken: Broken) -> str:
        field = self.event.fields.get(name)
        problem = field.problem_with(value) if field else None
        return problem or f"is wrong: {broken.reason}"


def check_years(given: Any) -> None:
    """Raise Refused if the checked inputs of an event name a year that times cannot be reckoned in."""
    if not (given.client_ts or given.sent_at):
        return
    moments = {name: getattr(given, name) for name in ("client_ts", "sent_at")}
    errors = [
        Violation(f"$.{name}", "range", f"{name} is not between the years 1970 and 9998")
        for name, moment in moments.items()
        if moment and moment.year not in _YEARS
    ]
    if errors:
        raise violated(errors)


_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def _read_integer(text: str) -> int | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    number = as_integer(_read_number(text))
    return number if isinstance(number, int) else text


def _read_number(text: str) -> float | str:
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def _read_boolean(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)


_READERS: Mapping[FieldType, Callable[[str], Any]] = {
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
}
