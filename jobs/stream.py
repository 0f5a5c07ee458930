"""The streaming job: `python -m jobs.stream JOB_FILE`. This module is its wiring.

    Kafka (both topics) ─► Spark, batch after batch ─► Sink.land ─► lake
                                                          ▲        │
            recovery, once, before the first batch ───────┘        ├─► player state, in its own thread
                                                               └─► upkeep, now and then and at rest

Standard output is the log, one JSON object a line. The job ends with 0 when it was asked to stop (SIGTERM
lets the batch in flight finish) or, in once-over mode, when all is landed. Any failure ends it with 1 and a
message on standard error; whoever started it starts it again, except after REFUSED_EXIT_CODE.
"""

import json
import signal
import sys
import threading
import time
import traceback
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.checkpoint import Checkpoint
from jobs.jvm import Files, Topics, end_jvm, hold_lock
from jobs.log import log
from jobs.once import leave
from jobs.player_state import StateLoop, follow_ledger
from jobs.ranges import Batch, Positions, positions_json
from jobs.recovery import Recovery
from jobs.session import class_archive, start_session
from jobs.sinks import Landing, Sink
from jobs.tables import Lake
from jobs.tally import totals
from jobs.transforms import plain
from jobs.upkeep import Rest, Upkeep
from jobs.watchdog import Watchdog
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, load_catalog
from pipectl.errors import LakeConflict, PipectlError, ServiceFailed
from pipectl.lake.job import REFUSED_EXIT_CODE, StreamJob
from pipectl.lake.tables import all_tables
from pipectl.players.store import open_store

_TOPICS = (EVENTS_TOPIC, REJECTED_TOPIC)
_CHECK_SECONDS = 0.5  # how soon a request to stop is noticed
_LAST_CHARACTERS = 2_000
_UPKEEP_SECONDS = 900.0  # upkeep that takes longer hangs
_REST_SECONDS = 3.0  # so long after a batch, and the next is not close behind it


class StopAsked(Exception):
    """Refuses a batch that Spark begins after the stop was asked for."""


class Driver:
    """Runs the query of one job from its recovery to its end."""

    def __init__(self, job: StreamJob, spark: SparkSession) -> None:
        """Connect nothing yet but the session."""
        catalog = load_catalog(Path(job.catalog_file))
        self._job = job
        self._spark = spark
        self._topics = Topics(spark, job.bootstrap_servers, _TOPICS)
        self._checkpoint = Checkpoint(Files(spark), job.checkpoint)
        self._landing = Landing(
            lake=Lake(spark, all_tables(catalog)),
            catalog=catalog,
            selected=catalog.selected(job.select),
            lookup_window=timedelta(seconds=job.lookup_window_seconds),
        )
        self._upkeep = Upkeep(spark=spark, tables=all_tables(catalog), policy=job.upkeep, report=log)
        self._rest = Rest(_REST_SECONDS)
        self._stop_asked = threading.Event()
        self._landing_now = threading.Lock()
        self._failure: Exception | None = None

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Take SIGTERM: the batch in flight is finished, then the query ends."""
        self._stop_asked.set()

    def run(self) -> None:
        """Recover, then land batches until the end; raises what ended the query if it was a failure."""
        sink = self._recover()
        watchdog = Watchdog(self._topics, sink, seconds=self._job.watchdog_seconds)
        state = self._follow(sink)
        query = self._start_query(sink, watchdog)
        log("started", query_id=str(query.id), positions=json.loads(positions_json(sink.positions)))
        watchdog.start()
        state.start()
        try:
            while not self._stop_asked.is_set() and not query.awaitTermination(_CHECK_SECONDS):
                self._use_rest(watchdog)
        except Exception as error:
            raise self._failure or _query_failed(error) from error
        finally:
            watchdog.stop()
        self._stop(query)
        state.stop()
        if self._job.once:
            state.catch_up()
        log("stopped", positions=json.loads(positions_json(sink.positions)))

    def _recover(self) -> Sink:
        return Recovery(
            landing=self._landing,
            topics=self._topics,
            checkpoint=self._checkpoint,
            read_records=self._read_again,
            report=log,
        ).run()

    def _follow(self, sink: Sink) -> StateLoop:
        store = open_store(self._job.store_url, self._job.store_namespace)
        follower = follow_ledger(self._spark, self._landing.catalog, sink, store)
        return StateLoop(follower, cycle_seconds=self._job.state_cycle_seconds, report=log)

    def _stop(self, query: Any) -> None:
        with self._landing_now:  # waits for the batch in flight; a later one is refused
            self._stop_asked.set()
        query.stop()

    def _start_query(self, sink: Sink, watchdog: Watchdog) -> Any:
        trigger: dict[str, Any] = {"processingTime": f"{self._job.trigger_seconds} seconds"}
        if self._job.once:
            trigger = {"availableNow": True}

        def land(records: DataFrame, batch_id: int) -> None:
            with self._landing_now:
                self._land(records, batch_id, sink)
                watchdog.note_progress()
                if self._upkeep.is_due(batch_id):
                    self._keep_small(watchdog)
                self._rest.note_batch()

        # Made plain here and not in each batch: so that much of the plan is analysed once.
        writer = plain(self._read_new(sink.positions)).writeStream.foreachBatch(land)
        return writer.option("checkpointLocation", self._job.checkpoint).trigger(**trigger).start()

    def _land(self, records: DataFrame, batch_id: int, sink: Sink) -> None:
        if self._stop_asked.is_set():
            raise StopAsked
        begun = time.monotonic()
        try:
            tally = sink.land(self._checkpoint.batch(batch_id), records)
        except Exception as error:
            self._failure = error
            raise
        log("batch", batch_id=batch_id, seconds=round(time.monotonic() - begun, 3), **totals(tally))

    def _use_rest(self, watchdog: Watchdog) -> None:
        """Compact what the last batches have left, once, when no batch comes any more."""
        if not self._landing_now.acquire(blocking=False):
            return  # a batch is in flight
        try:
            if self._rest.has_begun() and self._upkeep.is_due_at_rest():
                self._keep_small(watchdog)
        finally:
            self._landing_now.release()

    def _keep_small(self, watchdog: Watchdog) -> None:
        watchdog.note_progress(allowed_seconds=_UPKEEP_SECONDS)
        self._upkeep.run(self._stop_asked.is_set)
        watchdog.note_progress()

    def _read_new(self, positions: Positions) -> DataFrame:
        options = {
            **self._kafka_options(),
            "startingOffsets": positions_json(positions),  # Spark looks at it without a checkpoint only
            "maxOffsetsPerTrigger": str(self._job.max_records_per_batch),
        }
        return self._spark.readStream.format("kafka").options(**options).load()

    def _read_again(self, batch: Batch) -> DataFrame:
        """Read exactly the ranges of a batch, without any checkpoint."""
        bounds = {
            "startingOffsets": positions_json(batch.starts),
            "endingOffsets": positions_json(batch.ends),
        }
        return self._spark.read.format("kafka").options(**self._kafka_options(), **bounds).load()

    def _kafka_options(self) -> dict[str, str]:
        return {
            "kafka.bootstrap.servers": self._job.bootstrap_servers,
            "subscribe": ",".join(_TOPICS),
            "failOnDataLoss": "true",
            "includeHeaders": "true",
        }


def main(job_file: str) -> int:
    """Run the job of a job file and return the exit code."""
    try:
        job = StreamJob.from_json(Path(job_file).read_text("utf-8"))
        archive = class_archive(job)
        spark = start_session(job, leaves=archive)
        lock = hold_lock(spark, job.lock_file)
        driver = Driver(job, spark)
        signal.signal(signal.SIGTERM, driver.ask_to_stop)
        driver.run()
        end_jvm(spark)
        del lock  # until here: see hold_lock
        archive.keep()
    except PipectlError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED_EXIT_CODE if isinstance(error, LakeConflict) else error.exit_code
    except Exception as error:  # noqa: BLE001 - the process ends here, with a message whatever happened
        traceback.print_exc()
        sys.stderr.write(f"{_query_failed(error)}\n")
        return 1
    return 0


def _query_failed(error: Exception) -> ServiceFailed:
    return ServiceFailed(
        "The streaming job failed. Nothing is lost: it goes on from the ledger when it is started again.",
        evidence=str(error)[:_LAST_CHARACTERS],
        do_next="Run: pipectl status   (is an engine down?), then: pipectl stream start",
    )


if __name__ == "__main__":
    leave(main(sys.argv[1]))
