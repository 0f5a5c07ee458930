"""Upkeep at a person's word: `python -m jobs.maintenance JOB_FILE TASK_FILE`, with the stream stopped.

The task file holds one word of `pipectl.lake.job.Task`. The lock makes sure that nobody else writes. Killed
at any point, nothing is harmed (upkeep.py), and running it again does what is left.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.log import log
from jobs.once import leave, run_once
from jobs.upkeep import Upkeep
from pipectl.catalog import load_catalog
from pipectl.lake.job import StreamJob, Task, parse_task
from pipectl.lake.tables import all_tables


def run_task(spark: SparkSession, job: StreamJob, task: Task) -> None:
    """Do one task to every table; raises whatever Iceberg raises."""
    tables = all_tables(load_catalog(Path(job.catalog_file)))
    upkeep = Upkeep(spark=spark, tables=tables, policy=job.upkeep, report=log)
    step = {"compact": upkeep.compact, "expire": upkeep.expire}[task]
    for table in tables:
        step(table)


def main(job_file: Path, task_file: Path) -> int:
    """Do the task of a task file and return the exit code."""
    return run_once(
        job_file, lambda spark, job: run_task(spark, job, parse_task(task_file.read_text("utf-8")))
    )


if __name__ == "__main__":
    leave(main(Path(sys.argv[1]), Path(sys.argv[2])))
