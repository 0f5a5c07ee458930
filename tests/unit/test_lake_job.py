"""What the jobs are told: the job file and the task file, written and read."""

import json
from dataclasses import replace

import pytest

from pipectl.errors import UsageFault
from pipectl.lake.job import StreamJob, UpkeepPolicy, parse_task

JOB = StreamJob(
    bootstrap_servers="127.0.0.1:9092",
    warehouse="hdfs://127.0.0.1:8020/lake",
    checkpoint="hdfs://127.0.0.1:8020/checkpoints/events",
    catalog_file="/stack/events.toml",
    select="all",
    trigger_seconds=1.0,
    max_records_per_batch=1000,
    lookup_window_seconds=3600,
    watchdog_seconds=60,
    master="local[2,4]",
    driver_memory_mb=1024,
    java_options=("-XX:+UseSerialGC",),
    jars_folder="/jars",
    class_archives="/classes",
    lock_file="/stack/lake.lock",
    local_folder="/stack/tmp",
    store_url="redis://127.0.0.1:6380",
    store_namespace="game",
    state_cycle_seconds=1.0,
    upkeep=UpkeepPolicy(every_batches=50, every_files=200, file_mb=64, keep_hours=1.0, keep_snapshots=100),
)


@pytest.mark.parametrize("job", [JOB, replace(JOB, select=("default", "logout"), once=True)])
def test_a_job_file_is_read_as_it_was_written(job: StreamJob) -> None:
    assert StreamJob.from_json(job.to_json()) == job


def test_a_job_file_without_its_upkeep_is_refused() -> None:
    document = json.loads(JOB.to_json())
    del document["upkeep"]

    with pytest.raises(UsageFault, match="job file"):
        StreamJob.from_json(json.dumps(document))


def test_a_task_is_one_word() -> None:
    assert parse_task("compact\n") == "compact"
    with pytest.raises(UsageFault, match="vacuum"):
        parse_task("vacuum")
