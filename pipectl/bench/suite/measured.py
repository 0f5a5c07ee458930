"""What a benchmark is, and what it returns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.rounds import Samples
from pipectl.bench.suite.verdict import Question, Steadiness


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done; `on_turn` hears the round and the arm."""

    rounds: int
    scale: int
    on_turn: Callable[[int, str], None] = lambda _round, _arm: None

    @property
    def is_quick(self) -> bool:
        """Whether the smallest sizes are to do."""
        return self.scale == 1


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The samples of a benchmark, what to ask of them, and the problems that make them worthless.

    `raw` names an arm that is the limit of the machine, shown beside the others. `series` are values of one
    long run, such as those of each of its batches: kept with the result, to be drawn.
    """

    samples: Samples
    questions: tuple[Question, ...]
    steadiness: Steadiness | None = None
    raw: str | None = None
    problems: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark by its name; `run` blocks.

    `lands_events` asks for the ledger's proof afterwards.
    """

    name: str
    summary: str
    run: Callable[[Lab, Effort], Measured]
    needs: tuple[str, ...] = ()
    lands_events: bool = False
