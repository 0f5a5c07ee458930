"""compose export, build: the stack for those who prefer docker compose."""

from pathlib import Path
from typing import Annotated

import typer

from pipectl.cli.session import Session, command
from pipectl.runtimes.bringup import fetch_jars
from pipectl.runtimes.compose import COMPOSE_FILE, compose_files
from pipectl.runtimes.docker import DockerRuntime
from pipectl.runtimes.image import image_content
from pipectl.services.registry import services_of


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    compose = typer.Typer(no_args_is_help=True, help="The stack for docker compose.")
    command(compose, "export")(export)
    command(compose, "build")(build)
    app.add_typer(compose, name="compose")


def export(
    session: Session,
    *,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("compose"),
) -> None:
    """Write docker-compose.yml, with what each service is told beside it, from the recipes and settings."""
    files = compose_files(session.settings, session.settings.catalog_file.read_text("utf-8"))
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, "utf-8")
    session.console.done(f"Wrote {out / COMPOSE_FILE}", f"and {len(files) - 1} files beside it")
    session.console.line(f"Next: pipectl compose build, then docker compose -f {out / COMPOSE_FILE} up -d")
    session.console.finish({"files": [str(out / name) for name in files]})


def build(session: Session) -> None:
    """Build the image that the compose file names, and fetch the jars of the engines."""
    names = services_of(session.settings)
    with session.console.working("Looking for the image and the jars"):
        for step in DockerRuntime(session.settings).prepare(names):
            session.console.line(step)
        for fetched in fetch_jars(session.settings, names):
            session.console.done(f"fetched the jars of {fetched.pom}", f"{fetched.seconds:.0f} s")
    image = image_content().name
    session.console.done("The image and the jars are there", image)
    session.console.finish({"image": image})
