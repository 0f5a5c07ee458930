"""The door to the Docker daemon, through its SDK: containers, networks, volumes and the image.

No other module imports `docker`; its types stay here and its errors become ours.
"""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import EndpointConfig, IPAMConfig, IPAMPool, LogConfig, Mount

from pipectl.runtimes.docker_messages import build_failed, no_base_image, no_daemon, refused
from pipectl.runtimes.docker_plan import DIGEST_LABEL, IMAGE_LABEL, PASSED_ON, SERVICE_LABEL, Container, Place
from pipectl.runtimes.image import BASE_IMAGE, REPOSITORY, ImageContent
from pipectl.runtimes.subnet import Subnet

_CALL_TIMEOUT_SECONDS = 120
_BUILD_TIMEOUT_SECONDS = 1800  # the longest silence: a layer of half a gigabyte is being written
_SUBNET_TRIES = 5
_ENDPOINT_VERSION = "1.41"  # of the API, that of Docker 20.10
_LOGS = {"max-size": "10m", "max-file": "3"}


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """What the daemon says of itself."""

    version: str
    root: str
    memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class ContainerState:
    """What the daemon says of one container of ours."""

    service: str
    id: str
    status: str  # created, running, restarting, exited, ...
    exit_code: int
    pid: int
    started_at: datetime
    digest: str
    error: str

    @property
    def uptime_seconds(self) -> float:
        """How long it has been running, if it is."""
        return (datetime.now(UTC) - self.started_at).total_seconds()


class DockerEngine:
    """One daemon, as this user's environment and Docker context name it; threads may share it."""

    def __init__(self, timeout_seconds: int = _CALL_TIMEOUT_SECONDS) -> None:
        """Connect lazily: the first call is the first that can fail."""
        self._timeout_seconds = timeout_seconds
        self._connected: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connected is not None:
            self._connected.close()

    def daemon(self) -> Daemon:
        """Ask the daemon who it is; raises NotRunning or ToolMissing where it does not say."""
        with _translated():
            info = self._client.info()
        return Daemon(
            version=info["ServerVersion"], root=info["DockerRootDir"], memory_bytes=int(info["MemTotal"])
        )

    def containers(self, labels: Sequence[str], services: Collection[str]) -> list[ContainerState]:
        """Return these services' containers that carry all these labels, `key=value` each, running or not.

        Each costs a call of its own: whoever watches one service names only that.
        """
        with _translated():
            listed = self._client.api.containers(all=True, filters={"label": list(labels)})
            found = (each["Id"] for each in listed if each["Labels"][SERVICE_LABEL] in services)
            return [_state(each) for each in map(self._inspect, found) if each]

    def ensure_network(self, place: Place) -> Subnet:
        """Create the network of a stack if it is missing; return the subnet that it has.

        Addresses may be chosen only in a subnet that was named when the network was made, and only the daemon
        knows which are free. So it makes a network with a subnet of its choice, which is then made again with
        the subnet named. Raises OperationFailed if the daemon has none left.
        """
        with _translated():
            for network in self._client.networks.list(filters={"label": list(place.filters)}):
                if subnet := _named_subnet(network):
                    return subnet
                network.remove()  # of its own choice: an `up` that was interrupted here has left it
            return self._make_network(place, _SUBNET_TRIES)

    def create(self, container: Container, subnet: Subnet) -> str:
        """Create a container, and its volume if that is missing, and tell it what it is; return its id."""
        with _translated():
            self._ensure_volume(container)
            made = self._client.containers.create(**_options(container, subnet))
            made.put_archive(container.description_folder, _archive(container))
        return str(made.id)

    def start(self, container_id: str) -> None:
        """Start a container; raises PortTaken if somebody has one of its ports."""
        with _translated():
            self._client.containers.get(container_id).start()

    def stop(self, container_id: str, grace_seconds: int) -> None:
        """Ask a container to end, and force it after its time; blocks."""
        with _translated(), _gone_is_fine():
            self._client.containers.get(container_id).stop(timeout=grace_seconds)

    def remove(self, container_id: str) -> None:
        """Remove a container with its log; one that is not there is fine."""
        with _translated(), _gone_is_fine():
            self._client.containers.get(container_id).remove(force=True)

    def logs(self, container_id: str, lines: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the last lines of a container's output; with `follow` also the next, until it ends."""
        with _translated(), _gone_is_fine():
            container = self._client.containers.get(container_id)
            yield from _lines(container.logs(stream=True, follow=follow, tail=lines))

    def read_file(self, container_id: str, path: str) -> str | None:
        """Return the text of a file in a container, running or not; None if there is no such file."""
        with _translated():
            try:
                chunks, _ = self._client.containers.get(container_id).get_archive(path)
            except NotFound:
                return None
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                file = archive.extractfile(archive.getmembers()[0])
                return file.read().decode() if file else None

    def networks(self, labels: Sequence[str]) -> list[str]:
        """Return the names of the networks that carry these labels."""
        with _translated():
            return [each.name for each in self._client.networks.list(filters={"label": list(labels)})]

    def volumes(self, labels: Sequence[str]) -> list[str]:
        """Return the names of the volumes that carry these labels."""
        with _translated():
            return [each.name for each in self._client.volumes.list(filters={"label": list(labels)})]

    def remove_network(self, name: str) -> None:
        """Remove a network; one that is not there is fine."""
        with _translated(), _gone_is_fine():
            self._client.networks.get(name).remove()

    def remove_volume(self, name: str) -> None:
        """Delete a volume with all its data; one that is not there is fine."""
        with _translated(), _gone_is_fine():
            self._client.volumes.get(name).remove(force=True)

    def has_image(self, name: str) -> bool:
        """Say whether there is an image of this name."""
        with _translated():
            try:
                self._client.images.get(name)
            except ImageNotFound:
                return False
        return True

    def check_image(self, name: str) -> bool:
        """Say whether there is an image of this name; raises OperationFailed if its base is not to be had."""
        if self.has_image(name):
            return True
        if self.has_image(BASE_IMAGE):
            return False
        with _translated():
            try:
                self._client.images.get_registry_data(BASE_IMAGE)
            except (APIError, OSError) as error:  # refused, or no answer in time
                raise no_base_image(str(error)) from error
        return False

    def build(self, content: ImageContent) -> Iterator[str]:
        """Build the image, yielding each step as it begins; older ones that no container has are removed."""
        seen: list[str] = []
        with tempfile.TemporaryFile() as context, _translated():
            content.write_context(context)
            context.seek(0)
            for line in self._build(context, content.name):
                seen.append(line)
                if line.startswith("Step "):
                    yield line
                elif line.startswith(_FAILED):
                    raise build_failed(seen)
            self._client.images.get(content.name).tag(REPOSITORY, "latest")
            self._remove_older(content.name)

    def _remove_older(self, name: str) -> None:
        for image in self._client.images.list(REPOSITORY, filters={"label": IMAGE_LABEL}):
            for tag in image.tags if name not in image.tags else ():
                with suppress(APIError):  # a container has it
                    self._client.images.remove(tag)

    def _build(self, context: Any, name: str) -> Iterator[str]:
        """Yield the lines of the builder's output; the last one says so if it failed."""
        answers = self._client.api.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            labels={IMAGE_LABEL: "1"},
            network_mode="host",  # the daemon's bridge may know no way to the package mirror
            rm=True,
            forcerm=True,
            decode=True,
            timeout=_BUILD_TIMEOUT_SECONDS,
        )
        for answer in answers:
            if "error" in answer:
                yield _FAILED + answer["error"].strip()
            else:
                yield from str(answer.get("stream", "")).splitlines()

    @property
    def _client(self) -> Any:
        if self._connected is None:
            self._connected = docker.from_env(timeout=self._timeout_seconds)
        return self._connected

    def _inspect(self, container_id: str) -> dict[str, Any] | None:
        try:
            return dict(self._client.api.inspect_container(container_id))
        except NotFound:  # it went between the list and now
            return None

    def _make_network(self, place: Place, tries: int) -> Subnet:
        subnet = self._free_subnet(place)
        pool = IPAMPool(
            subnet=str(subnet.network), iprange=str(subnet.for_others), gateway=str(subnet.gateway)
        )
        try:
            self._create_network(place, ipam=IPAMConfig(pool_configs=[pool]))
        except APIError:  # somebody else got that subnet in between
            if tries == 1:
                raise
            return self._make_network(place, tries - 1)
        return subnet

    def _free_subnet(self, place: Place) -> Subnet:
        own_choice = self._create_network(place)
        try:
            return Subnet.of(_pool(own_choice)["Subnet"])
        finally:
            own_choice.remove()

    def _create_network(self, place: Place, **options: Any) -> Any:
        return self._client.networks.create(
            place.network, driver="bridge", labels=place.network_labels, check_duplicate=True, **options
        )

    def _ensure_volume(self, container: Container) -> None:
        try:
            self._client.volumes.get(container.volume)
        except NotFound:
            self._client.volumes.create(container.volume, labels=container.volume_labels)


_FAILED = "error: "


def _pool(network: Any) -> Mapping[str, str]:
    """Return what the daemon says of a network's addresses; there may be IPv6 ones beside them."""
    return next(dict(pool) for pool in network.attrs["IPAM"]["Config"] if ":" not in pool["Subnet"])


def _named_subnet(network: Any) -> Subnet | None:
    """Return the subnet of a network that was made with a named one: only then it has a range for others."""
    pool = _pool(network)
    return Subnet.of(pool["Subnet"]) if pool.get("IPRange") else None


def _options(container: Container, subnet: Subnet) -> dict[str, Any]:
    """Return the words of the SDK for a container."""
    mounts = [Mount(target=container.volume_path, source=container.volume, type="volume")]
    address = str(subnet.services[container.service])
    mounts += [
        Mount(target=target, source=source, type="bind", read_only=True)
        for target, source in container.read_only.items()
    ]
    options = {
        "image": container.image,
        "command": list(container.command),
        "name": container.name,
        "hostname": container.service,
        "labels": dict(container.labels),
        "environment": {name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "mounts": mounts,
        "network": container.place.network,
        "networking_config": {
            container.place.network: EndpointConfig(
                _ENDPOINT_VERSION, aliases=[container.service], ipv4_address=address
            )
        },
        "ports": {f"{port}/tcp": (address, port) for port, address in container.ports.items()},
        "mem_limit": f"{container.memory_mb}m",
        "restart_policy": {"Name": "on-failure", "MaximumRetryCount": container.restarts},
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "log_config": LogConfig(type=LogConfig.types.JSON, config=_LOGS),
    }
    if container.health:
        options["healthcheck"] = container.health.as_option()
    return options


def _archive(container: Container) -> bytes:
    """Return a tar archive with the one file that tells a container what it is."""
    description = json.dumps(container.description).encode()
    entry = tarfile.TarInfo(container.description_file)
    entry.size, entry.mode, entry.uid = len(description), 0o400, container.user_id
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(description))
    return target.getvalue()


def _state(inspected: Mapping[str, Any]) -> ContainerState:
    state, labels = inspected["State"], inspected["Config"]["Labels"]
    return ContainerState(
        service=labels[SERVICE_LABEL],
        id=inspected["Id"],
        status=state["Status"],
        exit_code=state["ExitCode"],
        pid=state["Pid"],
        started_at=datetime.fromisoformat(state["StartedAt"][:19]).replace(tzinfo=UTC),
        digest=labels[DIGEST_LABEL],
        error=state.get("Error", ""),
    )


def _lines(chunks: Any) -> Iterator[str]:
    """Put the pieces of a stream together into lines."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in lines)
    if rest:
        yield rest.decode(errors="replace")


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Take the end of what was to end, by somebody else or earlier, for the end."""
    try:
        yield
    except NotFound:
        return


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        raise refused(str(error.explanation or error)) from error
    except DockerException as error:
        raise no_daemon(error) from error
    except OSError as error:  # the SDK lets the errors of its HTTP library through
        raise no_daemon(error) from error
