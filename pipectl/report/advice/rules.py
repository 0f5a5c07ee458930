"""What a rule is, what it finds, and how sure that can be."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pipectl.report.certainty import Share
from pipectl.report.words import percent


class Certainty(StrEnum):
    """How sure a finding is."""

    COUNTED = "counted"
    """Every event counts; nothing is inferred from a part to the whole."""
    CLEAR = "clear"
    """The 95 % interval leaves no doubt about the direction."""
    OPEN = "open"
    """The 95 % interval holds both directions: chance alone could make what is seen."""
    UNKNOWN = "not enough data"
    """Too few cases, or too few days that are over."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found, how sure it is and why (sizes and intervals), and what to do; empty for nothing."""

    found: str
    certainty: Certainty
    why: str
    do: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A question, the figures that answer it, and the judgement over their rows.

    `judge` gets the rows of each figure in the order of `needs`; it returns None where they say too little.
    """

    asks: str
    needs: tuple[str, ...]
    judge: Callable[..., Finding | None]


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A rule and what it found; no finding is no data."""

    rule: Rule
    finding: Finding | None

    @property
    def certainty(self) -> Certainty:
        """How sure it is."""
        return self.finding.certainty if self.finding else Certainty.UNKNOWN


def interval_of(share: Share) -> str:
    """Say between which shares a share lies, and of how many cases it is one."""
    low, high = share.interval
    return f"{percent(low)} to {percent(high)} with 95 % confidence, from {share.cases:,} cases"


def direction_of(now: Share, before: Share) -> tuple[Certainty, str]:
    """Say whether one share differs from another, and between which bounds in percentage points."""
    low, high = now.minus(before)
    certainty = Certainty.CLEAR if low > 0 or high < 0 else Certainty.OPEN
    bounds = f"{100 * low:+.0f} to {100 * high:+.0f} percentage points with 95 % confidence"
    return certainty, f"difference {bounds}, from {now.cases:,} and {before.cases:,} cases"
