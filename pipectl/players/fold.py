"""The fold: a player's landed events, in the player's order, make what the player has. Pure.

A player's order is (kafka_partition, kafka_offset); the key of a record is the player, so all events of one
player are in one partition. An event that is not after the last one of its partition is ignored: what has
been folded in once is never folded in again, whoever repeats it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipectl.catalog import Catalog
from pipectl.players.state import PlayerState
from pipectl.state_rules import PlayerField, StateRule

Event = Mapping[str, Any]
"""A row of the table `events`, with the fold's columns."""

_PLACE = ("user_id", "event_type", "kafka_partition", "kafka_offset")
_Values = dict[str, Any]
_Change = Callable[[_Values, Event], None]


class Fold:
    """The rules of one catalog, ready to be applied."""

    def __init__(self, catalog: Catalog) -> None:
        """Compile the rules; the catalog has checked them."""
        rules = {event.name: event.state for event in catalog}
        self._start = {name: field.first_value for name, field in catalog.player.items()}
        self._changes = {
            name: [_compile(rule, catalog.player[rule.target]) for rule in state]
            for name, state in rules.items()
        }
        fields = {name for state in rules.values() for rule in state for name in rule.fields}
        self.columns: tuple[str, ...] = (*_PLACE, *sorted(fields - set(_PLACE)))
        self.rules_digest = _digest(catalog)

    def apply(self, state: PlayerState | None, events: Iterable[Event]) -> PlayerState:
        """Return the state after these events, which are one player's and in order; None is a new player."""
        values = {**_copy(self._start), **(_copy(state.values) if state else {})}
        offsets = dict(state.offsets) if state else {}
        for event in events:
            partition, offset = event["kafka_partition"], event["kafka_offset"]
            if offset <= offsets.get(partition, -1):
                continue
            offsets[partition] = offset
            for change in self._changes.get(event["event_type"], ()):
                change(values, event)
        return PlayerState(values=values, offsets=offsets)


def _digest(catalog: Catalog) -> str:
    """Name the rules by what they say: the same digest, the same fold."""
    player = {name: field.model_dump() for name, field in catalog.player.items()}
    rules = {event.name: [rule.model_dump() for rule in event.state] for event in catalog if event.state}
    said = {"player": player, "rules": rules}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _copy(values: Mapping[str, Any]) -> _Values:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def _compile(rule: StateRule, field: PlayerField) -> _Change:
    change = _compile_setting(rule, field) if not rule.has_amount else _compile_amount(rule, field)
    when = dict(rule.when)
    needed = tuple(rule.names.values())

    def apply(values: _Values, event: Event) -> None:
        if all(event[name] == value for name, value in when.items()) and all(
            event[name] is not None for name in needed
        ):
            change(values, event)

    return apply


def _compile_setting(rule: StateRule, field: PlayerField) -> _Change:
    target, start = rule.target, field.first_value
    if rule.action == "clear":
        return lambda values, _event: values.update(_copy({target: start}))
    to = _reader(rule.to)

    def assign(values: _Values, event: Event) -> None:
        values[target] = field.held(to(event))

    return assign


def _compile_amount(rule: StateRule, field: PlayerField) -> _Change:
    target, sign = rule.target, 1 if rule.action == "add" else -1
    by, times = _reader(rule.by), _reader(rule.times)

    def add(values: _Values, event: Event) -> None:
        values[target] = field.held(values[target] + sign * by(event) * times(event))

    def add_items(values: _Values, event: Event) -> None:
        items, kind = values[target], event[rule.item or ""]
        items[kind] = items.get(kind, 0) + sign * by(event) * times(event)
        if not items[kind]:
            del items[kind]  # none of a kind, and never any of it, are the same

    return add_items if field.type == "items" else add


def _reader(value: Any) -> Callable[[Event], Any]:
    """Return what reads the field of that name, or gives the value itself if it is no name."""
    return (lambda event: event[value]) if isinstance(value, str) else (lambda _event: value)
