"""The usual streaming job of a course or a first project: for each event type a query of its own.

Each query reads the whole topic, filters it with a Python UDF, takes its fields as strings, and writes
Parquet with Spark's file sink; an external table over such a folder is what Presto would read. It is written
as well as this shape allows: the session, the memory and the settings of HDFS are those of pipectl's own job,
and nothing is kept twice. It promises less: duplicates stay, nothing is checked, what cannot be read ends it,
and only Spark itself reads such a folder exactly once.

    python usual_job.py JOB_FILE FOLDER_URL TOPIC TRIGGER_SECONDS EVENT_TYPE...

With 0 as trigger it lands what is there and ends; else it runs until it is ended. JOB_FILE is a job file of
pipectl's stream: where Kafka is, the catalog, and what the session gets.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.log import log
from jobs.once import leave
from jobs.session import start_session
from pipectl.catalog import EventType, load_catalog
from pipectl.lake.job import StreamJob

ENVELOPE = ("event_id", "event_type", "user_id", "event_ts", "received_at")


def is_of(event_type: str, text: Column) -> Column:
    """Filter one event type with a Python UDF."""

    @F.udf("boolean", useArrow=False)  # type: ignore[untyped-decorator]  # as by default, which would warn
    def is_of_type(value: str) -> bool:
        return bool(json.loads(value)["event_type"] == event_type)

    return is_of_type(text)


def land(records: DataFrame, event: EventType) -> DataFrame:
    """Return the events of one type, every column a string."""
    text = F.col("value").cast("string")
    schema = ", ".join(f"`{name}` STRING" for name in (*ENVELOPE, *event.fields))
    chosen = records.where(is_of(event.name, text))
    return chosen.select(F.col("timestamp").cast("string"), F.from_json(text, schema).alias("json")).select(
        "timestamp", "json.*"
    )


def read_topic(spark: SparkSession, job: StreamJob, topic: str) -> DataFrame:
    """Return the whole topic as a stream."""
    options = {
        "kafka.bootstrap.servers": job.bootstrap_servers,
        "subscribe": topic,
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": str(job.max_records_per_batch),
    }
    return spark.readStream.format("kafka").options(**options).load()


def start_query(rows: DataFrame, folder: str, name: str, trigger: dict[str, Any]) -> Any:
    """Start the query of one event type."""
    writer = rows.writeStream.format("parquet").option("path", f"{folder}/{name}")
    return writer.option("checkpointLocation", f"{folder}/checkpoints/{name}").trigger(**trigger).start()


def main(job_file: str, folder: str, topic: str, trigger_seconds: str, *event_types: str) -> int:
    """Run a query for each event type, side by side."""
    job = StreamJob.from_json(Path(job_file).read_text("utf-8"))
    catalog, spark = load_catalog(Path(job.catalog_file)), start_session(job)
    is_once = float(trigger_seconds) == 0
    trigger = {"availableNow": True} if is_once else {"processingTime": f"{trigger_seconds} seconds"}
    queries = []
    for name in event_types:
        rows = land(read_topic(spark, job, topic), catalog.event(name))
        queries.append(start_query(rows, folder, name, trigger))
        if len(queries) == 1:
            log("started")  # the others begin while this one is at work
    for query in queries:
        query.awaitTermination()
    log("drained", records=sum(each["numInputRows"] for query in queries for each in query.recentProgress))
    return 0


if __name__ == "__main__":
    leave(main(*sys.argv[1:]))
