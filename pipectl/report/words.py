"""How numbers, shares, money, days and lists are spelled, the same in sentences, charts and tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

_MOST_LISTED = 3
_FRACTION_MATTERS_BELOW = 1000.0
_ONE_DIGIT_BELOW = 0.1
_SPANS = {"days": 86_400, "hours": 3_600, "minutes": 60}

SCALES: Mapping[str, float] = MappingProxyType({"%": 100, "USD": 0.01, "minutes": 1 / 60})
"""What a column is multiplied with to be in its unit: shares, cents of USD and seconds come as they are."""


def counted(number: float, unit: str) -> str:
    """Spell a number with its unit: `1 event`, `1,234 events`, `0.425 seconds`; fractions to three digits."""
    shown = f"{number:,}" if isinstance(number, int) or number >= _FRACTION_MATTERS_BELOW else f"{number:.3g}"
    return f"{shown} {unit.removesuffix('s') if number == 1 else unit}".rstrip()


def percent(share: float) -> str:
    """Spell a share between 0 and 1: whole percents, and one digit more below ten."""
    digits = 1 if 0 < abs(share) < _ONE_DIGIT_BELOW else 0
    return f"{100 * share:.{digits}f} %"


def money(minor: float) -> str:
    """Spell an amount that is given in cents of USD."""
    return f"{'-' if minor < 0 else ''}${abs(minor) / 100:,.2f}"


def spelled(value: float, unit: str) -> str:
    """Spell a value of a column whose unit is one of SCALES or a plain noun, without the noun."""
    special = {"%": percent, "USD": money}.get(unit)
    if special:
        return special(value)
    return f"{value * SCALES[unit]:,.1f}" if unit in SCALES else f"{value:,.7g}"


def lasting(seconds: float) -> str:
    """Spell a span of time in the largest unit that it fills: `0.425 seconds`, `7.5 minutes`, `5.9 days`."""
    for unit, size in _SPANS.items():
        if abs(seconds) >= size:
            return counted(round(seconds / size, 1), unit)
    return counted(seconds, "seconds")


def on_day(day: date) -> str:
    """Spell a day as `24 Nov`."""
    return f"{day:%-d %b}"


def listed(labels: Sequence[str]) -> str:
    """Join labels as a sentence does: `a, b and c`; of more than three only the first is named."""
    if len(labels) > _MOST_LISTED:
        return f"{labels[0]} and {len(labels) - 1} others"
    return joined(labels)


def joined(parts: Sequence[str]) -> str:
    """Join all parts as a sentence does: `a, b and c`."""
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def changed(now: float, before: float) -> str:
    """Say how much larger or smaller a number is than another, as `+10 %`; empty where that has no sense."""
    return f"{100 * (now - before) / before:+.0f} %" if before else ""
