"""growth: whether a batch takes longer, and the driver more memory, the more batches there were before it.

One stream lands what waits in Kafka, batch after batch of equal size. Compared are three sizes of the lake:
the batches around number 20, those around the last, and those halfway; each against its like in the window.
The A/A check is every other batch of the whole run against the one before it. Upkeep runs as it always does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipectl.bench.statements import load_statement
from pipectl.bench.suite.events import FIVE_TYPES, preload_up_to
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import Reading, memory_watched
from pipectl.bench.suite.rounds import Sample
from pipectl.bench.suite.spark import entries, time_of
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.errors import OperationFailed
from pipectl.lake.tables import BATCH_ID_KEY
from pipectl.runtimes.streaming import STREAM

_RECORDS_A_BATCH = 1_000
_EARLY = 20
_QUICK_LAST, _FULL_LAST = 120, 600
_HALF_WINDOW = 15  # batches before and after the one that a window is named by
_READING_SECONDS = 1.0
_ODD, _EVEN = "every other batch", "those between"
_MB = 1e6
_TARGET = Target(floor=1.3, goal=1.05, at_most=True)


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One batch: how long it took, and what driver and lake had come to at its end."""

    seconds: float
    driver_mb: float
    files: int

    def sample(self) -> Sample:
        """Return the figures of a round."""
        return {"seconds": self.seconds, "driver_mb": self.driver_mb, "files": float(self.files)}


def growth(lab: Lab, effort: Effort) -> Measured:
    """Land many batches of equal size, and compare late ones with early ones."""
    last = _QUICK_LAST if effort.is_quick else _FULL_LAST
    preload_up_to(lab, (last + _HALF_WINDOW) * _RECORDS_A_BATCH)
    lab.forget_lake()
    with memory_watched(lambda: lab.processes(STREAM), every_seconds=_READING_SECONDS) as readings:
        log = lab.land_once(select=FIVE_TYPES, max_records_per_batch=_RECORDS_A_BATCH)
    files = lab.presto.query(load_statement("files_by_batch"), batch_key=BATCH_ID_KEY).rows
    batches = batches_of(entries(log), readings, dict(files))
    numbers = (_EARLY, (_EARLY + last) // 2, last)
    early, middle, late = (f"batch {number}" for number in numbers)
    all_batches = [each.sample() for each in batches]
    pairs = len(all_batches) // 2
    return Measured(
        samples={
            **{f"batch {number}": window(all_batches, number) for number in numbers},
            _ODD: tuple(all_batches[0 : 2 * pairs : 2]),
            _EVEN: tuple(all_batches[1 : 2 * pairs : 2]),
        },
        questions=(
            _compare("time of a batch", "seconds", late, early, _TARGET),
            _compare("time of a batch", "seconds", middle, early, _TARGET),
            _compare("memory of the driver", "driver_mb", late, early, None),
            _compare("files of a day", "files", late, early, None),
        ),
        steadiness=Steadiness(arm=_ODD, again=_EVEN),
        notes={"batches": f"{len(batches)} of at most {_RECORDS_A_BATCH:,} records, one after the other"},
        series={
            "seconds": [each.seconds for each in batches],
            "driver_mb": [each.driver_mb for each in batches],
            "files": [each.files for each in batches],
        },
    )


def batches_of(
    log: Sequence[Mapping[str, Any]], readings: Sequence[Reading], files: Mapping[int, int]
) -> list[Landed]:
    """Put together what is known of each batch: the log's seconds, the memory last read, the files then."""
    return [
        Landed(
            seconds=entry["seconds"],
            driver_mb=_memory_at(readings, time_of(entry)) / _MB,
            files=files[entry["batch_id"]],
        )
        for entry in log
        if entry["event"] == "batch"
    ]


def _memory_at(readings: Sequence[Reading], moment: datetime) -> int:
    before = [reading.pss for reading in readings if reading.at <= moment]
    return before[-1] if before else readings[0].pss


def window(batches: Sequence[Sample], number: int) -> tuple[Sample, ...]:
    """Return the batches around one (the first is 1); raises OperationFailed where there were not so many."""
    around = tuple(batches[number - _HALF_WINDOW : number + _HALF_WINDOW])
    if len(around) < 2 * _HALF_WINDOW:
        raise OperationFailed(
            f"There are too few batches to look at those around number {number}.",
            evidence=f"{len(batches)} batches were landed",
        )
    return around


def _compare(what: str, figure: str, arm: str, against: str, target: Target | None) -> Question:
    label = f"{what}, {arm} against {against}"
    return Question(label=label, figure=figure, arm=arm, against=against, target=target)


GROWTH = Benchmark(
    name="growth",
    summary="batches of equal size: a late one against an early one",
    run=growth,
    needs=("ab",),
    lands_events=True,
)
