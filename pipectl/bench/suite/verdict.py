"""What a benchmark asks, what was found, and whether that is enough; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipectl.bench.suite.rounds import Samples, series
from pipectl.bench.suite.statistics import Estimate, estimate, ratios

AA_TOLERANCE = 0.05
"""How far an arm's ratio to itself may be from 1."""


class Verdict(StrEnum):
    """How a finding stands to its target."""

    GOAL = "goal reached"
    FLOOR = "floor reached"
    BELOW = "floor missed"
    INCONCLUSIVE = "inconclusive"
    UNPROVEN = "unproven"
    MEASURED = "measured"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be reached; `at_most` where less is better."""

    floor: float
    goal: float
    at_most: bool = False

    def judge(self, value: float) -> Verdict:
        """Return how a value stands to floor and goal."""
        sign = -1 if self.at_most else 1
        if sign * value >= sign * self.goal:
            return Verdict.GOAL
        return Verdict.FLOOR if sign * value >= sign * self.floor else Verdict.BELOW


@dataclass(frozen=True, kw_only=True)
class Question:
    """A figure of one arm, or with `against` its ratio to that of another arm.

    `less_is_better` turns the ratio round, so that 15 means fifteen times less CPU.
    """

    label: str
    figure: str
    arm: str
    target: Target | None
    against: str | None = None
    less_is_better: bool = False

    def values(self, samples: Samples) -> list[float]:
        """Return the answer of each round."""
        own = series(samples, self.arm, self.figure)
        if self.against is None:
            return own
        other = series(samples, self.against, self.figure)
        return ratios(other, own) if self.less_is_better else ratios(own, other)


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """The A/A check: two arms that are the same thing."""

    arm: str
    again: str

    def ratio(self, samples: Samples, figure: str) -> Estimate:
        """Return what should be 1: the ratio of a figure to itself."""
        own, again = (series(samples, arm, figure) for arm in (self.arm, self.again))
        return estimate(ratios(again, own))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one question; there is no value where nothing was proven.

    `aa` is the ratio of the same figure to itself, None where the benchmark has no such check.
    """

    label: str
    target: Target | None
    verdict: Verdict
    value: Estimate | None
    aa: Estimate | None


def judge(
    questions: Iterable[Question], samples: Samples, *, steadiness: Steadiness | None, is_proven: bool
) -> tuple[Finding, ...]:
    """Answer the questions; without proof there is no value, without steadiness no verdict."""
    return tuple(
        _finding(
            question,
            value=estimate(question.values(samples)) if is_proven else None,
            aa=steadiness.ratio(samples, question.figure) if steadiness else None,
        )
        for question in questions
    )


def _finding(question: Question, *, value: Estimate | None, aa: Estimate | None) -> Finding:
    if value is None:
        verdict = Verdict.UNPROVEN
    elif not is_steady(aa):
        verdict = Verdict.INCONCLUSIVE
    elif question.target is None:
        verdict = Verdict.MEASURED
    else:
        verdict = question.target.judge(value.median)
    return Finding(label=question.label, target=question.target, verdict=verdict, value=value, aa=aa)


def is_steady(aa: Estimate | None) -> bool:
    """Tell whether an arm was like itself; true where the benchmark compares nothing."""
    return aa is None or abs(aa.median - 1) <= AA_TOLERANCE
