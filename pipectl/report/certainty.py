"""How sure a share is: intervals of 95 %, and when there are too few cases to say anything.

All the figures count every player that there was; the intervals say how far the same players' habits, met
by chance in other numbers, could have led elsewhere.
"""

import math
from dataclasses import dataclass
from typing import Self

_Z = 1.96
"""Of a 95 % interval."""

FEWEST = 30
"""Fewer cases than this say little; the figures flag them."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many `hits` out of so many `cases`."""

    hits: int
    cases: int

    @property
    def value(self) -> float:
        """The share itself; 0 of no cases."""
        return self.hits / self.cases if self.cases else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95 % interval by Wilson (1927), which holds for few cases, for 0 and for 1 too."""
        if not self.cases:
            return 0.0, 1.0
        spread = _Z * _Z / self.cases
        middle = (self.value + spread / 2) / (1 + spread)
        inner = self.value * (1 - self.value) / self.cases + spread / (4 * self.cases)
        half = _Z / (1 + spread) * math.sqrt(inner)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def is_small(self) -> bool:
        """Tell whether there are too few cases to rely on."""
        return self.cases < FEWEST

    def minus(self, other: Self) -> tuple[float, float]:
        """Return the 95 % interval of the difference to another share (Newcombe 1998, method 10)."""
        difference = self.value - other.value
        (low, high), (other_low, other_high) = self.interval, other.interval
        down = math.hypot(self.value - low, other_high - other.value)
        up = math.hypot(high - self.value, other.value - other_low)
        return difference - down, difference + up
