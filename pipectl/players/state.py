"""The values of player state, and how a store spells them. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

Offsets = Mapping[int, int]
"""Partition of the topic `events` -> an offset in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayerState:
    """What one player has after the last of its events; `offsets` are those of the last in each partition.

    A value is a number, a text, true or false, None, or for items a mapping from kind to count.
    """

    values: Mapping[str, Any]
    offsets: Offsets

    def to_json(self) -> str:
        """Return the text that a store keeps."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        return cls(values=document["values"], offsets=_as_offsets(document["offsets"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """How far the store has got: of each partition, the next offset that is to be folded in.

    `rules` names the rules by which it was folded; "" with nothing yet. Other rules need another fold.
    """

    rules: str = ""
    next_offsets: Offsets = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the text that a store keeps."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        return cls(rules=document["rules"], next_offsets=_as_offsets(document["next_offsets"]))

    def lag(self, ends: Offsets) -> int:
        """Count the offsets below `ends` that are still to be folded in."""
        return sum(max(0, end - self.next_offsets.get(partition, 0)) for partition, end in ends.items())


def _as_offsets(document: Mapping[str, int]) -> dict[int, int]:
    return {int(partition): offset for partition, offset in document.items()}
