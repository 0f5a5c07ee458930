"""The seam of the stores: what one has to promise, and what it raises.

A store keeps a record for each player, and its marks. It may forget its last moments in a crash (Redis
flushes once a second), and it may be emptied at any time by `state rebuild`; both are safe as long as marks
never say more than the records hold. That is the one promise that `update` makes.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from pipectl.errors import OperationFailed, UsageFault
from pipectl.players.state import Marks, PlayerState

Players = Mapping[str, PlayerState]


class StoreAway(OperationFailed):
    """The store of player state does not answer, or refuses."""

    code = "store_away"


class StoreMoved(OperationFailed):
    """The store has other marks by now: it was emptied, lost its last moments, or has another writer."""

    code = "store_moved"


class PlayerStore(Protocol):
    """Keeps the state of all players of a stack. All methods raise StoreAway; threads may share it."""

    def marks(self) -> Marks:
        """Return how far the store has got; all empty where nothing was written yet."""

    def player(self, player_id: str) -> PlayerState | None:
        """Return what one player has; None for one that is not known."""

    def snapshot(self) -> tuple[Marks, Players]:
        """Return the marks and all players as they are at one moment."""

    def update(
        self, before: Marks, after: Marks, player_ids: Collection[str], change: Callable[[Players], Players]
    ) -> None:
        """Read these players, change them, and write what `change` returns together with the marks `after`.

        `change` gets the players that are known. Marks never outlive the records that they stand for: after
        a crash anywhere, either both are there or the old marks are. Raises StoreMoved, with nothing
        written, if the marks were not `before` at the read or have changed since.
        """

    def forget(self, player_id: str) -> None:
        """Take one player out of the store and of whatever it keeps on disk; blocks until that is so.

        Only while nobody updates the store. A player who is not known is forgotten already.
        """

    def clear(self) -> None:
        """Forget all players and the marks at one moment; an `update` under way then raises StoreMoved."""

    def close(self) -> None:
        """Let go of the connection; the next call makes a new one. Only while nobody else uses the store."""


def open_store(url: str, namespace: str, *, timeout_seconds: float = 10.0) -> PlayerStore:
    """Return the store at a URL, without connecting yet; stacks that share one have a namespace each."""
    if url.startswith("redis://"):
        from pipectl.players.redis import RedisStore  # noqa: PLC0415 - only the client that is used is loaded

        return RedisStore(url, namespace, timeout_seconds=timeout_seconds)
    if url.startswith("cassandra://"):
        from pipectl.players.cassandra import CassandraStore  # noqa: PLC0415 - as above

        return CassandraStore(url, namespace, timeout_seconds=timeout_seconds)
    raise UsageFault(f"There is no store for {url}.", do_next="Set state.store to redis or cassandra.")
