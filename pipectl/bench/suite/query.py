"""query: the report's SQL, asked of Presto; of DuckDB on the same files; and of DuckDB on another layout.

The same files are those that `"events$files"` names: the folder also holds files that were replaced. The
other layout is that of the usual job: a folder for each event type, every column a string, Snappy. DuckDB
reads both, so that two layouts are compared and not two engines as well; Presto's own connector to such
folders would be 290 MB more to fetch. Every answer has to be the same from all three.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipectl.bench.statements import load_statement
from pipectl.bench.suite.duck import Duck
from pipectl.bench.suite.events import preload_up_to
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.rounds import Arm, Sample, Samples, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness
from pipectl.report.queries import FIGURES, TOTALS, load_query

_QUICK_ROWS, _FULL_ROWS = (1_000_000,), (1_000_000, 5_000_000)
_STATEMENTS: Mapping[str, str] = {name: load_query(name).sql for name in (TOTALS, *FIGURES)}
_PRESTO, _DUCKDB, _STRINGS = "Presto", "DuckDB, same files", "DuckDB, usual layout"

Ask = Callable[[str], Iterable[Sequence[Any]]]
"""Runs one statement and returns its rows."""


def query(lab: Lab, effort: Effort) -> Measured:
    """Bring the lake to each size, and ask all statements of every reader in turn."""
    samples: dict[str, tuple[Sample, ...]] = {}
    problems: list[str] = []
    sizes = _QUICK_ROWS if effort.is_quick else _FULL_ROWS
    for rows in sizes:
        fill(lab, rows)
        readers = _readers(lab)
        problems += differences(readers, _STATEMENTS)
        samples |= _measure(readers, _named(rows), effort)
    first = _named(sizes[0])
    return Measured(
        samples=samples,
        questions=tuple(question for rows in sizes for question in _questions(_named(rows))),
        steadiness=Steadiness(arm=f"{_PRESTO}, {first}", again=f"{_PRESTO} again, {first}"),
        raw=f"{_DUCKDB}, {first}",
        problems=tuple(problems),
        notes={"statements": ", ".join(_STATEMENTS)},
    )


def fill(lab: Lab, rows: int) -> None:
    """Send events until there are so many, and land all of them."""
    preload_up_to(lab, rows)
    lab.land_once()


def _readers(lab: Lab) -> Mapping[str, Ask]:
    folder = lab.folder / "query"
    shutil.rmtree(folder, ignore_errors=True)
    same = Duck(_copied(lab, folder / "files"))
    strings = Duck(same.write_as_strings(folder / "strings"), are_strings=True)
    return {_PRESTO: lambda sql: lab.presto.query(sql).rows, _DUCKDB: same.query, _STRINGS: strings.query}


def _copied(lab: Lab, folder: Path) -> list[Path]:
    """Copy the files that the table names out of HDFS, which DuckDB does not read."""
    folder.mkdir(parents=True)
    copies = []
    for number, (path,) in enumerate(lab.presto.query(load_statement("events_data_files")).rows):
        copies.append(folder / f"{number}.parquet")
        copies[-1].write_bytes(lab.hdfs.read_bytes(path))
    return copies


def _measure(readers: Mapping[str, Ask], size: str, effort: Effort) -> Samples:
    arms = {**readers, f"{_PRESTO} again": readers[_PRESTO]}
    # No warm-up: that every answer is the same from all was asked just before.
    return run_rounds(
        [Arm(name=f"{name}, {size}", measure=partial(_ask_all, ask)) for name, ask in arms.items()],
        effort.rounds,
        warm_ups=0,
        on_turn=effort.on_turn,
    )


def _ask_all(ask: Ask) -> Sample:
    began = time.monotonic()
    for sql in _STATEMENTS.values():
        ask(sql)
    return {"seconds": time.monotonic() - began}


def differences(readers: Mapping[str, Ask], statements: Mapping[str, str]) -> list[str]:
    """Name the statements whose answer is not that of the first reader; there should be none."""
    (first, ask_first), *others = readers.items()
    found = []
    for name, sql in statements.items():
        expected = _comparable(ask_first(sql))
        found += [
            f"{name}: {other} answers otherwise than {first}"
            for other, ask in others
            if _comparable(ask(sql)) != expected
        ]
    return found


def _comparable(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return rows with times in milliseconds, which are all that Presto has."""
    return [tuple(_milliseconds(value) for value in row) for row in rows]


def _milliseconds(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value


def _named(rows: int) -> str:
    return f"{rows / 1e6:g} M rows"


def _questions(size: str) -> tuple[Question, ...]:
    def times(label: str, arm: str, against: str) -> Question:
        return Question(
            label=f"{label}, {size}",
            figure="seconds",
            arm=f"{arm}, {size}",
            against=f"{against}, {size}",
            target=None,
        )

    return (
        times("time of Presto against DuckDB on the same files", _PRESTO, _DUCKDB),
        times("time of DuckDB on the usual layout against the lake's", _STRINGS, _DUCKDB),
    )


QUERY = Benchmark(
    name="query",
    summary="the report's SQL, by Presto and DuckDB, on the lake's files and laid out the usual way",
    run=query,
    needs=("ab", "duckdb"),
    lands_events=True,
)
