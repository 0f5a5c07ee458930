"""A hash of what the client said, which tells two copies of an event from two versions of it.

It is over the type, its version, the user, the session, the client's time and the type's own fields; nothing
that a server sets. What is NULL is left out, and the fields stand in the order of their names: a field that
the catalog gains later changes no hash of an event that does not have it.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import md5
from itertools import repeat
from typing import Any

import msgspec
from msgspec import Struct

from pipectl.catalog import EventType

_ENVELOPE = ("schema_version", "user_id", "session_id", "client_ts")


class PayloadHash:
    """Hashes events of one type, given as lists of values, one for each of their fields."""

    def __init__(self, event: EventType) -> None:
        """Make the types that are encoded."""
        self._name = event.name
        self._fields = sorted(event.fields)
        self._own = _with_defaults("Fields", self._fields)
        self._said = msgspec.defstruct(
            "Said",
            [("event_type", str), *((name, Any, None) for name in _ENVELOPE), ("fields", Any, None)],
            omit_defaults=True,
            gc=False,
        )
        self._encode = msgspec.json.Encoder().encode

    def hashes(self, values: Mapping[str, Sequence[Any]]) -> list[str]:
        """Return one for each event."""
        envelope = [values[name] for name in _ENVELOPE]
        said = map(self._said, repeat(self._name), *envelope, self._own_fields(values))
        return [md5(self._encode(each), usedforsecurity=False).hexdigest() for each in said]

    def _own_fields(self, values: Mapping[str, Sequence[Any]]) -> Iterator[Struct]:
        if not self._fields:
            return repeat(self._own())
        return map(self._own, *(values[name] for name in self._fields))


def _with_defaults(name: str, fields: Sequence[str]) -> type[Struct]:
    """Return a type that is encoded without those of its fields that are None."""
    return msgspec.defstruct(name, [(field, Any, None) for field in fields], omit_defaults=True, gc=False)
