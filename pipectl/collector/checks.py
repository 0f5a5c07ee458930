"""The catalog's event types as msgspec types.

One fast check looks at all inputs of an event at once. Only when it fails, a slow one goes through them
one by one, rule by rule, to list everything that is broken.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pipectl.catalog import EventField, EventType, FieldType
from pipectl.collector.refusals import MAX_VIOLATIONS, Violation, unknown_name, violated

_TYPES: Mapping[FieldType, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
_TAG = "event_type"
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1  # what a BIGINT column holds
_MAX_TEXT = 65_536  # characters of a string for which the catalog names no bound
_YEARS = range(1970, 9999)  # within these, moving a time to UTC cannot overflow


@dataclass(frozen=True, kw_only=True)
class _Input:
    """One value that a client may give: its whole type, and the rules in it as types of their own."""

    whole: Any
    rules: tuple[tuple[str, Any], ...]


def _input(base: Any, **rules: Meta) -> _Input:
    if not rules:
        return _Input(whole=base, rules=(("type", base),))
    steps = (("type", base), *((rule, Annotated[base, meta]) for rule, meta in rules.items()))
    return _Input(whole=Annotated[base, *rules.values()], rules=steps)


def _choice(choices: tuple[str, ...]) -> _Input:
    chosen: Any = Literal[choices]
    return _Input(whole=chosen, rules=(("type", str), ("choices", chosen)))


_MOMENT = _input(datetime, zone=Meta(tz=True))
_ENVELOPE: Mapping[str, _Input] = {
    # What may stand in an `Idempotency-Key` header may be an id: visible ASCII.
    "event_id": _input(str, format=Meta(pattern=r"^[!-~]+\Z"), max_length=Meta(max_length=128)),
    "user_id": _input(str, min_length=Meta(min_length=1), max_length=Meta(max_length=256)),
    "session_id": _input(str, min_length=Meta(min_length=1), max_length=Meta(max_length=128)),
    "client_ts": _MOMENT,
    "sent_at": _MOMENT,
}


def _field_input(field: EventField) -> _Input:
    if field.choices:
        return _choice(field.choices)
    if field.type == "string":
        return _input(str, max_length=Meta(max_length=field.max_length or _MAX_TEXT))
    if field.type == "integer":
        smallest = _SMALLEST if field.min is None else max(_SMALLEST, math.ceil(field.min))
        largest = _LARGEST if field.max is None else min(_LARGEST, math.floor(field.max))
        return _input(int, min=Meta(ge=smallest), max=Meta(le=largest))
    bounds = {"min": Meta(ge=field.min), "max": Meta(le=field.max)}
    given = {rule: bounds[rule] for rule in bounds if getattr(field, rule) is not None}
    return _input(_TYPES[field.type], **given)


class EventSpec:
    """An event type made ready for requests: reads texts, checks inputs, fills in defaults."""

    def __init__(self, event: EventType) -> None:
        """Prepare everything that depends on the catalog alone."""
        self.event = event
        self.name = event.name
        self.reply = f"{event.reply}\n".encode()
        inputs = {**_ENVELOPE, **{name: _field_input(field) for name, field in event.fields.items()}}
        self._inputs = {**inputs, _TAG: _choice((event.name,))}
        self.struct = self._make_struct(inputs)
        self._integers = {name for name, field in event.fields.items() if field.type == "integer"}
        self._readers = {
            name: _READERS[field.type] for name, field in event.fields.items() if field.type in _READERS
        }

    def _make_struct(self, inputs: Mapping[str, _Input]) -> type[msgspec.Struct]:
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
            name: _as_integer(value) if name in self._integers else value for name, value in inputs.items()
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
        for rule, wanted in self._inputs[name].rules:
            try:
                msgspec.convert(value, wanted)
            except (msgspec.ValidationError, OverflowError) as error:
                return Violation(f"$.{name}", rule, f"{name} {self._problem(name, value, error)}")
        return None

    def _problem(self, name: str, value: Any, error: Exception) -> str:
        field = self.event.fields.get(name)
        problem = field.problem_with(value) if field else None
        return problem or f"is wrong: {error}"


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


def _as_integer(value: Any) -> Any:
    """Return a float without a fraction as the integer that it is, anything else as it came."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read_integer(text: str) -> int | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    number = _as_integer(_read_number(text))
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
