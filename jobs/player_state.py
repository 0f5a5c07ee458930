"""Player state in the streaming driver: its own thread, outside the way of the batches.

Each cycle folds what has landed since the last one into the store (pipectl/players/follower.py). Whatever
goes wrong here is reported once and tried again later: a dead store never delays the lake, and never ends
the driver.
"""

import threading
from collections.abc import Callable
from functools import reduce
from operator import or_

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.sinks import Sink
from pipectl.catalog import EVENTS_TOPIC, Catalog
from pipectl.lake.tables import events_table
from pipectl.players.fold import Event, Fold
from pipectl.players.follower import Follower, Slice
from pipectl.players.store import PlayerStore, StoreMoved

Report = Callable[..., None]

_LONGEST_PAUSE_SECONDS = 10.0
_STOP_SECONDS = 10.0  # for the slice that is under way; what is left is done after the next start
_ORDER = [("kafka_partition", "ascending"), ("kafka_offset", "ascending")]


class StateLoop:
    """Runs a follower again and again, from `start` to `stop`."""

    def __init__(self, follower: Follower, *, cycle_seconds: float, report: Report) -> None:
        """Run nothing yet; `report` takes what the log should know."""
        self._follower = follower
        self._cycle_seconds = cycle_seconds
        self._report = report
        self._failures = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="player-state", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the slice that is under way; blocks for 10 seconds at most."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def catch_up(self) -> None:
        """Fold in all that has landed, now; what is in the way of it is reported, not raised."""
        try:
            while self._follower.step() is not None:
                pass
        except Exception as error:  # noqa: BLE001 - see the head of this module
            self._note_failure(error)

    def _run(self) -> None:
        while not self._stopped.wait(self._pause()):
            try:
                while not self._stopped.is_set() and self._follower.step() is not None:
                    pass
            except StoreMoved as moved:
                self._report("state_begins_again", reason=moved.what)
            except Exception as error:  # noqa: BLE001 - see the head of this module
                self._note_failure(error)
            else:
                self._note_success()

    def _pause(self) -> float:
        return min(self._cycle_seconds * 2.0**self._failures, _LONGEST_PAUSE_SECONDS)

    def _note_failure(self, error: Exception) -> None:
        if not self._failures:
            self._report("state_waits", reason=f"{type(error).__name__}: {error}")
        self._failures = min(self._failures + 1, 10)  # a power of two has to stay a number

    def _note_success(self) -> None:
        if self._failures:
            self._report("state_goes_on")
        self._failures = 0


def follow_ledger(spark: SparkSession, catalog: Catalog, sink: Sink, store: PlayerStore) -> Follower:
    """Return a follower that brings the store to where this sink has landed."""
    fold = Fold(catalog)
    table = events_table(catalog).full_name

    def ends() -> dict[int, int]:
        return {partition: end for (topic, partition), end in sink.positions.items() if topic == EVENTS_TOPIC}

    return Follower(
        store=store,
        fold=fold,
        ends=ends,
        read=lambda ranges: read_events(spark, table, fold.columns, ranges),
    )


def read_events(spark: SparkSession, table: str, columns: tuple[str, ...], ranges: Slice) -> list[Event]:
    """Return the rows of a slice as the table is now, in order of partition and offset.

    The filter is on the places alone, so the statistics of the files tell which ones need not be read.
    """
    rows = spark.table(table).where(reduce(or_, map(_is_within, ranges.items()))).select(*columns)
    found: list[Event] = rows.toArrow().sort_by(_ORDER).to_pylist()
    return found


def _is_within(item: tuple[int, range]) -> Column:
    partition, offsets = item
    offset = F.col("kafka_offset")
    return (F.col("kafka_partition") == partition) & (offset >= offsets.start) & (offset < offsets.stop)
