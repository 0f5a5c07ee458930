"""stream start, stop, status: the job between Kafka and the lake."""

from typing import Annotated, Any

import typer

from pipectl import kafka
from pipectl.catalog import EVENTS_TOPIC
from pipectl.cli.session import Session, command
from pipectl.cli.stack import start_services
from pipectl.errors import NotRunning
from pipectl.lake import ledger
from pipectl.runtimes.bringup import check_alive, open_runtime
from pipectl.runtimes.stack import exclusive
from pipectl.services.collector import send_probe
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.settings import Settings
from pipectl.waiting import wait_until

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
    check_engines(settings)
    began = start_services(session.console, settings, ("stream",))
    with session.console.working("Landing what is there" if once else "Waiting for a probe to go the whole way"):
        if once:
            _await_end(settings)
        else:
            start_watched(settings)
    session.console.done("All of it has landed; the job is done" if once else "The stream is running")
    session.console.finish(began)


def check_engines(settings: Settings) -> None:
    """Raise NotRunning if the engines that the job needs were not brought up."""
    states = open_runtime(settings).states()
    if missing := [name for name in ("kafka", "namenode", "datanode") if not states[name].running]:
        raise NotRunning(f"Not running: {', '.join(missing)}.", do_next="Run: pipectl up")


def start_watched(settings: Settings) -> None:
    """Send a probe and wait until the ledger counts it; raises what `check_stream` raises."""
    send_probe(settings)
    drain(settings, on_progress=lambda _remaining: None)


def drain(settings: Settings, *, on_progress: ledger.OnProgress, timeout_seconds: float = 600) -> int:
    """Wait until all that is in Kafka now is in the ledger; return how many records were waited for.

    Raises NotRunning if the stream is not there, and ServiceFailed if it ends meanwhile.
    """
    check_stream(settings)
    presto, targets = connect(settings), kafka.end_offsets(bootstrap_servers(settings))
    return ledger.await_drained(
        presto,
        targets,
        timeout_seconds=timeout_seconds,
        watch=lambda: check_stream(settings),
        on_progress=on_progress,
    )


def check_stream(settings: Settings) -> None:
    """Raise NotRunning if the stream was not started, ServiceFailed if it ended by itself."""
    runtime = open_runtime(settings)
    state = runtime.states()["stream"]
    if state.is_over and state.detail in ("not started", "Not started"):
        raise NotRunning("The stream is not running.", do_next="Run: pipectl stream start")
    check_alive(runtime, "stream")


def _await_end(settings: Settings) -> None:
    runtime = open_runtime(settings)
    wait_until(
        lambda: runtime.states()["stream"].is_over,
        timeout_seconds=_ONCE_TIMEOUT_SECONDS,
        message="The job has not ended.",
    )
    ledger.check_drained(connect(settings), kafka.end_offsets(bootstrap_servers(settings)))


def stop(session: Session) -> None:
    """Stop the job after the batch that it is at; what comes meanwhile waits in Kafka."""
    with exclusive(session.settings.stack_folder), session.console.working("Stopping the stream"):
        open_runtime(session.settings).stop(("stream",))
    session.console.done("The stream is stopped", "events wait in Kafka")
    session.console.finish()


def status(session: Session) -> None:
    """Show what the job has done and how far it is behind; exits 3 when it is not running."""
    settings = session.settings
    check_stream(settings)
    progress: dict[str, Any] = ledger.progress(
        connect(settings), kafka.end_offsets(bootstrap_servers(settings), (EVENTS_TOPIC,))
    )
    session.console.table(("what", "value"), list(progress.items()))
    session.console.finish(progress)
