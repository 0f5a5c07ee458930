"""Cassandra: the other store of the player state, one node that nobody but this machine reaches."""

import yaml

from pipectl.services import jvm
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings

# Those of Cassandra's own conf/jvm17-server.options, less what only its JMX server and javac need.
_OPENED = (
    *jvm.add_opens(
        *("java.io", "java.lang", "java.lang.module", "java.lang.reflect", "java.util", "sun.nio.ch"),
        *("jdk.internal.loader", "jdk.internal.math", "jdk.internal.module", "jdk.internal.ref"),
        *("jdk.internal.reflect", "jdk.internal.util.jar"),
    ),
    *jvm.add_opens("com.sun.management.internal", module="jdk.management"),
    *jvm.add_exports("java.lang.ref", "jdk.internal.misc"),
    *jvm.add_exports("sun.misc", module="jdk.unsupported"),
)


def _describe(settings: Settings, site: Site) -> Service:
    folder = site.folder("cassandra")
    flags = {
        "cassandra.config": (folder / "conf/cassandra.yaml").as_uri(),
        "cassandra.storagedir": folder / "data",
        "java.security.manager": "allow",  # it sets one for user-defined functions; Java 18 asks first
        "jdk.attach.allowAttachSelf": "true",
    }
    return Service(
        name="cassandra",
        command=(
            *(str(site.java), "-cp", jvm.class_path(folder / "conf", site.jars["cassandra"] / "*")),
            *jvm.heap(settings.cassandra.heap_mb),
            "-XX:TieredStopAtLevel=1",  # a small store that mostly waits
            *_OPENED,
            *(f"-D{key}={value}" for key, value in flags.items()),
            "org.apache.cassandra.service.CassandraDaemon",
        ),
        files={
            "conf/cassandra.yaml": yaml.safe_dump(_config(settings, site), sort_keys=False),
            "conf/logback.xml": _LOGBACK,
        },
        folders=("data",),
        ports={"clients": settings.ports.cassandra, "transfer": settings.ports.cassandra_storage},
        address=f"127.0.0.1:{settings.ports.cassandra}",
    )


def _config(settings: Settings, site: Site) -> dict[str, object]:
    data = site.folder("cassandra") / "data"
    return {
        "cluster_name": "pipectl",
        "num_tokens": 1,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "seed_provider": [_seeds(settings)],
        # Between nodes, of which there is one: on loopback in a container too.
        "listen_address": "127.0.0.1",
        "storage_port": settings.ports.cassandra_storage,
        "rpc_address": site.bind,
        "broadcast_rpc_address": site.host("cassandra"),
        "native_transport_port": settings.ports.cassandra,
        "data_file_directories": [str(data / "tables")],
        "commitlog_directory": str(data / "commitlog"),
        "saved_caches_directory": str(data / "saved_caches"),
        "hints_directory": str(data / "hints"),
        "cdc_raw_directory": str(data / "cdc_raw"),
        # What is answered is on the disk: so marks, written last, never outlive the records before them.
        "commitlog_sync": "batch",
        **_NO_COPIES,
    }


# Whatever else would keep a player on the disk after the table that it was in is dropped.
_NO_COPIES: dict[str, object] = {
    "auto_snapshot": False,
    "hinted_handoff_enabled": False,
    "key_cache_save_period": "0s",
    "slow_query_log_timeout": "0ms",
}


def _seeds(settings: Settings) -> dict[str, object]:
    seeds = f"127.0.0.1:{settings.ports.cassandra_storage}"
    return {
        "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
        "parameters": [{"seeds": seeds}],
    }


_LOGBACK = """\
<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} %-5level %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="STDOUT"/></root>
</configuration>
"""


def _check_ready(settings: Settings) -> None:
    # Only here: the client is large, and most stacks do without it.
    from pipectl.players.cassandra import check_answers  # noqa: PLC0415 - see above

    check_answers(f"cassandra://127.0.0.1:{settings.ports.cassandra}")


RECIPE = Recipe(
    name="cassandra",
    describe=_describe,
    check_ready=_check_ready,
    memory_mb=lambda settings: 2 * settings.cassandra.heap_mb + 768,
    poms=("cassandra",),
    stop_seconds=20,
)
