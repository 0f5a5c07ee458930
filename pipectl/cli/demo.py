"""demo: all of it, once, in order, with a report at the end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pipectl.cli import data, load, report, stack, stream
from pipectl.cli.session import Session, command
from pipectl.report.inputs import Step
from pipectl.services.registry import started_by_up

T = TypeVar("T")

_NEXT = (
    "pipectl status                                    what runs, and whether it answers",
    'pipectl sql "select event_type, count(*) from events group by 1"',
    "pipectl load --profile heavy                      a hundred thousand requests more",
    "pipectl simulate                                  players for a month; then drain, and report anew",
    "pipectl verify --deep                             every record read again by a second client",
    "pipectl down                                      stop it all; the data stays",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "demo")(demo)


def demo(
    session: Session,
    *,
    profile: Annotated[str, typer.Option("--profile", help="Which load.")] = "demo",
    out: Annotated[Path, typer.Option("--out", help="Where the report goes.")] = report.DEFAULT_OUT,
    runtime: stack.RuntimeFlag = None,
) -> None:
    """Run the whole pipeline once: up, stream start, load, drain, verify, report."""
    run = _Run(session)
    settings = session.settings_with(runtime=runtime)
    run.step(
        "pipectl up",
        "start every engine and the collector",
        lambda: stack.start_services(session.console, settings, started_by_up(settings)),
    )
    run.step(
        "pipectl stream start",
        "start the job between Kafka and the lake",
        lambda: stream.start_stream(session, settings),
    )
    run.step(
        f"pipectl load --profile {profile}",
        "send requests with Apache Bench",
        lambda: load.load_and_show(session, profile),
    )
    run.step("pipectl drain", "wait until all of it has landed", lambda: data.drain_and_show(session))
    found = run.step(
        "pipectl verify", "prove that nothing was lost or doubled", lambda: data.verify_and_show(session)
    )
    files = run.step(
        "pipectl report",
        "write the notebook and the page",
        lambda: report.write_and_show(session, out, found, tuple(run.steps)),
    )
    run.show(files)
    session.console.finish(
        {"steps": [vars(step) for step in run.steps], "report": [str(file) for file in files]}
    )


class _Run:
    """The steps that were done, and how long each took."""

    def __init__(self, session: Session) -> None:
        self.steps: list[Step] = []
        self._console = session.console

    def step(self, text: str, purpose: str, action: Callable[[], T]) -> T:
        self._console.heading(f"\n{len(self.steps) + 1}. {text}")
        began = time.monotonic()
        result = action()
        self.steps.append(Step(command=text, purpose=purpose, seconds=time.monotonic() - began))
        return result

    def show(self, files: tuple[Path, ...]) -> None:
        """Say what was done, how long it took, where the report is and what to try next."""
        rows = [(step.command, step.purpose, f"{step.seconds:.1f}") for step in self.steps]
        total = sum(step.seconds or 0 for step in self.steps)
        self._console.line()
        self._console.table(("command", "what it did", "seconds"), [*rows, ("", "all of it", f"{total:.1f}")])
        for file in files:
            self._console.line(f"Report: {file}")
        self._console.heading("Try next")
        for line in _NEXT:
            self._console.line(f"  {line}")
