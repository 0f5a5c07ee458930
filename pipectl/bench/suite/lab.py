"""A stack of the benchmarks' own: on free ports, beside the user's, and deleted at the end."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil

from pipectl import kafka
from pipectl.bench.client import post_events
from pipectl.catalog import PROBE, load_catalog
from pipectl.errors import NotRunning, OperationFailed
from pipectl.lake.tables import SCHEMA, all_tables
from pipectl.runtimes.bringup import Ready, bring_up, describe, open_runtime
from pipectl.runtimes.marks import marked
from pipectl.runtimes.ports import free_ports
from pipectl.runtimes.stack import Stack, exclusive
from pipectl.runtimes.streaming import STREAM, await_end, drain, stop_stream
from pipectl.services import hdfs
from pipectl.services.collector import collector_url
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.services.recipe import Service
from pipectl.services.registry import started_by_up
from pipectl.settings import Ports, Settings
from pipectl.verify import Sources, verify

_HOME = ".bench"  # no stack of the user's can have a name that begins with a dot
_SUPERVISOR = "supervisord.pid"
_ONCE_SECONDS = 1_800
_LOG_LINES = 5_000


@contextmanager
def laboratory(settings: Settings) -> Iterator["Lab"]:
    """Give the benchmarks a stack until the block ends; nothing is started yet.

    What an interrupted run has left there is deleted first. Raises OperationFailed while another run of
    the same user holds it.
    """
    home = settings.home.expanduser().absolute() / _HOME
    with exclusive(home):
        lab = Lab(lab_settings(settings))
        lab.erase()
        try:
            yield lab
        finally:
            lab.erase()


def lab_settings(settings: Settings) -> Settings:
    """Return the user's settings with a folder, a name and ports of their own; always local processes."""
    names = tuple(Ports.model_fields)
    own = {
        "stack": "bench",
        "home": settings.home.expanduser().absolute() / _HOME,
        "runtime": "local",  # whose processes can be measured
        "ports": Ports(**dict(zip(names, free_ports(len(names)), strict=True))),
        "stream": settings.stream.model_copy(update={"select": "all", "once": False}),
    }
    return settings.model_copy(update=own)


class Lab:
    """The stack: what benchmarks start and stop, where they send, and the proof that nothing was lost."""

    def __init__(self, settings: Settings) -> None:
        """Only remember the settings."""
        self.settings = settings
        self.catalog = load_catalog(settings.catalog_file)
        self.url = collector_url(settings)
        self.bootstrap = bootstrap_servers(settings)
        self.presto = connect(settings)
        self.hdfs = hdfs.connect(settings)
        self.folder = settings.stack_folder
        self.ready: dict[str, float] = {}
        """Service to the seconds after which it was ready when it was last started."""

    def start(self, names: tuple[str, ...] | None = None) -> None:
        """Start what does not run yet."""
        for ready in _start(self.settings, names or started_by_up(self.settings)):
            if not ready.was_running:
                self.ready[ready.name] = ready.seconds

    def stop(self, names: tuple[str, ...] | None = None) -> None:
        """Stop these services, or everything, and keep the data."""
        with exclusive(self.folder):
            runtime = open_runtime(self.settings)
            if names:
                runtime.stop(names)
            else:
                runtime.down()

    def erase(self) -> None:
        """Stop everything and delete the data; nothing happens where there is none."""
        if self.folder.exists():
            open_runtime(self.settings).down(erase=True)
            shutil.rmtree(self.folder)

    def processes(self, service: str | None = None) -> list[psutil.Process]:
        """Return the processes of a service, or of the whole stack with the supervisor that keeps it."""
        supervisor = [] if service else [psutil.Process(int((self.folder / _SUPERVISOR).read_text("utf-8")))]
        return [*marked(self.folder, service), *supervisor]

    def records(self, *topics: str) -> int:
        """Return how many records these topics have got so far."""
        return sum(kafka.end_offsets(self.bootstrap, topics).values())

    def start_stream(self, **changes: Any) -> None:
        """Start the streaming job and wait until it has landed what is there, and a probe behind it.

        `changes` are settings of the stream that differ from the laboratory's.
        """
        _start(self._with_stream(changes), (STREAM,))
        post_events(self.url, [{"event_type": PROBE}], self.settings.collector.key)
        drain(self.settings)

    def land_once(self, **changes: Any) -> list[str]:
        """Run the streaming job in once-over mode to its end, and return its log; `changes` as above."""
        settings = self._with_stream({**changes, "once": True})
        _start(settings, (STREAM,))
        await_end(open_runtime(settings), timeout_seconds=_ONCE_SECONDS, what="Landing what is there")
        return self.stream_log()

    def stream_log(self) -> list[str]:
        """Return what the streaming job has said, in earlier runs too."""
        return list(open_runtime(self.settings).logs(STREAM, _LOG_LINES))

    def describe_stream(self, **changes: Any) -> Service:
        """Return the streaming job as a service, without starting it; `changes` as above."""
        stack = Stack.load(self.folder)
        if stack is None:
            raise NotRunning("The laboratory's stack was not started.")
        (service,) = describe(self._with_stream(changes), stack, (STREAM,))
        return service

    def forget_lake(self) -> None:
        """Delete tables and checkpoint, with the stream stopped; Kafka keeps all records.

        The player state that is ahead of an empty lake is emptied by the stream itself.
        """
        stop_stream(self.settings)
        for table in all_tables(self.catalog):
            self.hdfs.delete(f"/lake/{SCHEMA}/{table.name}", recursive=True)
        self.hdfs.delete("/checkpoints", recursive=True)

    def _with_stream(self, changes: Mapping[str, Any]) -> Settings:
        stream = self.settings.stream.model_copy(update=dict(changes))
        return self.settings.model_copy(update={"stream": stream})

    def prove(self) -> tuple[str, ...]:
        """Land everything and verify; returns what is missing or there twice, nothing if all is well."""
        try:
            self.start_stream()
            found = verify(
                Sources(
                    bootstrap=self.bootstrap,
                    presto=self.presto,
                    hdfs=self.hdfs,
                    catalog=self.catalog,
                )
            )
        except (OperationFailed, NotRunning) as error:
            return (str(error),)
        finally:
            stop_stream(self.settings)
        return (*(difference.message for difference in found.differences), *found.skipped)


def _start(settings: Settings, names: tuple[str, ...]) -> list[Ready]:
    return [event for event in bring_up(settings, names) if isinstance(event, Ready)]
