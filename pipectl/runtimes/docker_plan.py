"""What the containers of a stack are: frozen values made from the recipes, with no daemon in sight.

The Docker runtime creates them, and the compose file lists them: both from here. Inside, services find
each other by their names; the user reaches them on 127.0.0.1, under the same port numbers.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipectl.runtimes.image import PACKAGES_FOLDER
from pipectl.services import jars
from pipectl.services.recipe import Recipe, Service, Site
from pipectl.services.registry import RECIPES, poms_of
from pipectl.settings import Settings

STACK_LABEL = "io.pipectl.stack"
SERVICE_LABEL = "com.docker.compose.service"
DIGEST_LABEL = "io.pipectl.digest"
IMAGE_LABEL = "io.pipectl.image"

STACK_FOLDER = PurePosixPath("/stack")
DESCRIPTION = PurePosixPath("/etc/pipectl/service.json")
USER_ID = 10001
"""The user `pipectl` of the image."""

PASSED_ON = ("JDK_JAVA_OPTIONS",)
"""What a user has set for every Java is so in containers too; local processes inherit it."""

_ENGINES = PurePosixPath("/engines")
_JAVA = Path("/opt/java/bin/java")
_PYTHON = Path("/usr/bin/python3")
_LOOPBACK = "127.0.0.1"
_INSIDE_ONLY = frozenset({"controller", "transfer", "ipc"})
"""Uses of ports that only other services have; they are not published."""
_RESTARTS = 8  # quick failures in a row; as many as the local supervisor allows


@dataclass(frozen=True, kw_only=True)
class Health:
    """How the daemon tells that a service listens; that it works is the recipe's to say."""

    port: int
    interval_seconds: int = 10
    timeout_seconds: int = 3
    retries: int = 3
    start_seconds: int = 60

    @property
    def test(self) -> list[str]:
        """The command, run in the container."""
        return ["CMD", "bash", "-c", f"</dev/tcp/127.0.0.1/{self.port}"]

    def as_option(self) -> dict[str, Any]:
        """Return the daemon's words for it; its times are nanoseconds."""
        second = 1_000_000_000
        return {
            "test": self.test,
            "interval": self.interval_seconds * second,
            "timeout": self.timeout_seconds * second,
            "retries": self.retries,
            "start_period": self.start_seconds * second,
        }


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the containers of one stack are: their project and its network, and how they are marked."""

    project: str

    @classmethod
    def of(cls, settings: Settings) -> "Place":
        """Return the place of a stack; two folders with stacks of the same name are two places."""
        folder = hashlib.sha256(str(settings.stack_folder).encode()).hexdigest()[:6]
        return cls(project=f"pipectl-{settings.stack}-{folder}")

    @property
    def network(self) -> str:
        """The name of the network."""
        return f"{self.project}_default"

    def volume_of(self, service: str) -> str:
        """Return the name of the volume with a service's data."""
        return f"{self.project}_{service}"

    @property
    def labels(self) -> dict[str, str]:
        """What marks everything of the stack, for us and for compose."""
        return {STACK_LABEL: self.project, "com.docker.compose.project": self.project}

    @property
    def network_labels(self) -> dict[str, str]:
        """What marks the network."""
        return {**self.labels, "com.docker.compose.network": "default"}

    @property
    def filters(self) -> tuple[str, ...]:
        """What finds everything of the stack and nothing else."""
        return (f"{STACK_LABEL}={self.project}",)


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container; its name is also the lock that keeps a second one of its service away."""

    place: Place
    service: str
    image: str
    command: tuple[str, ...]
    digest: str
    read_only: Mapping[str, str]  # path inside -> path on the host
    ports: Mapping[int, str]  # port -> address of the host that it is published on
    memory_mb: int
    stop_seconds: int
    description: Mapping[str, Any] = field(repr=False)
    health: Health | None = None
    restarts: int = _RESTARTS
    user_id: int = USER_ID
    volume_path: str = str(STACK_FOLDER / "services")
    description_folder: str = str(DESCRIPTION.parent)
    description_file: str = DESCRIPTION.name

    @property
    def name(self) -> str:
        """The name of the container."""
        return f"{self.place.project}-{self.service}"

    @property
    def volume(self) -> str:
        """The name of the volume with the service's data."""
        return self.place.volume_of(self.service)

    @property
    def volume_labels(self) -> dict[str, str]:
        """What marks the volume."""
        return {**self.place.labels, "com.docker.compose.volume": self.service}

    @property
    def labels(self) -> dict[str, str]:
        """What marks the container."""
        return {
            **self.place.labels,
            DIGEST_LABEL: self.digest,
            SERVICE_LABEL: self.service,
            "com.docker.compose.config-hash": self.digest,
            "com.docker.compose.container-number": "1",
            # What `docker compose ls` shows as the file that a project is from; it warns where there is none.
            "com.docker.compose.project.config_files": "pipectl up",
            "com.docker.compose.oneoff": "False",
        }


def docker_site(cluster_id: str, catalog: str) -> Site:
    """Return where services live, as they see it in their containers."""
    return Site(
        stack_folder=Path(STACK_FOLDER),
        cluster_id=cluster_id,
        jars={name: Path(_ENGINES / name) for name in poms_of(RECIPES)},
        class_archives=Path(STACK_FOLDER / "services/classes"),  # in the service's volume
        java=_JAVA,
        python=_PYTHON,
        bundle=PACKAGES_FOLDER / "pipectl" / "bundle",
        catalog=catalog,
        bind="0.0.0.0",  # noqa: S104 - of the container's own network; published on loopback only
        hosts={name: name for name in RECIPES},
    )


def with_image(service: Service, image: str) -> Service:
    """Return a service that knows its image: another image is another service."""
    return replace(service, environment={**service.environment, "PIPECTL_IMAGE": image})


def plan_container(service: Service, settings: Settings, place: Place) -> Container:
    """Return the container of a service that `with_image` has given its image."""
    recipe = RECIPES[service.name]
    ports = tuple(published(service).ports.values())
    address = settings.collector.host if service.name == "collector" else _LOOPBACK
    described = {**asdict(service), "digest": service.digest, "final_exit_codes": recipe.final_exit_codes}
    return Container(
        place=place,
        service=service.name,
        image=service.environment["PIPECTL_IMAGE"],
        command=(str(_PYTHON), "-m", "pipectl.runtimes.contained", str(DESCRIPTION)),
        digest=service.digest,
        read_only=_jar_mounts(recipe, settings),
        ports=dict.fromkeys(ports, address),
        memory_mb=recipe.memory_mb(settings),
        stop_seconds=recipe.stop_seconds,
        description=json.loads(json.dumps(described)),
        health=Health(port=ports[0]) if ports else None,
    )


def published(service: Service) -> Service:
    """Return a service with only those of its ports that the user reaches."""
    ports = {use: port for use, port in service.ports.items() if use not in _INSIDE_ONLY}
    return replace(service, ports=ports)


def _jar_mounts(recipe: Recipe, settings: Settings) -> dict[str, str]:
    return {
        str(_ENGINES / name): str(jars.jars_folder(jars.pom(name), settings.cache)) for name in recipe.poms
    }
