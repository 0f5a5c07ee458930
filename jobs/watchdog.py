"""The watchdog: a job that makes no progress while Kafka has records for it is ended, to be started again.

Spark has ways of waiting for ever without an error; a process that ended is seen and started again.
"""

import os
import sys
import threading
import time

from jobs.jvm import Topics
from jobs.sinks import Sink

_CHECKS_A_PERIOD = 4


class Watchdog:
    """Watches from a thread of its own; ends the whole process when it bites."""

    def __init__(self, topics: Topics, sink: Sink, *, seconds: float) -> None:
        """Watch nothing before `start`."""
        self._topics = topics
        self._sink = sink
        self._seconds = seconds
        self._last_progress = time.monotonic()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        self.note_progress()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()

    def note_progress(self, *, allowed_seconds: float = 0.0) -> None:
        """Take note that a batch is done; what comes next may take so much longer than a batch."""
        self._last_progress = time.monotonic() + allowed_seconds

    def _watch(self) -> None:
        while not self._stopped.wait(self._seconds / _CHECKS_A_PERIOD):
            lag = self._lag()
            if not lag:
                self.note_progress()  # with nothing to do, doing nothing is all the progress there can be
            elif time.monotonic() - self._last_progress > self._seconds:
                sys.stderr.write(
                    f"The stream made no progress for {self._seconds} s; {lag} records wait in Kafka.\n"
                    "It ends itself now, to be started again; nothing is lost.\n"
                )
                sys.stderr.flush()
                os._exit(1)

    def _lag(self) -> int:
        """Return how many records wait; 0 if Kafka does not say: then it is Kafka that hangs, not us."""
        try:
            ends = self._topics.ends()
        except Exception:  # noqa: BLE001 - the bridge raises whatever the JVM raised
            return 0
        positions = self._sink.positions
        return sum(max(0, end - positions.get(partition, 0)) for partition, end in ends.items())
