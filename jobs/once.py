"""What every job does that runs once in the stream's place: a session, the lock, the work, an exit code."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.jvm import hold_lock
from jobs.session import start_session
from pipectl.errors import PipectlError
from pipectl.lake.job import REFUSED_EXIT_CODE, StreamJob


def run_once(job_file: Path, work: Callable[[SparkSession, StreamJob], None]) -> int:
    """Do the work with the lake's lock held and return the exit code; each one ends the service for good."""
    try:
        job = StreamJob.from_json(job_file.read_text("utf-8"))
        spark = start_session(job)
        lock = hold_lock(spark, job.lock_file)
        work(spark, job)
        spark.stop()
        del lock  # until here: see hold_lock
    except PipectlError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED_EXIT_CODE
    except Exception:  # noqa: BLE001 - the process ends here, with a message whatever happened
        traceback.print_exc()
        return REFUSED_EXIT_CODE
    return 0


def leave(exit_code: int) -> None:
    """End the process now: threads of the bridge to the JVM may wait for ever for an answer."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
