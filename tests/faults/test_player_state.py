"""Player state and the lake, while one of the two is killed or stands still."""

import signal
import time

import requests

from pipectl.waiting import wait_until
from tests.faults.test_kills import VICTIMS
from tests.harness import STORE, Stack
from tests.player_state import await_folded
from tests.traffic import Sender, await_progress, landed_twice, missing_from

_FROZEN_SECONDS = 60
_HEAL_SECONDS = 60


def test_after_kills_of_store_and_driver_under_load_every_player_has_the_fold(stack: Stack) -> None:
    """Send; kill the store, the driver, then both, each time once new events land; compare all players."""
    with Sender(stack.url) as sender:
        for names in (["the store"], ["the stream's jvm"], ["the store", "the stream's python"]):
            await_progress(stack.presto, sender)
            for victim in (VICTIMS[name] for name in names):
                victim.pick(stack.processes(victim.service)).send_signal(signal.SIGKILL)
        await_progress(stack.presto, sender)
    await_folded(stack)
    proof = stack.json("state", "verify")["data"]
    assert (proof["behind"], proof["differences"], proof["total_differences"]) == (0, [], [])


def test_a_store_that_stands_still_delays_nothing_and_is_caught_up_with(stack: Stack) -> None:
    """Freeze the store for a minute under load: events still land, the collector says 503; let it go on."""
    store = VICTIMS["the store"].pick(stack.processes(STORE))
    with Sender(stack.url) as sender:
        await_progress(stack.presto, sender)
        store.suspend()
        until = time.monotonic() + _FROZEN_SECONDS
        try:
            while time.monotonic() < until:
                await_progress(stack.presto, sender)
            answer = requests.get(f"{stack.url}/players/player0", timeout=30)
        finally:
            store.resume()
        await_progress(stack.presto, sender)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    await_folded(stack)
    assert missing_from(stack.presto, sender.acknowledged) == set()
    assert landed_twice(stack.presto) == []
    assert stack.json("state", "verify")["data"]["behind"] == 0
    wait_until(
        lambda: requests.get(f"{stack.url}/players/player0", timeout=30).ok,
        timeout_seconds=_HEAL_SECONDS,
        message="The collector does not find the store again.",
    )
