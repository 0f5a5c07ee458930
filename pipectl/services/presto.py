"""Presto: one coordinator that also works, with the Iceberg catalog of the lake."""

from pipectl.hdfs import USER
from pipectl.lake.presto import Presto
from pipectl.services import jvm
from pipectl.services.hdfs import warehouse_url
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings

_OPENED = (
    *jvm.add_opens(
        *("java.io", "java.lang", "java.lang.ref", "java.lang.reflect", "java.net", "java.nio"),
        *("java.security", "javax.security.auth", "javax.security.auth.login", "java.text", "java.util"),
        *("java.util.concurrent", "java.util.concurrent.atomic", "java.util.regex"),
        *("jdk.internal.loader", "sun.security.action"),
    ),
    *jvm.add_opens("sun.security.krb5", module="java.security.jgss"),
)

# Threads of Presto's look every millisecond whether a waiting query may begin, also while nobody asks: three
# quarters of what Presto costs at rest. With timers 20 ms late, each scan would take a quarter longer.
_TIMER_SLACK_MS = 10


def connect(settings: Settings) -> Presto:
    """Return the door to this stack's Presto; it opens a connection for each query."""
    return Presto("127.0.0.1", settings.ports.presto)


def _describe(settings: Settings, site: Site) -> Service:
    folder = site.folder("presto")
    flags = {
        "user.timezone": "UTC",  # times are UTC whatever the zone of the machine
        "jdk.attach.allowAttachSelf": "true",
        "com.sun.management.jmxremote.host": site.bind,
        "HADOOP_USER_NAME": USER,
        "node.environment": "pipectl",
        "node.id": site.cluster_id,
        "node.data-dir": folder / "data",
        "log.levels-file": folder / "etc/log.properties",
        "config": folder / "etc/config.properties",
    }
    return Service(
        name="presto",
        command=(
            *(str(site.java), "-cp", jvm.class_path(site.jars["presto"] / "*"), "-server"),
            *jvm.heap(settings.presto.heap_mb),
            *jvm.COMPILED_LATE,
            *_OPENED,
            *(f"-D{key}={value}" for key, value in flags.items()),
            "com.facebook.presto.server.PrestoServer",
        ),
        files={
            "etc/config.properties": jvm.properties(_config(settings, site).items()),
            "etc/log.properties": "com.facebook.presto=WARN\n",
            "etc/catalog/lake.properties": jvm.properties(_lake(settings, site).items()),
            "etc/hadoop.xml": _CLIENT,
        },
        folders=("data",),
        ports={"http": settings.ports.presto},
        address=f"http://127.0.0.1:{settings.ports.presto}",
        environment={"HADOOP_USER_NAME": USER},
        timer_slack_ms=_TIMER_SLACK_MS,
    )


def _config(settings: Settings, site: Site) -> dict[str, object]:
    uri = f"http://{site.host('presto')}:{settings.ports.presto}"
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": settings.ports.presto,
        "discovery-server.enabled": "true",
        "discovery.uri": uri,
        "node.bind-ip": site.bind,
        "node.internal-address": site.host("presto"),
        "plugin.dir": site.jars["presto-iceberg"],
        "query.max-memory": f"{settings.presto.heap_mb // 2}MB",
        "query.max-memory-per-node": f"{settings.presto.heap_mb // 2}MB",
        "query.max-total-memory-per-node": f"{settings.presto.heap_mb * 6 // 10}MB",
        "memory.heap-headroom-per-node": f"{settings.presto.heap_mb * 2 // 10}MB",
        # By default all that is known of a query and its tasks is kept for 15 minutes. A verify and a report
        # ask a hundred: that fills a heap of this size, and collecting it takes longer than the queries.
        "query.max-history": 20,
        "query.min-expire-age": "1m",
        # Five times a second the worker works out the whole statistics of each task that it still knows.
        # With those of two minutes a report cost a third more CPU.
        "task.info.max-age": "10s",
        # Each stage reckons in so many parts. By default it is 16, each with statistics of its own, which is
        # more work than the reckoning over what one machine has.
        "task.concurrency": 4,
    }


def _lake(settings: Settings, site: Site) -> dict[str, object]:
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "hadoop",
        "iceberg.catalog.warehouse": warehouse_url(settings, site.host("namenode")),
        "hive.config.resources": site.folder("presto") / "etc/hadoop.xml",
        # Columns are read a page at a time, and texts stay in their dictionary: a filter on a type or on a
        # kind of traffic then compares each text once and not in each row.
        "hive.parquet-batch-read-optimization-enabled": "true",
    }


_CLIENT = """\
<?xml version="1.0"?>
<configuration>
  <property><name>dfs.client.use.datanode.hostname</name><value>true</value></property>
  <property><name>dfs.replication</name><value>1</value></property>
  <property>
    <name>dfs.client.block.write.locateFollowingBlock.initial.delay.ms</name><value>5</value>
  </property>
</configuration>
"""


def _prepare(settings: Settings) -> None:
    connect(settings).ensure_readiness_table()


def _check_ready(settings: Settings) -> None:
    connect(settings).check_worker()


RECIPE = Recipe(
    name="presto",
    describe=_describe,
    prepare=_prepare,
    check_ready=_check_ready,
    memory_mb=lambda settings: settings.presto.heap_mb + 768,
    poms=("presto", "presto-iceberg"),
    stop_seconds=5,
)
