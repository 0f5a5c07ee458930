"""The Spark session of the streaming job: every setting, each with its reason."""

import os
import shlex
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.class_archive import ClassArchive
from pipectl.lake.job import StreamJob
from pipectl.lake.tables import CATALOG

_LOOPBACK = "127.0.0.1"

SQL_SETTINGS = {
    # Times in the lake are UTC without a zone: casts must not move them.
    "spark.sql.session.timeZone": "UTC",
    # A record may have a megabyte, and ten thousand of them would be one batch for a Python worker.
    "spark.sql.execution.arrow.maxBytesPerBatch": "16m",
    # On by default, it looks for the caller of every function that makes a column, at three calls over the
    # bridge to the JVM each: several times the cost of the column itself.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # A batch is small: planning it again after each stage costs more than a better plan could save, and more
    # partitions would only be more tasks.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}

# For the pages of its own UI, which is off, Spark would keep a thousand plans, jobs and stages.
_NOTHING_TO_SHOW = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.sql.ui.retainedExecutions": "20",
}


def start_session(job: StreamJob, *, leaves: ClassArchive | None = None) -> SparkSession:
    """Start a JVM with a Spark session in it, as the job says; asked to, it leaves its class archive."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    archive = leaves or class_archive(job)
    settings = {
        **SQL_SETTINGS,
        **lake_settings(job.warehouse),
        **_engine_settings(job),
        **_NOTHING_TO_SHOW,
        "spark.driver.extraJavaOptions": shlex.join(
            [*job.java_options, *archive.java_options(write=leaves is not None)]
        ),
        **_hdfs_settings(),
    }
    return SparkSession.builder.config(map=settings).getOrCreate()


def class_archive(job: StreamJob) -> ClassArchive:
    """Return the class archive of the job's JVM."""
    return ClassArchive(folder=Path(job.class_archives), jars=_jars(job), scratch=Path(job.local_folder))


def lake_settings(warehouse: str) -> dict[str, str]:
    """Return the settings that make the lake a catalog of the session."""
    catalog = f"spark.sql.catalog.{CATALOG}"
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hadoop",
        f"{catalog}.warehouse": warehouse,
        # A look-up must see what the batch before it has appended.
        f"{catalog}.cache-enabled": "false",
        # Each scan in Arrow's vectors leaves allocators that are never freed (apache/iceberg#13937).
        "spark.sql.iceberg.vectorization.enabled": "false",
    }


def _jars(job: StreamJob) -> tuple[Path, ...]:
    return tuple(sorted(Path(job.jars_folder).glob("*.jar")))


def _engine_settings(job: StreamJob) -> dict[str, str]:
    jars = [str(jar) for jar in _jars(job)]
    return {
        "spark.app.name": "pipectl-stream",
        "spark.master": job.master,
        "spark.driver.memory": f"{job.driver_memory_mb}m",
        # On the JVM's own class path, for only what that loads can be in a class archive. Executors elsewhere
        # get them sent; those of a local master are this JVM.
        "spark.driver.extraClassPath": os.pathsep.join(jars),
        "spark.jars": "" if job.master.startswith("local") else ",".join(jars),
        "spark.local.dir": job.local_folder,
        "spark.sql.warehouse.dir": f"{job.local_folder}/unused",
        "spark.driver.host": _LOOPBACK,
        "spark.driver.bindAddress": _LOOPBACK,
        # Where the host's name resolves to loopback, waiting for locality can last for ever.
        "spark.locality.wait": "0s",
        # A sort leaves its last page of memory with its task's thread (a ThreadLocal of SortExec's), and
        # threads drop such things only now and then. Spark's own pages have 16 MB.
        "spark.buffer.pageSize": "1m",
        "spark.log.level": "WARN",
    }


def _hdfs_settings() -> dict[str, str]:
    return {
        # The default sleeps 400 ms at each close of a file whose block the NameNode has not heard of yet.
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
        "spark.hadoop.dfs.client.use.datanode.hostname": "true",
        # There may be one DataNode only: there is no other to replace it with.
        "spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
    }
