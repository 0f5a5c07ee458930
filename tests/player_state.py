"""What tests of player state share: the store of a stack, and the wait until it has caught up."""

from pathlib import Path

from pipectl.catalog import EVENTS_TOPIC
from pipectl.lake.ledger import ledger_ends
from pipectl.players.store import PlayerStore
from pipectl.services.state import connect_store
from pipectl.waiting import wait_until
from tests.harness import Stack

_CATCH_UP_SECONDS = 120
_STORES: dict[Path, PlayerStore] = {}


def store_of(stack: Stack) -> PlayerStore:
    """Return the store of a stack: one connection for all tests, which finds a restarted store again."""
    settings = stack.settings
    return _STORES.setdefault(settings.stack_folder, connect_store(settings))


def await_folded(stack: Stack) -> None:
    """Drain, then wait until the store has all that the ledger has now."""
    stack.pipectl("drain")
    ends = ledger_ends(stack.presto)
    event_ends = {partition: end for (topic, partition), end in ends.items() if topic == EVENTS_TOPIC}
    store = store_of(stack)
    wait_until(
        lambda: store.marks().lag(event_ends) == 0,
        timeout_seconds=_CATCH_UP_SECONDS,
        message="Player state does not catch up.",
    )
