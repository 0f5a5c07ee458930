"""The compose file: the same containers as the Docker runtime's, written down for `docker compose`.

What a service is told stands beside it, one file each in `services/`. Where the image and the jars are,
the environment may say, and another subnet: which are free, no daemon was asked. The first steps of a stack
(topics, the lake's folder), which `pipectl up` makes from outside, are a container of their own here.
"""

import base64
import json
import sys
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import yaml

from pipectl.runtimes.docker_plan import (
    DESCRIPTION,
    DIGEST_LABEL,
    PASSED_ON,
    Container,
    Place,
    docker_site,
    plan_container,
    with_image,
)
from pipectl.runtimes.image import REPOSITORY
from pipectl.runtimes.subnet import Subnet
from pipectl.services.hdfs import namenode_url
from pipectl.services.kafka import bootstrap_inside
from pipectl.services.recipe import Site
from pipectl.services.registry import RECIPES, services_of
from pipectl.settings import Settings

COMPOSE_FILE = "docker-compose.yml"
_LATEST = f"{REPOSITORY}:latest"
_IMAGE = f"${{PIPECTL_IMAGE:-{_LATEST}}}"
_ENGINES = "${PIPECTL_CACHE:-~/.cache/pipectl}/engines"
_CLUSTER_ID = base64.urlsafe_b64encode(b"pipectl-compose!").decode().rstrip("=")
_WRITES_TO_THE_LAKE = "stream"
_FIRST_STEPS = "first-steps"
_HEADER = """\
# Written by `pipectl compose export`; a test keeps it equal to the recipes.
#
#   pipectl compose build                                  the image, and the jars of the engines
#   docker compose -f compose/docker-compose.yml up -d     every service, the stream too
#
# PIPECTL_IMAGE and PIPECTL_CACHE say where those are, if not at their usual places. If the network is refused
# because pools overlap: PIPECTL_SUBNET=10.1.2 takes another subnet.
"""


def compose_files(settings: Settings, catalog: str) -> dict[str, str]:
    """Return the compose file and what stands beside it: path -> text."""
    site = docker_site(_CLUSTER_ID, catalog)
    place = Place(project=f"pipectl-{settings.stack}")
    services = [with_image(RECIPES[name].describe(settings, site), _LATEST) for name in services_of(settings)]
    containers = [plan_container(service, settings, place) for service in services]
    subnet = Subnet.named(place.project)
    document: dict[str, Any] = {
        "name": place.project,
        "services": {each.service: _service(each, subnet) for each in containers}
        | {_FIRST_STEPS: _first_steps(settings, site)},
        "volumes": {each.service: {} for each in containers},
        "networks": {"default": {"ipam": {"config": [_pool(subnet)]}}},
    }
    document["services"][_WRITES_TO_THE_LAKE]["depends_on"] = {
        _FIRST_STEPS: {"condition": "service_completed_successfully"}
    }
    text = yaml.safe_dump(document, sort_keys=False, width=sys.maxsize)
    told = {_description_file(each): json.dumps(each.description, indent=2) + "\n" for each in containers}
    return {COMPOSE_FILE: _HEADER + text, **told}


def _service(container: Container, subnet: Subnet) -> dict[str, Any]:
    shown = {
        **_common(),
        "command": list(container.command),
        "hostname": container.service,
        "labels": {DIGEST_LABEL: container.digest},  # compose looks into no file: so it sees a change
        "environment": list(PASSED_ON),  # without a value: that of whoever calls compose
        "init": True,
        "restart": f"on-failure:{container.restarts}",
        "stop_grace_period": f"{container.stop_seconds}s",
        "mem_limit": f"{container.memory_mb}m",
        "networks": {"default": {"ipv4_address": _movable(subnet.services[container.service])}},
        "volumes": [
            f"{container.service}:{container.volume_path}",
            f"./{_description_file(container)}:{DESCRIPTION}:ro",
            *(f"{_ENGINES}/{Path(source).name}:{path}:ro" for path, source in container.read_only.items()),
        ],
    }
    if container.ports:
        shown["ports"] = [f"{address}:{port}:{port}" for port, address in container.ports.items()]
    if container.health:
        shown["healthcheck"] = {
            "test": container.health.test,
            "interval": f"{container.health.interval_seconds}s",
            "timeout": f"{container.health.timeout_seconds}s",
            "retries": container.health.retries,
            "start_period": f"{container.health.start_seconds}s",
        }
    return shown


def _common() -> Mapping[str, Any]:
    # No registry has the image: where it is missing, `compose build` makes it.
    return {
        "image": _IMAGE,
        "pull_policy": "never",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def _first_steps(settings: Settings, site: Site) -> dict[str, Any]:
    """Return the container that makes topics and folders, and ends; it may run again."""
    told = [
        bootstrap_inside(settings, site),
        str(settings.kafka.partitions),
        namenode_url(settings, site.host("namenode")),
        f"http://{site.host('namenode')}:{settings.ports.namenode_http}",
    ]
    command = [str(site.python), "-m", "pipectl.services.first_steps", *told]
    return {**_common(), "command": command, "restart": "on-failure:3"}


def _pool(subnet: Subnet) -> dict[str, str]:
    return {
        "subnet": _movable(subnet.network),
        "ip_range": _movable(subnet.for_others),
        "gateway": _movable(subnet.gateway),
    }


def _movable(address: IPv4Address | IPv4Network) -> str:
    """Write an address so that the environment may put it into another subnet of this size."""
    first_numbers, last = str(address).rsplit(".", maxsplit=1)
    return f"${{PIPECTL_SUBNET:-{first_numbers}}}.{last}"


def _description_file(container: Container) -> str:
    return f"services/{container.service}.json"
