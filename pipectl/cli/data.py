"""drain, verify, sql: what has landed, whether it is all, and anything else that one may ask of it."""

import csv
import io
import subprocess
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from pipectl.cli import stream
from pipectl.cli.session import Session, command
from pipectl.errors import DifferenceFound, UsageFault
from pipectl.services import jars, jvm
from pipectl.services.hdfs import namenode_url
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.verify import Verification, verify as prove

_MOST_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "drain")(drain)
    command(app, "verify")(verify)
    command(app, "sql")(sql)


def drain(
    session: Session, *, timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = 600
) -> None:
    """Wait until all that was accepted before this call is in the ledger."""
    with session.console.working("Waiting for the ledger"):
        waited_for = stream.drain(session.settings, timeout_seconds=timeout)
    session.console.done("Drained: the ledger has all that was accepted", f"{waited_for} were on their way")
    session.console.finish({"waited_for": waited_for})


def sql(
    session: Session,
    statement: Annotated[str | None, typer.Argument(help="SQL for Presto; without it its shell opens.")] = None,
    *,
    format_: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How to print.")] = "table",
) -> None:
    """Run one statement in Presto and print what it answers."""
    if statement is None:
        _open_shell(session)
        return
    result = connect(session.settings).query(statement)
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    if format_ == "json":
        for row in rows:
            session.console.stream_json(row)
    elif format_ == "csv":
        session.console.raw(_as_csv(result.columns, result.rows))
    else:
        session.console.table(result.columns, result.rows)
        session.console.line(f"{len(rows)} rows")
    session.console.finish({"columns": list(result.columns), "rows": rows})


def _as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _open_shell(session: Session) -> None:
    """Become Presto's own command line, fetched at the first use."""
    if not session.console.can_ask():
        raise UsageFault("Without a terminal, `sql` needs a statement.", do_next='Run: pipectl sql "SELECT ..."')
    settings = session.settings
    with session.console.working("Fetching Presto's command line"):
        folder = jars.ensure_jars(jars.pom("presto-cli"), settings.cache)
    server = f"http://127.0.0.1:{settings.ports.presto}"
    shell = ["-jar", str(next(folder.glob("*.jar"))), "--server", server, "--catalog", "lake", "--schema", "game"]
    subprocess.run([str(jvm.find_java()), *shell], check=False)


def verify(
    session: Session,
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Read every record again with a second client.")] = False,
) -> None:
    """Prove that every accepted event is in exactly one class, and each landed one is there; exits 4 if not."""
    settings = session.settings
    with session.console.working("Reading every record again" if deep else "Comparing ledger, lake and Kafka"):
        found = prove(
            connect(settings),
            bootstrap_servers=bootstrap_servers(settings),
            namenode_url=namenode_url(settings),
            deep=deep,
        )
    show_verification(session, found)
    if found.differences:
        raise as_error(found)
    session.console.finish(found.to_dict())


def show_verification(session: Session, found: Verification) -> None:
    """Show the sum that has to balance, and each check."""


def as_error(found: Verification) -> DifferenceFound:
    """Return the failure that names the differences."""
    shown = found.differences[:_MOST_SHOWN]
    more = len(found.differences) - len(shown)
    return DifferenceFound(
        f"Verification found {len(found.differences)} differences.",
        evidence="\n".join([*(str(each) for each in shown), *([f"... and {more} more"] if more else [])]),
        do_next="Run: pipectl verify --deep   (it names each record)",
    )
