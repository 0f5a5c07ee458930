"""Player state in Redis: the only door to its client.

Two keys for each stack: a hash `NAMESPACE:players` (player -> its record as JSON), and `NAMESPACE:marks`.

Why marks can never say more than the records hold: an update is one MULTI, with all records of a slice and
the marks in it. Redis runs it as one, and writes it to its append-only file as one block, which it drops
as a whole if a crash cut it off; the file is a sequence, so what a crash leaves is a beginning of it. Hence
whatever is lost (up to the last second), records and marks go back to the same moment.

That leaves the records that we read and then write back. WATCH binds the connection: if the marks change
after they were compared, because somebody emptied the store, EXEC refuses. If Redis dies in between and
comes back as of an earlier moment, the connection is gone with it, and no command is ever sent twice.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, StoreAway, StoreMoved
from pipectl.waiting import wait_until

_PING_SECONDS = 3
_REWRITE_SECONDS = 120.0


class RedisStore:
    """A PlayerStore in Redis."""

    def __init__(self, url: str, namespace: str, *, timeout_seconds: float) -> None:
        """Connect nothing yet; each answer is waited for at most `timeout_seconds`."""
        self._url = url
        self._client = _client(url, timeout_seconds)
        self._players = f"{namespace}:players"
        self._marks = f"{namespace}:marks"

    def marks(self) -> Marks:
        """See PlayerStore."""
        with self._translated():
            return _as_marks(self._client.get(self._marks))

    def player(self, player_id: str) -> PlayerState | None:
        """See PlayerStore."""
        with self._translated():
            text = self._client.hget(self._players, player_id)
        return PlayerState.from_json(str(text)) if text else None

    def snapshot(self) -> tuple[Marks, Players]:
        """See PlayerStore."""
        with self._translated(), self._client.pipeline() as pipe:
            pipe.get(self._marks)
            pipe.hgetall(self._players)
            marks, players = pipe.execute()
        return _as_marks(marks), {name: PlayerState.from_json(text) for name, text in players.items()}

    def update(
        self, before: Marks, after: Marks, player_ids: Collection[str], change: Callable[[Players], Players]
    ) -> None:
        """See PlayerStore."""
        ids = list(player_ids)
        with self._translated(), self._client.pipeline() as pipe:
            pipe.watch(self._marks)  # type: ignore[no-untyped-call]
            if _as_marks(pipe.get(self._marks)) != before:
                raise _moved()
            texts: Any = pipe.hmget(self._players, ids) if ids else []
            known = {name: PlayerState.from_json(text) for name, text in zip(ids, texts, strict=True) if text}
            records: dict[Any, Any] = {name: state.to_json() for name, state in change(known).items()}
            pipe.multi()
            if records:
                pipe.hset(self._players, mapping=records)
            pipe.set(self._marks, after.to_json())
            pipe.execute()

    def forget(self, player_id: str) -> None:
        """See PlayerStore; the append-only file, which has the player's whole history, is written anew."""
        with self._translated():
            self._client.hdel(self._players, player_id)
            self._await_rewritten()
            self._client.bgrewriteaof()
            self._await_rewritten()

    def _await_rewritten(self) -> None:
        def is_done() -> bool:
            told: Any = self._client.info("persistence")
            return not (told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"])

        wait_until(is_done, timeout_seconds=_REWRITE_SECONDS, message="Redis does not rewrite its file.")

    def clear(self) -> None:
        """See PlayerStore."""
        with self._translated():
            self._client.unlink(self._marks, self._players)

    def close(self) -> None:
        """See PlayerStore."""
        self._client.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except redis.WatchError as error:
            raise _moved() from error
        except redis.RedisError as error:
            raise StoreAway(
                f"The store of player state does not answer at {self._url}.",
                evidence=f"{type(error).__name__}: {error}",
                do_next="Run: pipectl status   (and pipectl up, if Redis is not there)",
            ) from error


def check_answers(url: str) -> None:
    """Raise if Redis does not answer, or is still loading."""
    with _client(url, _PING_SECONDS) as client:
        client.ping()


def _client(url: str, timeout_seconds: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),  # see above: a command that may have been done is not sent again
    )


def _as_marks(text: Any) -> Marks:
    return Marks.from_json(text) if text else Marks()


def _moved() -> StoreMoved:
    return StoreMoved("The marks in the store of player state have changed meanwhile.")
