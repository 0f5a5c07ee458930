"""The only module that prints: lines, tables, progress, failures, and the one envelope of `--json`.

A command loads, then shows. With `--json` nothing is shown on the way, and the last line is
{"command", "status", "data", "warnings", "error": {"code", "message", "evidence", "next"}}.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from pipectl.errors import PipectlError

_NARROWEST = 100  # without a terminal a table is as wide as it needs to be readable in a log


class Console:
    """Where one command shows what it does; silent on the way when `as_json` is set."""

    def __init__(self, command: str, *, as_json: bool = False) -> None:
        """Show the named command's output on standard output, its failure on standard error."""
        self.command = command
        self.as_json = as_json
        width = None if sys.stdout.isatty() else _NARROWEST
        self._out = RichConsole(quiet=as_json, highlight=False, width=width)
        self._err = RichConsole(
            stderr=True, highlight=False, width=None if sys.stderr.isatty() else _NARROWEST
        )
        self._warnings: list[str] = []

    def line(self, text: str = "") -> None:
        """Show one line of plain text."""
        self._out.print(text, markup=False, soft_wrap=True)

    def heading(self, text: str) -> None:
        """Show one line that begins a part of the output."""
        self._out.print(f"[bold]{escape(text)}[/bold]", soft_wrap=True)

    def done(self, text: str, detail: str = "") -> None:
        """Show that a step is done, with what there is to know about it."""
        self._out.print(
            f"[green]✓[/green] {escape(text)}  [dim]{escape(detail)}[/dim]".rstrip(), soft_wrap=True
        )

    def bad(self, text: str, detail: str = "") -> None:
        """Show that a part is not as it should be."""
        self._out.print(f"[red]✗[/red] {escape(text)}  [dim]{escape(detail)}[/dim]".rstrip(), soft_wrap=True)

    def warning(self, text: str) -> None:
        """Show something that a person should know; it is also in the envelope's warnings."""
        self._warnings.append(text)
        self._out.print(f"[yellow]![/yellow] {escape(text)}", soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> None:
        """Show rows under their columns; numbers are aligned to the right, None is shown as NULL."""
        table = Table(title=title or None, title_justify="left", header_style="bold")
        for index, name in enumerate(columns):
            numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
            table.add_column(escape(name), justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*("[dim]NULL[/dim]" if value is None else escape(str(value)) for value in row))
        self._out.print(table)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something is under way, for as long as the block runs."""
        if self._out.is_terminal and not self.as_json:
            with self._out.status(escape(text)):
                yield
        else:
            self.line(f"{text} ...")
            yield

    @contextmanager
    def progress(self, text: str, total: int) -> Iterator["ProgressBar"]:
        """Show how far something is, for as long as the block runs."""
        columns = (
            *(SpinnerColumn(), TextColumn("{task.description}"), BarColumn()),
            *(MofNCompleteColumn(), TimeElapsedColumn()),
        )
        with Progress(*columns, console=self._out, disable=self.as_json or not self._out.is_terminal) as bars:
            yield ProgressBar(bars, text, total)

    def can_ask(self) -> bool:
        """Tell whether a person is there to answer a question."""
        return sys.stdin.isatty() and self._out.is_terminal and not self.as_json

    def raw(self, text: str) -> None:
        """Write text as it is, for csv and for lines of a log; nothing with `--json`."""
        if not self.as_json:
            sys.stdout.write(text)
            sys.stdout.flush()

    def stream_json(self, value: Mapping[str, Any]) -> None:
        """Write one JSON line, for commands that follow something."""
        sys.stdout.write(json.dumps(value, default=str) + "\n")
        sys.stdout.flush()

    def finish(self, data: Mapping[str, Any] | None = None) -> None:
        """End a command that did what it should; with `--json` this writes the envelope."""
        if self.as_json:
            self._envelope("ok", data or {}, None)

    def fail(self, error: PipectlError) -> None:
        """End a command that did not: what happened, the evidence, what to do next."""
        if self.as_json:
            shown = {
                "code": error.code,
                "message": error.what,
                "evidence": error.evidence,
                "next": error.do_next,
            }
            self._envelope("failed", error.data, shown)
            return
        self._err.print(f"[red bold]✗ {escape(error.what)}[/red bold]", soft_wrap=True)
        if error.evidence:
            self._err.print(f"[dim]{escape(error.evidence)}[/dim]", soft_wrap=True)
        if error.do_next:
            self._err.print(f"→ {escape(error.do_next)}", soft_wrap=True)

    def _envelope(self, status: str, data: Mapping[str, Any], error: Mapping[str, Any] | None) -> None:
        envelope = {
            "command": self.command,
            "status": status,
            "data": data,
            "warnings": self._warnings,
            "error": error,
        }
        self.stream_json(envelope)


class ProgressBar:
    """One bar on the terminal."""

    def __init__(self, bars: Progress, text: str, total: int) -> None:
        """Begin at nothing done."""
        self._bars = bars
        self._task = bars.add_task(text, total=total)

    def show(self, done: int, text: str | None = None) -> None:
        """Move the bar to `done`, and change its text if one is given."""
        if text is None:
            self._bars.update(self._task, completed=done)
        else:
            self._bars.update(self._task, completed=done, description=escape(text))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
