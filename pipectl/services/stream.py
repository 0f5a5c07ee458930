"""The streaming job: Kafka in, the lake out. It is started by `stream start`, never by `up`."""

from pipectl.errors import UsageFault
from pipectl.hdfs import USER
from pipectl.lake.job import REFUSED_EXIT_CODE, StreamJob, UpkeepPolicy
from pipectl.services import jvm
from pipectl.services.hdfs import namenode_url, warehouse_url
from pipectl.services.kafka import bootstrap_inside
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.services.state import store_namespace, store_url
from pipectl.settings import Settings

JOB_FILE = "job.json"
"""The last word of the command, and the file of that name in the service's folder."""


def _describe(settings: Settings, site: Site) -> Service:
    folder = site.folder("stream")
    return Service(
        name="stream",
        command=(str(site.python), "-m", "jobs.stream", str(folder / JOB_FILE)),
        files={JOB_FILE: _job(settings, site).to_json(), "events.toml": site.catalog},
        folders=("tmp",),
        ports={},
        address=f"{bootstrap_inside(settings, site)} -> lake.game",
        environment={
            "HADOOP_USER_NAME": USER,
            "JAVA_HOME": str(site.java.parent.parent),
            "PYTHONPATH": str(site.bundle),
        },
    )


def _job(settings: Settings, site: Site) -> StreamJob:
    folder, stream = site.folder("stream"), settings.stream
    return StreamJob(
        bootstrap_servers=bootstrap_inside(settings, site),
        warehouse=warehouse_url(settings, site.host("namenode")),
        checkpoint=f"{namenode_url(settings, site.host('namenode'))}/checkpoints/events",
        catalog_file=str(folder / "events.toml"),
        select=stream.select,
        trigger_seconds=stream.trigger_seconds,
        max_records_per_batch=stream.max_records_per_batch,
        lookup_window_seconds=stream.lookup_window_seconds,
        watchdog_seconds=stream.watchdog_seconds,
        master=stream.master,
        driver_memory_mb=stream.driver_memory_mb,
        java_options=(jvm.ONE_COLLECTING_THREAD, *jvm.HEAP_GIVEN_BACK, *jvm.COMPILED_LATE),
        jars_folder=str(site.jars["spark"]),
        class_archives=str(site.class_archives),
        lock_file=str(site.stack_folder / "lake.lock"),
        local_folder=str(folder / "tmp"),
        store_url=store_url(settings, site),
        store_namespace=store_namespace(settings),
        state_cycle_seconds=settings.state.cycle_seconds,
        upkeep=UpkeepPolicy(**settings.upkeep.model_dump()),
        once=stream.once,
    )


def _check_ready(_settings: Settings) -> None:
    """Ask nothing: it has no port. `stream status` reads its progress from the ledger."""


RECIPE = Recipe(
    name="stream",
    describe=_describe,
    check_ready=_check_ready,
    # Spark's buffers, the driver's Python, and the workers that read records
    memory_mb=lambda settings: settings.stream.driver_memory_mb + 1536,
    poms=("spark",),
    stop_seconds=60,
    final_exit_codes=(0, UsageFault.exit_code, REFUSED_EXIT_CODE),
)
