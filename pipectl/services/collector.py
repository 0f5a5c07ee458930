"""The collector: HTTP in, Kafka out."""

import requests

from pipectl.collector.config import CollectorConfig
from pipectl.services.kafka import bootstrap_inside
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.services.state import store_namespace, store_url
from pipectl.settings import Settings


def collector_url(settings: Settings) -> str:
    """Return where a client on this machine reaches the collector."""
    return f"http://127.0.0.1:{settings.ports.collector}"


def _describe(settings: Settings, site: Site) -> Service:
    config = CollectorConfig(
        host=settings.collector.host if site.bind == "127.0.0.1" else site.bind,
        port=settings.ports.collector,
        bootstrap_servers=bootstrap_inside(settings, site),
        catalog_file=str(site.folder("collector") / "events.toml"),
        workers=settings.collector.workers,
        max_in_flight=settings.collector.max_in_flight,
        kafka_timeout_seconds=settings.collector.kafka_timeout_seconds,
        write_key=settings.collector.key,
        store_url=store_url(settings, site),
        store_namespace=store_namespace(settings),
    )
    return Service(
        name="collector",
        command=(
            *(str(site.python), "-m", "pipectl.collector"),
            str(site.folder("collector") / "collector.json"),
        ),
        files={"collector.json": config.to_json(), "events.toml": site.catalog},
        ports={"http": settings.ports.collector},
        address=collector_url(settings),
    )


def _check_ready(settings: Settings) -> None:
    requests.get(f"{collector_url(settings)}/ready", timeout=3).raise_for_status()


RECIPE = Recipe(
    name="collector",
    describe=_describe,
    check_ready=_check_ready,
    memory_mb=lambda settings: 256 + 768 * settings.collector.workers,
    stop_seconds=20,
)
