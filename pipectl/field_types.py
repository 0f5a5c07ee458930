"""The catalog's fields as msgspec types: the collector checks requests by them, the streaming job records."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pipectl.catalog import INTEGER_MAX, INTEGER_MIN, EventField, FieldType

_TYPES: Mapping[FieldType, type] = {"string": str, "integer": int, "number": float, "boolean": bool}

TYPE = "type"
"""The rule that a value has the right type; the others are named as in the catalog."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The first rule that a value breaks, and what msgspec says of it."""

    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ValueType:
    """One value that may be given: its whole type, and the rules in it as types of their own."""

    whole: Any
    rules: tuple[tuple[str, Any], ...]

    def first_broken(self, value: Any) -> Broken | None:
        """Return the first rule that a value breaks, if it breaks one."""
        for rule, wanted in self.rules:
            try:
                msgspec.convert(value, wanted)
            except (msgspec.ValidationError, OverflowError) as error:
                return Broken(rule=rule, reason=str(error))
        return None


def value_type(base: Any, **rules: Meta) -> ValueType:
    """Return a type with these rules, which are asked in this order."""
    if not rules:
        return ValueType(whole=base, rules=((TYPE, base),))
    steps = ((TYPE, base), *((rule, Annotated[base, meta]) for rule, meta in rules.items()))
    return ValueType(whole=Annotated[base, *rules.values()], rules=steps)


def choice_type(choices: tuple[str, ...]) -> ValueType:
    """Return the type of a text that is one of these."""
    chosen: Any = Literal[choices]
    return ValueType(whole=chosen, rules=((TYPE, str), ("choices", chosen)))


def field_type(field: EventField) -> ValueType:
    """Return the type of a field's value."""
    if field.choices:
        return choice_type(field.choices)
    if field.type == "string":
        return value_type(str, max_length=Meta(max_length=field.most_characters))
    if field.type == "integer":
        smallest = INTEGER_MIN if field.min is None else max(INTEGER_MIN, math.ceil(field.min))
        largest = INTEGER_MAX if field.max is None else min(INTEGER_MAX, math.floor(field.max))
        return value_type(int, min=Meta(ge=smallest), max=Meta(le=largest))
    bounds = {"min": Meta(ge=field.min), "max": Meta(le=field.max)}
    given = {rule: bounds[rule] for rule in bounds if getattr(field, rule) is not None}
    return value_type(_TYPES[field.type], **given)


def as_integer(value: Any) -> Any:
    """Return a float without a fraction as the integer that it is, anything else as it came."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
