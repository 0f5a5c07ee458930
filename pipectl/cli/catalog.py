"""catalog ls, check: the declared event types, and whether a changed catalog can follow the deployed one."""

from pathlib import Path
from typing import Annotated

import typer

from pipectl.catalog import load_catalog
from pipectl.cli.session import Session, command
from pipectl.runtimes.deployed import check_catalog


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    catalog = typer.Typer(no_args_is_help=True, help="The declared event types.")
    command(catalog, "ls")(catalog_ls)
    command(catalog, "check")(catalog_check)
    app.add_typer(catalog, name="catalog")


def catalog_ls(session: Session) -> None:
    """List the event types with their routes and fields."""
    rows = []
    for event in session.catalog:
        routes = "\n".join(f"{route.method} {route.path}" for route in event.routes)
        fields = "\n".join(f"{name}: {field.type}" for name, field in event.fields.items())
        rows.append((event.name, event.summary, routes, fields))
    session.console.table(("event", "what it means", "routes", "fields"), rows)
    events = {event.name: event.model_dump(mode="json") for event in session.catalog}
    session.console.finish({"catalog": str(session.settings.catalog_file), "events": events})


def catalog_check(
    session: Session,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="Which catalog; by default the one set.")
    ] = None,
) -> None:
    """Compare a catalog with the deployed one; exits 1 when it would break rows or their readers."""
    wanted = file or session.settings.catalog_file
    changes = check_catalog(session.settings.stack_folder, load_catalog(wanted))
    if changes:
        session.console.table(("where", "what changes"), [(change.place, change.what) for change in changes])
    session.console.done(f"{wanted} can follow what is deployed", f"changes: {len(changes)}")
    session.console.finish({"catalog": str(wanted), "changes": [vars(change) for change in changes]})
