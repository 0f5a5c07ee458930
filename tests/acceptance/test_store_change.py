"""Another store of player state for a stack that has one: filled from the lake, and the old one deleted."""

from contextlib import closing

import pytest

from pipectl.players.state import Marks
from pipectl.services.state import connect_store
from pipectl.waiting import wait_until
from tests.harness import STORE, Stack
from tests.player_state import await_folded, store_of

_CATCH_UP_SECONDS = 120


@pytest.mark.skipif(STORE == "redis", reason="it changes to Redis")
def test_a_new_store_is_filled_from_the_lake_and_the_old_one_is_deleted(stack: Stack) -> None:
    """Change the store; see that it has the same players, and nothing is left of the first; change back."""
    await_folded(stack)
    before = store_of(stack).snapshot()
    settings = stack.settings.model_copy(
        update={"state": stack.settings.state.model_copy(update={"store": "redis"})}
    )
    told = stack.pipectl("up", "--dry-run", PIPECTL_STATE__STORE="redis").stdout
    assert STORE in told
    assert store_of(stack).snapshot() == before

    stack.pipectl("up", PIPECTL_STATE__STORE="redis")
    stack.pipectl("stream", "start", PIPECTL_STATE__STORE="redis")
    assert stack.processes(STORE) == []
    assert not list((stack.folder / "services" / STORE).glob("*"))
    with closing(connect_store(settings)) as other:
        wait_until(
            lambda: other.snapshot()[1] == before[1],
            timeout_seconds=_CATCH_UP_SECONDS,
            message="The new store is not filled.",
        )

    stack.pipectl("up")
    with closing(connect_store(stack.settings)) as emptied:
        assert emptied.snapshot() == (Marks(), {})
    stack.pipectl("stream", "start")
    await_folded(stack)
    assert store_of(stack).snapshot()[1].items() >= before[1].items()
    assert stack.json("status")["status"] == "ok"
