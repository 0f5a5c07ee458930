"""Upkeep at a person's word: `python -m jobs.maintenance JOB_FILE TASK_FILE`, with the stream stopped.

The task file holds one word of `pipectl.lake.job.Task`. The lock makes sure that nobody else writes. Killed
at any point, nothing is harmed (upkeep.py), and running it again does what is left.
"""

import os
import sys
import traceback
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.jvm import hold_lock
from jobs.log import log
from jobs.session import start_session
from jobs.upkeep import Upkeep
from pipectl.catalog import load_catalog
from pipectl.errors import PipectlError
from pipectl.lake.job import REFUSED_EXIT_CODE, StreamJob, Task, parse_task
from pipectl.lake.tables import all_tables


def run_task(spark: SparkSession, job: StreamJob, task: Task) -> None:
    """Do one task to every table; raises whatever Iceberg raises."""
    tables = all_tables(load_catalog(Path(job.catalog_file)))
    upkeep = Upkeep(spark=spark, tables=tables, policy=job.upkeep, report=log)
    step = {"compact": upkeep.compact, "expire": upkeep.expire}[task]
    for table in tables:
        step(table)


def main(job_file: Path, task_file: Path) -> int:
    """Do the task of a task file and return the exit code; each of them ends the service for good."""
    try:
        job = StreamJob.from_json(job_file.read_text("utf-8"))
        task = parse_task(task_file.read_text("utf-8"))
        spark = start_session(job)
        lock = hold_lock(spark, job.lock_file)
        run_task(spark, job, task)
        spark.stop()
        del lock  # until here: see hold_lock
    except PipectlError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED_EXIT_CODE
    except Exception:  # noqa: BLE001 - the process ends here, with a message whatever happened
        traceback.print_exc()
        return REFUSED_EXIT_CODE
    return 0


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)  # as in stream.py: threads of the bridge to the JVM may wait for ever
