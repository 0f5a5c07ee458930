"""stream start, stop, status: the job between Kafka and the lake."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipectl import kafka
from pipectl.bench.client import post_events
from pipectl.catalog import PROBE
from pipectl.cli.session import Session, command
from pipectl.cli.stack import start_services
from pipectl.errors import NotRunning
from pipectl.lake import ledger
from pipectl.runtimes.bringup import open_runtime
from pipectl.runtimes.streaming import await_end, check_stream, drain, stop_stream
from pipectl.services.collector import collector_url
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.settings import Settings

_ONCE_TIMEOUT_SECONDS = 3600


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    stream = typer.Typer(no_args_is_help=True, help="The job between Kafka and the lake.")
    command(stream, "start")(start)
    command(stream, "stop")(stop)
    command(stream, "status")(status)
    app.add_typer(stream, name="stream")


def start(
    session: Session,
    *,
    select: Annotated[str | None, typer.Option(help="Event types to land, with commas; or all.")] = None,
    trigger: Annotated[float | None, typer.Option(help="Seconds between batches, 0 to 120.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Land what is there now, then stop.")] = False,
) -> None:
    """Start the streaming job, and return when an event of ours has gone the whole way to the ledger."""
    chosen = select if select in (None, "all") else tuple(select.split(","))
    settings = session.settings_with(
        stream__select=chosen, stream__trigger_seconds=trigger, stream__once=once or None
    )
    session.catalog.selected(settings.stream.select)
    session.console.finish(start_stream(session, settings))


def start_stream(session: Session, settings: Settings) -> dict[str, Any]:
    """Start the job with these settings and wait for its proof of life; return what `--json` says of it."""
    check_engines(settings)
    began = start_services(session.console, settings, ("stream",))
    if settings.stream.once:
        with session.console.working("Landing what is there"):
            await_end(open_runtime(settings), timeout_seconds=_ONCE_TIMEOUT_SECONDS, what="The job")
        session.console.done("All of it has landed; the job is done")
    else:
        with session.console.working("Waiting for a probe to go the whole way"):
            post_events(collector_url(settings), [{"event_type": PROBE}], settings.collector.key)
            drain(settings)
        session.console.done("The stream is running")
    return began


def check_engines(settings: Settings) -> None:
    """Raise NotRunning if the engines that the job needs were not brought up."""
    states = open_runtime(settings).states()
    if missing := [name for name in ("kafka", "namenode", "datanode") if not states[name].running]:
        raise NotRunning(f"Not running: {', '.join(missing)}.", do_next="Run: pipectl up")


def stop(session: Session) -> None:
    """Stop the job after the batch that it is at; what comes meanwhile waits in Kafka."""
    with session.console.working("Stopping the stream"):
        stop_stream(session.settings)
    session.console.done("The stream is stopped", "events wait in Kafka")
    session.console.finish()


def status(session: Session) -> None:
    """Show what the job has done and how far it is behind; exits 3 when it is not running."""
    settings = session.settings
    check_stream(settings)
    shown = _shown(ledger.stream_progress(connect(settings), kafka.end_offsets(bootstrap_servers(settings))))
    session.console.table(("what", "value"), list(shown.items()))
    session.console.finish(shown)


def _shown(progress: ledger.StreamProgress) -> dict[str, Any]:
    last, rate = progress.last_batch, round(progress.records_per_second, 1)
    shown: dict[str, Any] = {"lag": progress.lag, "records_per_second": rate}
    if last:
        age = datetime.now(UTC).replace(tzinfo=None) - last.committed_at
        shown |= {"last_batch": last.batch_id, "last_batch_records": last.records}
        shown |= {
            "last_batch_at": f"{last.committed_at}Z",
            "last_batch_age_seconds": round(age.total_seconds(), 1),
        }
    return shown
