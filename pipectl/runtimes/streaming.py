"""The streaming job as those see it who wait for it: whether it runs, what it has still to land, its end."""

from pipectl import kafka
from pipectl.errors import NotRunning
from pipectl.lake import ledger
from pipectl.runtimes.base import Runtime
from pipectl.runtimes.bringup import check_alive, open_runtime
from pipectl.runtimes.stack import exclusive
from pipectl.services import hdfs
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.settings import Settings
from pipectl.waiting import wait_until

STREAM = "stream"
DRAIN_TIMEOUT_SECONDS = 600.0


def check_stream(settings: Settings) -> None:
    """Raise NotRunning if the stream was not started or is done, ServiceFailed if it failed."""
    runtime = open_runtime(settings)
    state = runtime.states(STREAM)[STREAM]
    if state.is_over and state.exit_code in (None, 0):
        raise NotRunning("The stream is not running.", do_next="Run: pipectl stream start")
    check_alive(runtime, STREAM)


def drain(settings: Settings, *, timeout_seconds: float = DRAIN_TIMEOUT_SECONDS) -> int:
    """Wait until all that is in Kafka now is in the ledger; return how many records were waited for.

    Raises NotRunning if the stream is not there, and ServiceFailed if it ends meanwhile.
    """
    check_stream(settings)
    files = hdfs.connect(settings)
    return ledger.await_drained(
        connect(settings),
        kafka.end_offsets(bootstrap_servers(settings)),
        timeout_seconds=timeout_seconds,
        newest_commit=lambda: ledger.newest_commit(files),
        watch=lambda: check_stream(settings),
    )


def stop_stream(settings: Settings) -> None:
    """Stop the job after the batch that it is at; what comes meanwhile waits in Kafka."""
    with exclusive(settings.stack_folder):
        open_runtime(settings).stop((STREAM,))


def await_end(runtime: Runtime, *, timeout_seconds: float, what: str) -> None:
    """Block until a job that ends by itself has ended; raises ServiceFailed if it failed.

    `what` names the job in the OperationFailed that is raised after the time.
    """
    wait_until(
        lambda: runtime.states(STREAM)[STREAM].is_over,
        timeout_seconds=timeout_seconds,
        message=f"{what} has not ended.",
    )
    check_alive(runtime, STREAM, may_be_done=True)
