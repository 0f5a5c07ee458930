"""The command line: puts the nouns together, and is the only place that turns a failure into an exit."""

import importlib
import itertools
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from pipectl import __version__
from pipectl.console import Console
from pipectl.errors import Interrupted, PipectlError

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "settings": ("init", "config"),
    "catalog": ("catalog",),
    "stack": ("up", "status", "logs", "down", "destroy"),
    "doctor": ("doctor",),
    "stream": ("stream",),
    "load": ("load",),
    "simulate": ("simulate",),
    "events": ("events",),
    "lake": ("lake",),
    "rejected": ("rejected",),
    "data": ("drain", "verify", "sql"),
    "state": ("state",),
    "erase": ("erase",),
    "report": ("report",),
    "bench": ("bench",),
    "compose": ("compose",),
}
"""The module of each noun, and the commands in it; in the order in which help lists them."""


class _Nouns(TyperGroup):
    """Imports the module of a command when that command is asked for: all of them take most of a second."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return all names, for help and for suggestions."""
        del ctx
        return list(itertools.chain(*COMMANDS.values()))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command of one of the modules."""
        del ctx
        for module, names in COMMANDS.items():
            if cmd_name in names:
                noun = typer.Typer()
                importlib.import_module(f"pipectl.cli.{module}").register(noun)
                return get_group(noun).commands[cmd_name]
        return None


app = typer.Typer(
    name="pipectl",
    help="Run a game's event pipeline for real, prove that it lost nothing, and explain it.",
    cls=_Nouns,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
