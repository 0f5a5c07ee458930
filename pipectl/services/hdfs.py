"""HDFS: a NameNode and one DataNode, which share their class path and configuration."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from pipectl.errors import ServiceFailed
from pipectl.hdfs import USER, Hdfs, namenode_state
from pipectl.lake.tables import SCHEMA
from pipectl.services import jvm
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings

_OPENED = jvm.add_opens(
    *("java.io", "java.lang", "java.lang.reflect", "java.math", "java.net", "java.text", "java.util"),
    *("java.util.concurrent", "java.util.zip", "sun.security.util", "sun.security.x509"),
)
_LOGGING = """\
log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
"""
_WEB_FOLDERS = ("etc/webapps/hdfs", "etc/webapps/datanode")  # the jars lack them and both daemons ask


def namenode_url(settings: Settings, host: str = "127.0.0.1") -> str:
    """Return the file system's URL."""
    return f"hdfs://{host}:{settings.ports.namenode}"


def connect(settings: Settings) -> Hdfs:
    """Return the door to this stack's files."""
    return Hdfs(namenode_url(settings), f"http://127.0.0.1:{settings.ports.namenode_http}")


def warehouse_url(settings: Settings, host: str = "127.0.0.1") -> str:
    """Return the folder of the lake's tables."""
    return f"{namenode_url(settings, host)}/lake"


def _describe_namenode(settings: Settings, site: Site) -> Service:
    java = _java(site, "namenode", settings.hdfs.namenode_heap_mb)
    main = "org.apache.hadoop.hdfs.server.namenode.NameNode"
    return Service(
        name="namenode",
        command=(*java, main),
        first_time=((*java, main, "-format", "-nonInteractive"),),
        files=_files(settings, site, "namenode"),
        folders=_WEB_FOLDERS,
        ports={"clients": settings.ports.namenode, "http": settings.ports.namenode_http},
        address=namenode_url(settings),
        environment={"HADOOP_USER_NAME": USER},
    )


def _describe_datanode(settings: Settings, site: Site) -> Service:
    ports = settings.ports
    return Service(
        name="datanode",
        command=(
            *_java(site, "datanode", settings.hdfs.datanode_heap_mb),
            "org.apache.hadoop.hdfs.server.datanode.DataNode",
        ),
        files=_files(settings, site, "datanode"),
        folders=_WEB_FOLDERS,
        ports={"transfer": ports.datanode, "http": ports.datanode_http, "ipc": ports.datanode_ipc},
        address=f"{site.host('datanode')}:{ports.datanode}",
        environment={"HADOOP_USER_NAME": USER},
    )


def _java(site: Site, service: str, heap_mb: int) -> tuple[str, ...]:
    path = jvm.class_path(site.folder(service) / "etc", site.jars["hdfs"] / "*")
    # Both mostly wait: the first compiler alone starts them in half the time.
    return (str(site.java), "-cp", path, *jvm.heap(heap_mb), "-XX:TieredStopAtLevel=1", *_OPENED)


def _files(settings: Settings, site: Site, service: str) -> dict[str, str]:
    core = {"fs.defaultFS": namenode_url(settings, site.host("namenode"))}
    return {
        "etc/core-site.xml": _xml(core),
        "etc/hdfs-site.xml": _xml(_hdfs_site(settings, site, service)),
        "etc/log4j.properties": _LOGGING,
    }


def _hdfs_site(settings: Settings, site: Site, service: str) -> dict[str, object]:
    ports, bind, data = settings.ports, site.bind, site.folder(service) / "data"
    return {
        "dfs.replication": 1,
        "dfs.permissions.enabled": "false",
        "dfs.namenode.name.dir": data,
        "dfs.datanode.data.dir": data,
        "dfs.namenode.rpc-address": f"{site.host('namenode')}:{ports.namenode}",
        "dfs.namenode.rpc-bind-host": bind,
        "dfs.namenode.http-address": f"{bind}:{ports.namenode_http}",
        "dfs.datanode.address": f"{bind}:{ports.datanode}",
        "dfs.datanode.http.address": f"{bind}:{ports.datanode_http}",
        "dfs.datanode.ipc.address": f"{bind}:{ports.datanode_ipc}",
        "dfs.datanode.hostname": site.host("datanode"),
        "dfs.client.use.datanode.hostname": "true",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.namenode.safemode.extension": 0,
        "dfs.heartbeat.interval": 1,
        "dfs.namenode.heartbeat.recheck-interval": 5000,
        "dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
    }


def _xml(values: Mapping[str, object]) -> str:
    rows = "".join(
        f"  <property><name>{escape(key)}</name><value>{escape(str(value))}</value></property>\n"
        for key, value in values.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{rows}</configuration>\n'


def _check_namenode(settings: Settings) -> None:
    """Ask whether it knows its files; it leaves safe mode only with a DataNode."""
    namenode_state(settings.ports.namenode_http)


def _check_datanode(settings: Settings) -> None:
    state = namenode_state(settings.ports.namenode_http)
    if state.live_datanodes < 1 or state.safe_mode:
        raise ServiceFailed("The DataNode has not registered with the NameNode yet.")


def _prepare_datanode(settings: Settings) -> None:
    """Presto refuses a warehouse whose folder is not there."""
    _check_datanode(settings)
    connect(settings).make_folder(f"/lake/{SCHEMA}")


NAMENODE = Recipe(
    name="namenode",
    describe=_describe_namenode,
    check_ready=_check_namenode,
    memory_mb=lambda settings: settings.hdfs.namenode_heap_mb + 256,
    poms=("hdfs",),
)
DATANODE = Recipe(
    name="datanode",
    describe=_describe_datanode,
    prepare=_prepare_datanode,
    check_ready=_check_datanode,
    memory_mb=lambda settings: settings.hdfs.datanode_heap_mb + 256,
    poms=("hdfs",),
)
