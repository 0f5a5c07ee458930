"""drain, verify, sql: what has landed, whether it is all, and anything else that one may ask of it."""

import csv
import io
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from pipectl.cli.session import Session, command
from pipectl.console import Console
from pipectl.errors import DifferenceFound, UsageFault
from pipectl.runtimes import streaming
from pipectl.services import hdfs, jars, jvm
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.verify import Sources, Verification
from pipectl.verify import verify as prove

_MOST_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "drain")(drain)
    command(app, "verify")(verify)
    command(app, "sql")(sql)


def drain(
    session: Session,
    *,
    timeout: Annotated[float, typer.Option(help="Seconds to wait.")] = streaming.DRAIN_TIMEOUT_SECONDS,
) -> None:
    """Wait until all that was accepted before this call is in the ledger."""
    session.console.finish({"waited_for": drain_and_show(session, timeout_seconds=timeout)})


def drain_and_show(session: Session, *, timeout_seconds: float = streaming.DRAIN_TIMEOUT_SECONDS) -> int:
    """Drain, say so, and return how many records were waited for."""
    with session.console.working("Waiting for the ledger"):
        waited_for = streaming.drain(session.settings, timeout_seconds=timeout_seconds)
    session.console.done("Drained: the ledger has all that was accepted", f"{waited_for} were on their way")
    return waited_for


def sql(
    session: Session,
    statement: Annotated[
        str | None, typer.Argument(help="SQL for Presto; without it its shell opens.")
    ] = None,
    *,
    format_: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="How to print.")
    ] = "table",
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
        raise UsageFault(
            "Without a terminal, `sql` needs a statement.", do_next='Run: pipectl sql "SELECT ..."'
        )
    settings = session.settings
    with session.console.working("Fetching Presto's command line"):
        folder = jars.ensure_jars(jars.pom("presto-cli"), settings.cache)
    server = f"http://127.0.0.1:{settings.ports.presto}"
    shell = [
        "-jar",
        str(next(folder.glob("*.jar"))),
        "--server",
        server,
        "--catalog",
        "lake",
        "--schema",
        "game",
    ]
    subprocess.run([str(jvm.find_java()), *shell], check=False)


def verify(
    session: Session,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every record again with a second client.")
    ] = False,
) -> None:
    """Prove that every accepted event is in exactly one class and each landed one is there; 4 if not."""
    session.console.finish(asdict(verify_and_show(session, deep=deep)))


def verify_and_show(session: Session, *, deep: bool = False) -> Verification:
    """Verify, show the sum and each check, and return them; raises DifferenceFound where they differ."""
    with session.console.working("Verifying"):
        found = verification_of(session, deep=deep)
    _show_sum(session.console, found)
    _warn_of_rewritten(session.console, found)
    if not found.is_good:
        raise _as_error(found)
    session.console.done("Nothing is missing and nothing is there twice", _covered(found))
    return found


def verification_of(session: Session, *, deep: bool = False) -> Verification:
    """Verify and return the result, differences and all; shows nothing."""
    settings = session.settings
    sources = Sources(
        bootstrap=bootstrap_servers(settings),
        presto=connect(settings),
        hdfs=hdfs.connect(settings),
        catalog=session.catalog,
    )
    return prove(sources, deep=deep)


def _show_sum(console: Console, found: Verification) -> None:
    counts = vars(found.counts)
    console.table(tuple(name.replace("_", " ") for name in counts), [tuple(counts.values())])
    console.line(
        f"Refused by the collector and kept: {found.refused}. Not in the ledger yet: {found.pending}."
        + (f" Erased since: {found.erased}." if found.erased else "")
    )


def _warn_of_rewritten(console: Console, found: Verification) -> None:
    for one in found.rewritten[:_MOST_SHOWN]:
        console.warning(one.message)
    if (more := len(found.rewritten) - _MOST_SHOWN) > 0:
        console.warning(f"{more} more ids were sent again with other content: see --json")


def _covered(found: Verification) -> str:
    return f"{found.files} data files are there, {found.read_again} records were read again from Kafka"


def _as_error(found: Verification) -> DifferenceFound:
    lines = [*(difference.message for difference in found.differences[:_MOST_SHOWN]), *found.skipped]
    more = len(found.differences) - _MOST_SHOWN
    return DifferenceFound(
        f"Verification found {len(found.differences)} differences.",
        evidence="\n".join([*lines, *([f"... and {more} more: see --json"] if more > 0 else [])]),
        do_next="Run: pipectl verify --json   (each in detail; docs/architecture.md says what is asked)",
        data=asdict(found),
    )
