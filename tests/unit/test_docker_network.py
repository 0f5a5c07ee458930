"""The network of a stack, against a daemon that keeps its networks as Docker does, through the real SDK."""

import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network
from typing import Any

import pytest

from pipectl.errors import OperationFailed
from pipectl.runtimes.docker_engine import DockerEngine
from pipectl.runtimes.docker_plan import Place
from pipectl.runtimes.subnet import Subnet
from pipectl.services.registry import RECIPES

PLACE = Place(project="pipectl-test")
NO_POOL = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign"
OVERLAP = "Pool overlaps with other one on this address space"


class _Daemon(ThreadingHTTPServer):
    """Chooses subnets in turn, and refuses one that was named and is somebody else's by then."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Orders)
        self.choices: list[str] = []
        self.taken_in_between: set[str] = set()
        self.networks: dict[str, dict[str, Any]] = {}

    def create(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        named = order.get("IPAM", {}).get("Config")
        if named and named[0]["Subnet"] in self.taken_in_between:
            return 403, {"message": OVERLAP}
        if not named and not self.choices:
            return 404, {"message": NO_POOL}
        pools = named or [{"Subnet": self.choices.pop(0)}]
        made = {"Id": secrets.token_hex(), "Name": order["Name"], "IPAM": {"Config": pools}}
        self.networks[made["Id"]] = made | {"Labels": order["Labels"]}
        return 201, made


class _Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Daemon

    def do_GET(self) -> None:
        *_, noun, last = self.path.split("?")[0].split("/")
        if last == "version":
            self._answer(200, {"ApiVersion": "1.41"})
        elif noun == "networks":
            self._answer(200, self.server.networks[last])
        else:
            self._answer(200, list(self.server.networks.values()))

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(*self.server.create(order))

    def do_DELETE(self) -> None:
        del self.server.networks[self.path.split("/")[-1]]
        self._answer(200, {})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Daemon]:
    with _Daemon() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def ensured() -> Subnet:
    with DockerEngine() as engine:
        return engine.ensure_network(PLACE)


def test_a_new_network_has_the_subnet_that_the_daemon_chose_and_a_range_for_others(daemon: _Daemon) -> None:
    daemon.choices = ["172.18.0.0/16"]
    assert str(ensured().network) == "172.18.0.0/16"
    (network,) = daemon.networks.values()
    assert network["Name"] == PLACE.network
    assert network["Labels"] == PLACE.network_labels
    (pool,) = network["IPAM"]["Config"]
    assert (pool["IPRange"], pool["Gateway"]) == ("172.18.128.0/17", "172.18.0.1")


def test_a_network_that_is_there_is_kept(daemon: _Daemon) -> None:
    daemon.choices = ["172.18.0.0/16", "172.19.0.0/16"]
    assert ensured() == ensured()
    assert len(daemon.networks) == 1


def test_what_an_interrupted_up_has_left_is_made_anew(daemon: _Daemon) -> None:
    daemon.choices = ["172.18.0.0/16", "172.19.0.0/16"]
    daemon.create({"Name": PLACE.network, "Labels": PLACE.network_labels})
    assert str(ensured().network) == "172.19.0.0/16"
    assert len(daemon.networks) == 1


def test_a_subnet_that_somebody_else_got_in_between_is_left_for_another(daemon: _Daemon) -> None:
    daemon.choices = ["172.18.0.0/16", "172.19.0.0/16"]
    daemon.taken_in_between = {"172.18.0.0/16"}
    assert str(ensured().network) == "172.19.0.0/16"


def test_a_daemon_without_a_free_subnet_says_what_to_do(daemon: _Daemon) -> None:
    daemon.choices = []
    with pytest.raises(OperationFailed) as caught:
        ensured()
    assert caught.value.evidence == NO_POOL
    assert "docker network prune" in caught.value.do_next


def test_subnets_that_are_too_small_are_refused_and_nothing_is_left(daemon: _Daemon) -> None:
    daemon.choices = ["172.18.0.0/28"]
    with pytest.raises(OperationFailed, match="too small"):
        ensured()
    assert daemon.networks == {}


@pytest.mark.parametrize("text", ["172.18.0.0/16", "10.1.2.0/24", "192.168.7.32/27"])
def test_no_two_services_have_one_address_and_nobody_else_gets_theirs(text: str) -> None:
    subnet = Subnet.of(text)
    own = {subnet.gateway, *subnet.services.values()}
    assert len(own) == 1 + len(RECIPES)
    assert all(address in subnet.network and address not in subnet.for_others for address in own)
    assert subnet.for_others.subnet_of(subnet.network)


def test_compose_files_of_two_stacks_have_two_subnets() -> None:
    ours, theirs = Subnet.named("pipectl-default"), Subnet.named("pipectl-other")
    assert not ours.network.overlaps(theirs.network)
    assert ours.network.subnet_of(IPv4Network("10.0.0.0/8"))
