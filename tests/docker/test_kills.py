"""`docker kill` of each container in turn while a client sends: every acknowledged id is in Presto once."""

import pytest

from pipectl.errors import NotRunning
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
