"""Kafka: one node that is broker and controller."""

from pipectl import kafka
from pipectl.services import jvm
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings


def bootstrap_servers(settings: Settings, host: str = "127.0.0.1") -> str:
    """Return the address that clients begin with."""
    return f"{host}:{settings.ports.kafka}"


def bootstrap_inside(settings: Settings, site: Site) -> str:
    """Return the address that the other services begin with."""
    port = settings.ports.kafka_inside if site.has_two_viewpoints else settings.ports.kafka
    return f"{site.host('kafka')}:{port}"


def _describe(settings: Settings, site: Site) -> Service:
    folder = site.folder("kafka")
    java = (str(site.java), "-cp", jvm.class_path(site.jars["kafka"] / "*"))
    logging = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)
    config = str(folder / "server.properties")
    tool = ("kafka.tools.StorageTool", "format", "--cluster-id", site.cluster_id, "--standalone")
    return Service(
        name="kafka",
        command=(*java, *jvm.heap(settings.kafka.heap_mb), *logging, "kafka.Kafka", config),
        first_time=((*java, *logging, *tool, "--config", config),),
        files={"server.properties": jvm.properties(_broker(settings, site).items())},
        ports={"clients": settings.ports.kafka, "controller": settings.ports.kafka_controller},
        address=bootstrap_servers(settings),
    )


def _broker(settings: Settings, site: Site) -> dict[str, object]:
    listeners = _listeners(settings, site)
    bound = {name: f"{site.bind}:{address.rpartition(':')[2]}" for name, address in listeners.items()}
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": listeners["CONTROLLER"],
        "listeners": ",".join(f"{name}://{address}" for name, address in bound.items()),
        "advertised.listeners": ",".join(f"{name}://{address}" for name, address in listeners.items()),
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
        "inter.broker.listener.name": "INSIDE" if site.has_two_viewpoints else "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": site.folder("kafka") / "data",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "log.retention.ms": -1,
        # After a kill the broker waits until its own old session is over before it serves again.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 3000,
    }


def _listeners(settings: Settings, site: Site) -> dict[str, str]:
    """Return the address under which each kind of client is told to come: a client believes it."""
    ports, host = settings.ports, site.host("kafka")
    inside = {"INSIDE": bootstrap_inside(settings, site)} if site.has_two_viewpoints else {}
    return {
        "CLIENTS": bootstrap_servers(settings),
        **inside,
        "CONTROLLER": f"{host}:{ports.kafka_controller}",
    }


def _prepare(settings: Settings) -> None:
    kafka.ensure_topics(bootstrap_servers(settings), settings.kafka.partitions)


def _check_ready(settings: Settings) -> None:
    kafka.check_broker(bootstrap_servers(settings), timeout_seconds=3)


RECIPE = Recipe(
    name="kafka",
    describe=_describe,
    prepare=_prepare,
    check_ready=_check_ready,
    memory_mb=lambda settings: settings.kafka.heap_mb + 512,
    poms=("kafka",),
    stop_seconds=20,
)
