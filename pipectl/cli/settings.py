"""init, config show: what is set, and where each value came from."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pipectl.bundled import bundled
from pipectl.cli.session import Session, command
from pipectl.errors import UsageFault
from pipectl.settings import SETTINGS_FILE

_FILES = (SETTINGS_FILE, "events.toml")


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "init")(init)
    config = typer.Typer(no_args_is_help=True, help="The settings in force.")
    command(config, "show")(config_show)
    app.add_typer(config, name="config")


def init(session: Session, folder: Annotated[Path, typer.Argument(help="Where to.")] = Path()) -> None:
    """Write a settings file and the demo game's catalog to begin with; never over existing ones."""
    if there := [name for name in _FILES if (folder / name).exists()]:
        raise UsageFault(
            f"{folder / there[0]} exists already.", do_next="Name another folder: pipectl init FOLDER"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(bundled(name), folder / name)
        session.console.done(f"wrote {folder / name}")
    session.console.finish({"files": [str(folder / name) for name in _FILES]})


def config_show(session: Session) -> None:
    """Show every setting, its value, and whether a file, the environment or a flag set it."""
    rows = list(session.resolved.rows())
    session.console.table(("setting", "value", "from"), rows)
    session.console.finish({key: {"value": value, "from": origin} for key, value, origin in rows})
