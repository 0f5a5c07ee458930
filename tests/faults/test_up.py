"""`up` and `down` whatever happened before."""

import random
import subprocess

import psutil

from tests.harness import PIPECTL, Stack

_KILLS = 4


def test_up_again_changes_nothing(stack: Stack) -> None:
    before = {process.pid for process in stack.processes()}
    stack.pipectl("up")
    assert {process.pid for process in stack.processes()} == before


def test_down_leaves_no_process_and_no_port_and_keeps_the_data(stack: Stack) -> None:
    stack.pipectl("drain")
    before = stack.count()
    stack.pipectl("down")
    stack.check_stopped()
    stack.pipectl("up")
    assert stack.count() == before


def test_up_converges_after_it_was_killed_at_random_moments(stack: Stack) -> None:
    """Start from nothing running, kill `up` within its first seconds, four times; then let it finish."""
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    before = stack.count()
    stack.pipectl("down")
    for _ in range(_KILLS):
        up = subprocess.Popen([PIPECTL, "up"], env=stack.environment, stdout=subprocess.DEVNULL)
        try:
            up.wait(timeout=chance.uniform(0.3, 6))
        except subprocess.TimeoutExpired:
            psutil.Process(up.pid).kill()
            up.wait()
    stack.pipectl("up")
    assert stack.json("status")["status"] == "ok"
    stack.pipectl("stream", "start")
    assert stack.count() == before
    assert stack.json("verify")["status"] == "ok"
