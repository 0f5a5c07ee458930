"""`docker kill` of each container in turn while a client sends: every acknowledged id is in Presto once."""

import uuid
from collections.abc import Iterator

import pytest

from pipectl.errors import NotRunning
from pipectl.runtimes.docker_plan import Place
from pipectl.runtimes.image import image_content
from pipectl.services.registry import services_of, started_by_up
from pipectl.settings import load_settings
from tests import containers
from tests.containers import docker
from tests.harness import Stack
from tests.traffic import Sender, await_progress, landed_twice, missing_from


@pytest.mark.parametrize("service", services_of(load_settings().settings))
def test_what_was_killed_is_started_again_and_nothing_is_lost(stack: Stack, service: str) -> None:
    """Send; kill, which the daemon takes for a wish; see that it is told; start again; drain; compare."""
    with Sender(stack.url) as sender:
        await_progress(stack.presto, sender)
        docker("kill", "--signal", "KILL", containers.name_of(stack.settings, service))
        check_told(stack, service)
        stack.pipectl("up")
        stack.pipectl("stream", "start")
        await_progress(stack.presto, sender)
    stack.pipectl("drain")
    assert missing_from(stack.presto, sender.acknowledged) == set()
    assert landed_twice(stack.presto) == []
    assert stack.json("verify")["status"] == "ok"


def check_told(stack: Stack, service: str) -> None:
    """`status` misses what `up` starts; the stream may be stopped, and says so of itself."""
    if service in started_by_up(stack.settings):
        assert service in stack.json("status", expect=NotRunning.exit_code)["error"]["message"]
    else:
        state = stack.json("status")["data"]["services"][service]["state"]
        assert "Exited with 137" in state


@pytest.fixture
def newcomer(stack: Stack) -> Iterator[str]:
    """The name of a container that somebody may start in the stack's network."""
    name = f"{containers.name_of(stack.settings, 'namenode')}-{uuid.uuid4().hex[:6]}"
    yield name
    docker("rm", "--force", name)


def test_a_killed_namenode_comes_back_under_its_address_whoever_came_meanwhile(
    stack: Stack, newcomer: str
) -> None:
    """Kill it; let somebody else join the network, who takes any free address; start it: Presto finds it."""
    namenode = containers.name_of(stack.settings, "namenode")
    before = address_of(namenode)
    docker("kill", "--signal", "KILL", namenode)
    network = Place.of(stack.settings).network
    docker(
        "run", "--detach", "--name", newcomer, "--network", network, image_content().name, "sleep", "infinity"
    )
    stack.pipectl("up")
    assert address_of(namenode) == before
    stack.pipectl("stream", "start")
    assert stack.json("verify")["status"] == "ok"


def address_of(container: str) -> str:
    return docker(
        "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container
    )
