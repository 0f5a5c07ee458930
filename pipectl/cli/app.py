"""The command line: puts the nouns together, and is the only place that turns a failure into an exit."""

import os
import signal
import sys
import traceback
from types import FrameType

import typer

from pipectl import __version__
from pipectl.cli import (
    bench,
    catalog,
    compose,
    data,
    demo,
    erase,
    events,
    lake,
    load,
    rejected,
    report,
    settings,
    simulate,
    stack,
    state,
    stream,
)
from pipectl.console import Console
from pipectl.errors import Interrupted, PipectlError

app = typer.Typer(
    name="pipectl",
    help="Run a game's event pipeline for real, prove that it lost nothing, and explain it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for noun in (
    demo,
    settings,
    catalog,
    stack,
    stream,
    load,
    simulate,
    events,
    lake,
    rejected,
    data,
    state,
    erase,
    report,
    bench,
    compose,
):
    noun.register(app)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version."),  # noqa: FBT001, FBT003 - typer's form
) -> None:
    if version:
        Console("pipectl").line(f"pipectl {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line and exit with the code that the failure carries."""
    signal.signal(signal.SIGTERM, _interrupt)
    _reach_this_machine_directly()
    console = Console(" ".join(["pipectl", *_words(sys.argv[1:])]), as_json="--json" in sys.argv)
    try:
        app(standalone_mode=True)
    except PipectlError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        console.fail(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(Interrupted.exit_code)
    except BrokenPipeError:  # the reader went away, as `head` does
        sys.stderr.close()
        sys.exit(0)


def _reach_this_machine_directly() -> None:
    """Ask no proxy for the services of this machine: it would look for them on its own."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


def _words(arguments: list[str]) -> list[str]:
    """Return the words that name the command, before any option or value."""
    names = []
    for argument in arguments[:2]:
        if not argument.replace("-", "").isalpha() or argument.startswith("-"):
            break
        names.append(argument)
    return names


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat a polite end as Ctrl-C, so that what was begun is cleaned up."""
    raise KeyboardInterrupt
