"""What the daemon is told, and that a load lands whole; down and up again, beside what is not ours."""

import json
import uuid
from collections.abc import Iterator

import pytest
import requests

from pipectl.runtimes.image import image_content
from pipectl.services.registry import services_of, started_by_up
from pipectl.settings import load_settings
from tests import containers
from tests.containers import docker
from tests.harness import JAVA_OPTIONS, Stack


def inspected(stack: Stack, service: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(
        docker("inspect", containers.name_of(stack.settings, service))
    )[0]
    return found


def test_a_load_lands_whole_in_containers(stack: Stack) -> None:
    result = stack.json("load", "--profile", "smoke")["data"]
    stack.pipectl("drain")
    assert stack.count(f"run_id = '{result['run_id']}'") == 80
    assert stack.json("verify", "--deep")["status"] == "ok"
    assert stack.json("state", "verify")["status"] == "ok"


@pytest.mark.parametrize("service", services_of(load_settings().settings))
def test_no_container_has_more_rights_than_it_needs(stack: Stack, service: str) -> None:
    told = inspected(stack, service)
    host, config = told["HostConfig"], told["Config"]
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert config["User"] == "pipectl"
    assert host["Memory"]
    assert "docker.sock" not in json.dumps(told["Mounts"])
    ports = host["PortBindings"] or {}
    assert isinstance(ports, dict)
    assert {each["HostIp"] for bound in ports.values() for each in bound} <= {"127.0.0.1"}


@pytest.mark.parametrize("service", services_of(load_settings().settings))
def test_the_users_java_options_reach_every_container(stack: Stack, service: str) -> None:
    config = inspected(stack, service)["Config"]
    assert isinstance(config["Env"], list)
    assert f"JDK_JAVA_OPTIONS={JAVA_OPTIONS}" in config["Env"]


def test_doctor_takes_the_ports_of_running_containers_for_ours(stack: Stack) -> None:
    stack.pipectl("doctor")


def test_only_the_container_whose_configuration_changed_is_replaced(stack: Stack) -> None:
    before = {name: inspected(stack, name)["Id"] for name in started_by_up(stack.settings)}
    stack.pipectl("up", PIPECTL_REDIS__MAX_MEMORY_MB="300")
    after = {name: inspected(stack, name)["Id"] for name in started_by_up(stack.settings)}
    assert [name for name in before if before[name] != after[name]] == ["redis"]
    stack.pipectl("up")


@pytest.fixture
def foreign(stack: Stack) -> Iterator[str]:
    """A container, a network and a volume of somebody else, under a name that looks like one of ours."""
    name = f"{containers.name_of(stack.settings, 'kafka')}-{uuid.uuid4().hex[:6]}"
    docker("network", "create", name)
    docker("volume", "create", name)
    docker("run", "--detach", "--name", name, "--network", name, image_content().name, "sleep", "infinity")
    yield name
    docker("rm", "--force", name)
    docker("network", "rm", name)
    docker("volume", "rm", name)


def test_down_and_up_keep_the_data_and_touch_nothing_foreign(stack: Stack, foreign: str) -> None:
    stack.pipectl("drain")
    before = stack.count()
    stack.pipectl("down")
    stack.check_stopped()
    assert json.loads(docker("container", "inspect", foreign))[0]["State"]["Running"]
    assert docker("network", "inspect", foreign)
    assert docker("volume", "inspect", foreign)
    stack.pipectl("up")
    assert stack.count() == before
    stack.pipectl("stream", "start")
    requests.get(f"{stack.url}/join_guild", timeout=10).raise_for_status()
    stack.pipectl("drain")
    assert stack.count() == before + 1
    assert stack.json("verify")["status"] == "ok"
