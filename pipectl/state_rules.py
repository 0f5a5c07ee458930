"""What a player has, and what an event does to it: the state part of the catalog, declared and checked.

    [player.gold]                       one thing that a player has; type integer, number, string, boolean
    type = "integer"                    or items (a count of each kind); start, and for numbers min and max
    start = 0

    [[event.purchase_sword.state]]      what each landed event does, rule by rule, in the file's order
    subtract = "gold"                   add, subtract, set or clear, and what of the player
    by = "price"                        a field of the event, or a number; 1 when it is left out
    times = "quantity"                  another factor
    when = { gift = false }             only where all these fields have these values

`add` and `subtract` on items need `item`, the field that names the kind. `set` needs `to`, a field or a
value that is no text. `clear` goes back to the start. A rule that names a field which is NULL does nothing.
"""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = str | int | float | bool
Action = Literal["add", "subtract", "set", "clear"]
PlayerType = Literal["integer", "number", "string", "boolean", "items"]

_ACTIONS: tuple[Action, ...] = ("add", "subtract", "set", "clear")
_NUMBERS = ("integer", "number")
_FITTING: Mapping[str, tuple[str, ...]] = {"number": _NUMBERS, "items": ("integer",)}
"""The types of fields that fit a player's type, where it is not that type alone."""

Word = Annotated[str, Field(min_length=1)]


class EventFieldLike(Protocol):
    """As much of an event's field as a rule has to know."""

    @property
    def type(self) -> str:
        """The name of its type."""

    def problem_with(self, value: Scalar) -> str | None:
        """Say which rule of the field a value breaks."""


class PlayerField(BaseModel):
    """One thing that a player has. A number is held within `min` and `max`, whatever a rule adds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    type: PlayerType
    summary: str = ""
    unit: str | None = None
    start: Scalar | None = None  # of a new player; nothing given: 0, no items, or NULL
    min: int | float | None = None
    max: int | float | None = None

    @property
    def is_bounded(self) -> bool:
        """Tell whether the order of events matters to what is added up."""
        return self.min is not None or self.max is not None

    @property
    def is_number(self) -> bool:
        """Tell whether it can be added to."""
        return self.type in _NUMBERS

    @property
    def first_value(self) -> Any:
        """What a new player has of it."""
        if self.type == "items":
            return {}
        return 0 if self.start is None and self.is_number else self.start

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.is_bounded and not self.is_number:
            raise ValueError(f"min and max bound numbers, not {self.type}")
        if self.start is not None and type_of(self.start) not in _fitting(self.type, but_no_items=True):
            raise ValueError(f"the start {self.start!r} is not of type {self.type}")
        for bound in (self.min, self.max):
            if bound is not None and type_of(bound) not in _fitting(self.type):
                raise ValueError(f"the bound {bound!r} is not of type {self.type}")
        if self.held(self.first_value) != self.first_value:
            raise ValueError(f"the start {self.first_value} is not within min and max")
        return self

    def held(self, value: Any) -> Any:
        """Return the value as the bounds hold it."""
        if not self.is_bounded or value is None:
            return value
        low = value if self.min is None else max(value, self.min)
        return low if self.max is None else min(low, self.max)


class StateRule(BaseModel):
    """What one event does to one thing that its player has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    add: Word | None = None
    subtract: Word | None = None
    set: Word | None = None
    clear: Word | None = None
    by: Word | int | float = 1
    times: Word | int | float = 1
    item: Word | None = None
    to: Scalar | None = None
    when: Mapping[str, Scalar] = {}

    @property
    def action(self) -> Action:
        """Which of the four it does."""
        return next(action for action in _ACTIONS if getattr(self, action))

    @property
    def target(self) -> str:
        """The name of what it changes."""
        return str(getattr(self, self.action))

    @property
    def has_amount(self) -> bool:
        """Tell whether it adds or subtracts."""
        return self.action in ("add", "subtract")

    @property
    def names(self) -> dict[str, str]:
        """The fields of the event that it names, but for those in `when`; by the key that names them."""
        given = {"by": self.by, "times": self.times, "item": self.item, "to": self.to}
        return {key: value for key, value in given.items() if isinstance(value, str)}

    @property
    def fields(self) -> frozenset[str]:
        """All fields of the event that it looks at."""
        return frozenset(self.names.values()) | self.when.keys()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if sum(getattr(self, action) is not None for action in _ACTIONS) != 1:
            raise ValueError(f"it has exactly one of {', '.join(_ACTIONS)}")
        allowed = {"by", "times", "item"} if self.has_amount else {"to"} if self.set else {"-"}
        given = self.model_fields_set - set(_ACTIONS) - {"when"}
        if wrong := given - allowed:
            raise ValueError(f"`{min(wrong)}` means nothing to `{self.action}`")
        if self.set and self.to is None:
            raise ValueError("`set` needs `to`: a field of the event, or a value")
        return self

    def problem_with_event(self, fields: Mapping[str, EventFieldLike]) -> str | None:
        """Say what does not fit the fields of the event type, or return None."""
        for key, name in [*self.names.items(), *(("when", name) for name in self.when)]:
            if name not in fields:
                return f"`{key}` names {name}, which is no field of the event{_nearest(name, fields)}"
        for name, value in self.when.items():
            if problem := fields[name].problem_with(value):
                return f"`when` can never be true: {name} {value!r} {problem}"
        return None

    def problem_with_player(
        self, player: Mapping[str, PlayerField], fields: Mapping[str, EventFieldLike]
    ) -> str | None:
        """Say what does not fit what a player has, or return None; the fields must be there."""
        field = player.get(self.target)
        if field is None:
            return f"a player has no `{self.target}`{_nearest(self.target, player)}: see [player.NAME]"
        if self.has_amount and field.type not in (*_NUMBERS, "items"):
            return f"`{self.target}` is a {field.type}: `{self.action}` is for numbers and items"
        if self.set and field.type == "items":
            return f"`{self.target}` holds items: they are added, subtracted or cleared"
        if self.has_amount and (field.type == "items") != (self.item is not None):
            return f"`item` goes with items, and only with them; `{self.target}` is a {field.type}"
        return self._problem_with_types(field.type, fields)

    def _problem_with_types(self, kind: PlayerType, fields: Mapping[str, EventFieldLike]) -> str | None:
        if self.item is not None and fields[self.item].type != "string":
            return f"`item` names {self.item}, which is no string"
        values = {"by": self.by, "times": self.times} if self.has_amount else {"to": self.to}
        for key, value in values.items():
            found = fields[value].type if isinstance(value, str) else type_of(value)
            if value is not None and found not in _fitting(kind):
                return f"`{key}` is a {found}, which does not fit `{self.target}`, a {kind}"
        return None


def type_of(value: Scalar | None) -> str:
    """Return the catalog's name for the type of a value."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number"}
    return names.get(type(value), "nothing")


def _fitting(kind: PlayerType, *, but_no_items: bool = False) -> tuple[str, ...]:
    return () if but_no_items and kind == "items" else _FITTING.get(kind, (kind,))


def _nearest(name: str, known: Mapping[str, object]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""
