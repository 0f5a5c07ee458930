"""What every command takes, and what it gets: settings, and a console to show with.

A command is written as a function whose first parameter is a `Session`; `command` turns it into one
that also takes `--json`, `--stack`, `--config` and `--debug`, in any place after its name.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from pipectl.catalog import Catalog, load_catalog
from pipectl.console import Console
from pipectl.settings import ResolvedSettings, Settings, load_settings

P = ParamSpec("P")

_COMMON = {
    "as_json": Annotated[bool, typer.Option("--json", help="Print one JSON envelope and nothing else.")],
    "stack": Annotated[str | None, typer.Option("--stack", help="The name of the stack.")],
    "config": Annotated[Path | None, typer.Option("--config", help="The settings file.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")],
}


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of one command."""

    console: Console
    config: Path | None
    stack: str | None
    resolved: ResolvedSettings

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.resolved.settings

    @property
    def catalog(self) -> Catalog:
        """The catalog in force; raises UsageFault where it has a mistake."""
        return load_catalog(self.settings.catalog_file)

    def settings_with(self, **flags: Any) -> Settings:
        """Return the settings with flags of this command on top; `stream__once` is `stream.once`."""
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        return load_settings(file=self.config, flags={"stack": self.stack, **dotted}).settings


def command(
    app: typer.Typer, name: str, **options: Any
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[..., None]]:
    """Register a function that takes a Session as a command with the options that all commands share."""

    def register(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
        return app.command(name, **options)(_with_session(function))

    return register


def default_command(
    app: typer.Typer,
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[..., None]]:
    """Register what a noun does when none of its other commands is named after it."""

    def register(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
        return app.callback(invoke_without_command=True)(_with_session(function))

    return register


def _with_session(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """Return a command for typer that makes the session, unless another command follows."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

    @functools.wraps(function)
    def run(ctx: typer.Context, **given: Any) -> None:
        if ctx.invoked_subcommand is None:
            as_json, stack, config, _ = (given.pop(key) for key in _COMMON)  # `main` reads --debug
            resolved = load_settings(file=config, flags={"stack": stack})
            console = Console(ctx.command_path, as_json=as_json)
            function(Session(console=console, config=config, stack=stack, resolved=resolved), **given)  # type: ignore[call-arg]

    common = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=_default(key))
        for key, kind in _COMMON.items()
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    run.__signature__ = inspect.Signature([context, *own, *common])  # type: ignore[attr-defined]
    return run


def _default(key: str) -> bool | None:
    return False if key in ("as_json", "debug") else None
