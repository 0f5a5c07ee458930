"""What can be said of a few noisy rounds: a median, and how far another run might move it."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_RESAMPLES = 2_000
_CONFIDENCE = 0.95
_SEED = 7  # the same rounds give the same interval


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A median of rounds, with the interval in which 95 of 100 resampled medians lie."""

    median: float
    low: float
    high: float


def estimate(rounds: Sequence[float]) -> Estimate:
    """Return the median of at least one round and its percentile bootstrap interval (Efron 1979)."""
    generator = random.Random(_SEED)  # noqa: S311 - resampling, no secret
    medians = sorted(statistics.median(generator.choices(rounds, k=len(rounds))) for _ in range(_RESAMPLES))
    tail = (1 - _CONFIDENCE) / 2
    return Estimate(
        median=statistics.median(rounds),
        low=medians[int(tail * _RESAMPLES)],
        high=medians[int((1 - tail) * _RESAMPLES) - 1],
    )


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratio of each round: what disturbs the machine in a round disturbs both."""
    return [above / below for above, below in zip(over, under, strict=True)]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that is not below `percent` % of them (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(0, int(rank) - 1)]
