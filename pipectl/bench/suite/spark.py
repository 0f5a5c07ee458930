"""Spark's side of the benchmarks: jobs of the reference, and what the log of a job says of its batches."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.processes import Program, check_runs, reference_script, running
from pipectl.errors import OperationFailed
from pipectl.services.stream import JOB_FILE
from pipectl.waiting import wait_until

_START_SECONDS = 60
_CLASSES = ("landed", "not_selected", "rejected", "duplicates")


@dataclass(frozen=True, kw_only=True)
class Drain:
    """So many records, read in so many seconds from the start of the first query on."""

    records: int
    seconds: float


def entries(lines: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Return what a job's log says since its last `started`, that one first; what is no JSON is Spark's own.

    Raises OperationFailed where the job has not begun.
    """
    found = list(_parsed(lines))
    starts = [place for place, entry in enumerate(found) if entry["event"] == "started"]
    if not starts:
        raise OperationFailed("The job has not begun.", evidence="\n".join(lines[-15:]))
    return found[starts[-1] :]


def drain_of(lines: Sequence[str]) -> Drain:
    """Return what a job that has ended drained: a stream names its batches, a reference job their sum."""
    log = entries(lines)
    landed = [entry for entry in log if entry["event"] in ("batch", "drained")]
    if not landed:
        raise OperationFailed("The job has drained nothing.", evidence="\n".join(lines[-15:]))
    return Drain(
        records=sum(
            entry.get("records", 0) + sum(entry.get(name, 0) for name in _CLASSES) for entry in landed
        ),
        seconds=(time_of(landed[-1]) - time_of(log[0])).total_seconds(),
    )


def reference_job(lab: Lab, script: str, *words: str, **changes: Any) -> Program:
    """Return a Spark job of `bench/reference`, which is told what the stream of this lab would be told.

    `changes` are settings of that stream that differ from the laboratory's.
    """
    stream = lab.describe_stream(**changes)
    folder = lab.folder / "reference"
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    job = {**json.loads(stream.files[JOB_FILE]), "local_folder": str(folder / "tmp")}
    job["catalog_file"] = str(lab.settings.catalog_file.absolute())
    (folder / JOB_FILE).write_text(json.dumps(job), "utf-8")
    return Program(
        script=reference_script(script),
        words=(str(folder / JOB_FILE), *words),
        log=folder / f"{script}.log",
        environment={**os.environ, **stream.environment},
    )


@contextmanager
def started(program: Program) -> Iterator[int]:
    """Run a job of the reference until the block ends; yields its pid once its first query runs."""
    with running(program) as process:
        wait_until(
            lambda: entries(program.lines()),
            timeout_seconds=_START_SECONDS,
            message=f"{program.script.name} has not begun.",
            watch=lambda: check_runs(process, program),
        )
        yield process.pid


def _parsed(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith('{"time"'):
            yield json.loads(line)


def time_of(entry: Mapping[str, Any]) -> datetime:
    """Return when an entry of a log was written."""
    return datetime.fromisoformat(entry["time"])
