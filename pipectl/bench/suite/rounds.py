"""Arms measured in turn, round by round, so that each round sees the same machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Sample: TypeAlias = Mapping[str, float]
"""One measurement of one arm: figure to value; the unit is in the figure's name."""

Samples: TypeAlias = Mapping[str, tuple[Sample, ...]]
"""Arm to its samples, one a round."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One of the things that are compared; `measure` blocks and may be called again and again."""

    name: str
    measure: Callable[[], Sample]


def run_rounds(
    arms: Sequence[Arm],
    rounds: int,
    *,
    warm_ups: int = 1,
    on_turn: Callable[[int, str], None] = lambda _round, _arm: None,
) -> Samples:
    """Measure every arm once a round and return the samples; before that come the warm-up rounds.

    Arms that measure the same thing share one turn of a warm-up. Each round begins with the next arm, so that
    none always comes first after a pause. `on_turn` hears the number of the round, below 1 for a warm-up, and
    the arm.
    """
    samples: dict[str, list[Sample]] = {arm.name: [] for arm in arms}
    first = {arm.measure: arm.name for arm in reversed(arms)}
    for number in range(1 - warm_ups, 1):
        for arm in arms:
            if first[arm.measure] == arm.name:
                on_turn(number, arm.name)
                arm.measure()
    for number in range(1, rounds + 1):
        for arm in _rotated(arms, number):
            on_turn(number, arm.name)
            samples[arm.name].append(arm.measure())
    return {name: tuple(of_arm) for name, of_arm in samples.items()}


def _rotated(arms: Sequence[Arm], by: int) -> list[Arm]:
    start = by % len(arms)
    return [*arms[start:], *arms[:start]]


def series(samples: Samples, arm: str, figure: str) -> list[float]:
    """Return one figure of one arm, round by round."""
    return [sample[figure] for sample in samples[arm]]
