"""What a benchmark is, and what it returns."""

from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The samples of a benchmark, what to ask of them, and the problems that make them worthless.

    `raw` names an arm that is the limit of the machine, shown beside the others.
    """

    samples: Samples
    questions: tuple[Question, ...]
    steadiness: Steadiness | None = None
    raw: str | None = None
    problems: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark by its name; `run` blocks.

    `lands_events` asks for the ledger's proof afterwards, `is_fresh` for a stack without any data.
    """

    name: str
    summary: str
    run: Callable[[Lab, Effort], Measured]
    needs: tuple[str, ...] = ()
    lands_events: bool = False
    is_fresh: bool = False
