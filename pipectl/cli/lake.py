"""lake ls, compact, expire: how many files and snapshots there are, and upkeep at a person's word."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from pipectl.cli.session import Session, command
from pipectl.cli.stream import check_engines
from pipectl.console import Console
from pipectl.errors import OperationFailed
from pipectl.lake.contents import TableContents, lake_contents
from pipectl.lake.job import Task
from pipectl.runtimes.bringup import open_runtime
from pipectl.runtimes.once import run_once
from pipectl.services.presto import connect
from pipectl.settings import Settings

_TASK_FILE = "task"
_TIMEOUT_SECONDS = 3600.0
_BYTES_A_MB = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    lake = typer.Typer(no_args_is_help=True, help="The files and snapshots of the lake.")
    command(lake, "ls")(ls)
    command(lake, "compact")(compact)
    command(lake, "expire")(expire)
    app.add_typer(lake, name="lake")


def ls(session: Session) -> None:
    """Show the rows, files and snapshots of each table."""
    contents = lake_contents(connect(session.settings))
    _show(session.console, contents)
    session.console.finish(_as_data(contents))


def compact(session: Session) -> None:
    """Put the small files of each day together, sorted; the stream does so by itself while it runs."""
    before, after = _run(session, "compact")
    count = sum(table.files for table in before) - sum(table.files for table in after)
    session.console.done("The lake is compact", f"{count} files fewer")
    session.console.finish({"before": _as_data(before), "after": _as_data(after)})


def expire(session: Session) -> None:
    """Forget old snapshots and delete the files that only they name; the stream does so by itself too."""
    before, after = _run(session, "expire")
    count = sum(table.snapshots for table in before) - sum(table.snapshots for table in after)
    upkeep = session.settings.upkeep
    kept = f"kept: {upkeep.keep_hours:g} h, and the last {upkeep.keep_snapshots} of each table"
    session.console.done(f"{count} snapshots are forgotten", kept)
    session.console.finish({"before": _as_data(before), "after": _as_data(after)})


def _run(session: Session, task: Task) -> tuple[list[TableContents], list[TableContents]]:
    """Run the task in the place of the stream and show the tables; return them before and after."""
    settings, presto = session.settings, connect(session.settings)
    check_engines(settings)
    _check_stream_is_over(settings)
    before = lake_contents(presto)
    with session.console.working("Waiting for the job"):
        run_once(settings, "jobs.maintenance", {_TASK_FILE: task}, timeout_seconds=_TIMEOUT_SECONDS)
    after = lake_contents(presto)
    _show(session.console, after)
    return before, after


def _check_stream_is_over(settings: Settings) -> None:
    """Raise OperationFailed while the stream runs: there can be one writer only."""
    if not open_runtime(settings).states("stream")["stream"].is_over:
        raise OperationFailed(
            "The stream is running, and there can be one writer only.",
            evidence="It does the same by itself, between its batches (settings: upkeep).",
            do_next="To do it now: pipectl stream stop, then try again.",
        )


def _show(console: Console, contents: Sequence[TableContents]) -> None:
    columns = ("table", "rows", "files", "most a day", "MB", "snapshots", "oldest snapshot")
    console.table(columns, [_row(table) for table in contents])


def _row(table: TableContents) -> tuple[Any, ...]:
    size = f"{table.size_bytes / _BYTES_A_MB:.1f}"
    oldest = f"{table.oldest_snapshot:%Y-%m-%d %H:%M:%S}Z" if table.oldest_snapshot else ""
    files = table.files, table.most_files_a_partition
    return table.name, table.records, *files, size, table.snapshots, oldest


def _as_data(contents: Sequence[TableContents]) -> dict[str, Any]:
    return {table.name: asdict(table) for table in contents}
