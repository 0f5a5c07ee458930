"""When Docker is not there, or not as it should be: one clear message, and the exit code of the design."""

import socket
from collections.abc import Iterator

import pytest

from pipectl.errors import NotRunning, PortTaken, UsageFault
from tests import containers
from tests.harness import Stack, new_stack, remove


@pytest.fixture
def fresh() -> Iterator[Stack]:
    """A stack that was never started, and must leave nothing behind."""
    stack = new_stack()
    yield stack
    assert containers.leftovers(stack.settings, volumes=False) == []
    remove(stack)


def test_no_daemon_is_said_with_what_to_do(fresh: Stack) -> None:
    told = fresh.pipectl("up", expect=NotRunning.exit_code, DOCKER_HOST="unix:///nowhere.sock").stderr
    assert "No Docker daemon answers" in told
    assert "--runtime local" in told


def test_without_a_daemon_auto_is_local_and_says_why(fresh: Stack) -> None:
    auto = {"PIPECTL_RUNTIME": "auto", "DOCKER_HOST": "unix:///nowhere.sock"}
    plan = fresh.pipectl("doctor", expect=0, **auto).stdout
    assert "runtime local" in plan
    assert "No Docker daemon answers" in plan


def test_a_taken_port_names_its_owner(fresh: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh.ports["redis"]))
        taken.listen()
        told = fresh.pipectl("up", expect=PortTaken.exit_code).stderr
    assert str(fresh.ports["redis"]) in told


def test_a_stack_keeps_its_runtime(stack: Stack) -> None:
    told = stack.pipectl("up", "--runtime", "local", expect=UsageFault.exit_code).stderr
    assert "made with runtime docker" in told
