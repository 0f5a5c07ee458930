"""The raw limit of a drain: the source of pipectl's stream into Spark's noop sink, which writes nothing.

    python noop_job.py JOB_FILE CHECKPOINT_URL encoded|as-read

`encoded` makes of the records all that a task of pipectl's job makes of them, `as-read` nothing. JOB_FILE
is the job file of that stream: same topics, same batches, same session.
"""

import pickle
import sys
import tempfile
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.log import log
from jobs.once import leave
from jobs.session import start_session
from jobs.tables import Lake
from jobs.transforms import findings, plain
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, load_catalog
from pipectl.lake.job import StreamJob
from pipectl.lake.tables import all_tables


def read_topics(spark: SparkSession, job: StreamJob) -> DataFrame:
    """Return both topics as a stream, from the beginning."""
    options = {
        "kafka.bootstrap.servers": job.bootstrap_servers,
        "subscribe": f"{EVENTS_TOPIC},{REJECTED_TOPIC}",
        "startingOffsets": "earliest",
        "includeHeaders": "true",
        "maxOffsetsPerTrigger": str(job.max_records_per_batch),
    }
    return spark.readStream.format("kafka").options(**options).load()


def main(job_file: str, checkpoint: str, columns: str) -> int:
    """Drain what is there and end."""
    job = StreamJob.from_json(Path(job_file).read_text("utf-8"))
    catalog, spark = load_catalog(Path(job.catalog_file)), start_session(job)
    rows = read_topics(spark, job)
    with tempfile.TemporaryDirectory(dir=job.local_folder) as folder:
        if columns == "encoded":
            lake = Lake(spark, all_tables(catalog))
            work = lake.work(catalog, catalog.selected(job.select))
            rows = findings(plain(rows), pickle.dumps(work), Path(folder))
        writer = rows.writeStream.format("noop").option("checkpointLocation", checkpoint)
        query = writer.trigger(availableNow=True).start()
        log("started")
        query.awaitTermination()
    log("drained", records=sum(each["numInputRows"] for each in query.recentProgress))
    return 0


if __name__ == "__main__":
    leave(main(*sys.argv[1:]))
