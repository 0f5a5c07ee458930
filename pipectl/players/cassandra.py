"""Player state in Cassandra: the only door to its client.

The table `marks` has a row for each stack: its marks, and which table has its players. Why marks can never
say more than the records hold, though nothing spans two rows:

1. An update takes its number, writes every player, one absolute upsert each, and awaits them; then it writes
   the marks, if no other update has begun meanwhile. What Cassandra has answered is on the disk.
2. Cut off in between, it leaves rows that are ahead of the marks. How these are told apart, and why nothing
   that comes late does harm, is said in rows.py.
3. A store is emptied by naming a new table. An update under way then writes where nobody looks, and its
   marks are refused. Dropping the old one also takes its players off the disk, which deleting rows does not.
"""

import hashlib
import threading
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from cassandra import ConsistencyLevel, DriverException, InvalidRequest, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionException
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy
from cassandra.protocol import ErrorMessage

from pipectl.players.rows import Row, players_at, rows_after
from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players, StoreAway, StoreMoved

_PING_SECONDS = 3.0
_RECONNECT_SECONDS = 1.0
_IN_FLIGHT = 64  # requests at a time
_SNAPSHOT_TRIES = 20
_AWAY = (DriverException, ErrorMessage, ConnectionException, NoHostAvailable, OSError)
"""What the client raises: its exceptions have no common base."""

_SCHEMA = (
    """CREATE KEYSPACE IF NOT EXISTS pipectl
       WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}""",
    """CREATE TABLE IF NOT EXISTS pipectl.marks (
         namespace text PRIMARY KEY, marks text, players text, updates bigint)""",
)
_READ_MARKS = "SELECT marks, players, updates FROM pipectl.marks WHERE namespace = %s"
_MAKE_MARKS = """INSERT INTO pipectl.marks (namespace, marks, players, updates) VALUES (%s, %s, %s, 0)
                 IF NOT EXISTS"""
_BEGIN = """UPDATE pipectl.marks SET updates = %s WHERE namespace = %s
            IF marks = %s AND players = %s AND updates = %s"""
_END = "UPDATE pipectl.marks SET marks = %s WHERE namespace = %s IF players = %s AND updates = %s"
_SET_TABLE = "UPDATE pipectl.marks SET marks = %s, players = %s WHERE namespace = %s IF players = %s"
_TABLES = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'pipectl'"
_CREATE = "CREATE TABLE pipectl.{table} (key blob PRIMARY KEY, player_id text, record text, before text)"
_DROP = "DROP TABLE IF EXISTS pipectl.{table}"
_READ_ALL = "SELECT player_id, record, before FROM pipectl.{table}"
_READ_ONE = "SELECT player_id, record, before FROM pipectl.{table} WHERE key = ?"
_WRITE = "INSERT INTO pipectl.{table} (key, player_id, record, before) VALUES (?, ?, ?, ?) USING TIMESTAMP ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """The marks of a stack, as they are spelled, the table of its players, and how many updates began."""

    text: str
    table: str
    updates: int

    @property
    def marks(self) -> Marks:
        return Marks.from_json(self.text)


class CassandraStore:
    """A PlayerStore in Cassandra."""

    def __init__(self, url: str, namespace: str, *, timeout_seconds: float) -> None:
        """Connect nothing yet; each answer is waited for at most `timeout_seconds`."""
        self._url = url
        self._namespace = namespace
        self._prefix = f"players_{zlib.crc32(namespace.encode()):08x}_"
        self._timeout_seconds = timeout_seconds
        self._opening = threading.Lock()
        self._session: Session | None = None
        self._has_schema = False

    def marks(self) -> Marks:
        """See PlayerStore."""
        with self._translated():
            return self._kept().marks

    def player(self, player_id: str) -> PlayerState | None:
        """See PlayerStore."""
        with self._translated():
            kept = self._kept()
            texts = [row.as_of(kept.marks) for row in self._some(kept, [player_id]).values()]
        return PlayerState.from_json(texts[0]) if texts and texts[0] else None

    def snapshot(self) -> tuple[Marks, Players]:
        """See PlayerStore; raises StoreMoved if updates follow each other faster than all can be read."""
        with self._translated():
            for _ in range(_SNAPSHOT_TRIES):
                kept = self._kept()
                players = players_at(kept.marks, self._all(kept))
                if players is not None:
                    return kept.marks, players
        raise StoreMoved(
            "Player state changes faster than it can be read.",
            do_next="Run it again when fewer events come, or after: pipectl stream stop",
        )

    def update(
        self, before: Marks, after: Marks, player_ids: Collection[str], change: Callable[[Players], Players]
    ) -> None:
        """See PlayerStore; what it has written when it raises is ahead of the marks, and not seen."""
        with self._translated():
            kept = self._begun(before)
            rows = self._some(kept, player_ids)
            texts = {name: row.as_of(before) for name, row in rows.items()}
            known = {name: PlayerState.from_json(text) for name, text in texts.items() if text}
            self._write(kept, rows_after(rows, change(known), before))
            if not self._ask(_END, after.to_json(), self._namespace, kept.table, kept.updates).was_applied:
                raise _moved()

    def _begun(self, before: Marks) -> _Kept:
        """Take the number of a new update from these marks on; raises StoreMoved if they are others."""
        kept = self._kept()
        begun = replace(kept, updates=kept.updates + 1)
        values = (begun.updates, self._namespace, kept.text, kept.table, kept.updates)
        if kept.marks != before or not self._ask(_BEGIN, *values).was_applied:
            raise _moved()
        return begun

    def forget(self, player_id: str) -> None:
        """See PlayerStore; all others move to a new table, and the old one goes with its files and log."""
        with self._translated():
            kept = self._kept()
            others = (row for row in self._all(kept) if row.player_id != player_id)
            if not self._replace(kept, kept.marks, others):
                raise _moved()

    def clear(self) -> None:
        """See PlayerStore."""
        with self._translated():
            # Where it was replaced by somebody else meanwhile, it was emptied as well.
            self._replace(self._kept(), Marks(), ())

    def close(self) -> None:
        """See PlayerStore."""
        with self._opening:
            session, self._session = self._session, None
        if session is not None:
            session.cluster.shutdown()

    def _replace(self, kept: _Kept, marks: Marks, rows: Iterable[Row]) -> bool:
        """Put a new table with these rows in the place of all tables that there are, whoever left them."""
        old = [name for (name,) in self._ask(_TABLES) if name.startswith(self._prefix)]
        new = self._create()
        self._write(replace(kept, table=new), rows)
        is_named = self._ask(_SET_TABLE, marks.to_json(), new, self._namespace, kept.table).was_applied
        for name in old if is_named else [new]:
            self._ask(_DROP.format(table=name))
        return bool(is_named)

    def _kept(self) -> _Kept:
        """Return what the stack's row says, and make it the first time."""
        found = self._ask(_READ_MARKS, self._namespace).one()
        if found:
            return _Kept(text=found.marks, table=found.players, updates=found.updates)
        table = self._create()
        if not self._ask(_MAKE_MARKS, self._namespace, Marks().to_json(), table).was_applied:
            self._ask(_DROP.format(table=table))  # somebody else was faster
        return self._kept()

    def _create(self) -> str:
        """Make a table of players that nothing names yet."""
        table = f"{self._prefix}{uuid.uuid4().hex[:16]}"
        self._ask(_CREATE.format(table=table))
        return table

    def _all(self, kept: _Kept) -> Iterator[Row]:
        return map(_as_row, self._ask(_READ_ALL.format(table=kept.table)))

    def _some(self, kept: _Kept, player_ids: Iterable[str]) -> dict[str, Row]:
        answers = self._ask_each(_READ_ONE.format(table=kept.table), ((_key(name),) for name in player_ids))
        return {row.player_id: row for answer in answers for row in map(_as_row, answer)}

    def _write(self, kept: _Kept, rows: Iterable[Row]) -> None:
        """Write rows at the time that is the number of their update."""
        values = ((_key(row.player_id), row.player_id, row.record, row.before, kept.updates) for row in rows)
        self._ask_each(_WRITE.format(table=kept.table), values)

    def _ask(self, statement: str, *values: Any) -> Any:
        return self._opened().execute(statement, values or None)

    def _ask_each(self, statement: str, values: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Ask the same of each of the values, some at a time, and return all answers."""
        session, each = self._opened(), list(values)
        if not each:
            return []
        done = execute_concurrent_with_args(session, session.prepare(statement), each, concurrency=_IN_FLIGHT)
        return [answer for _, answer in done]

    def _opened(self) -> Session:
        """Return the one connection, which finds Cassandra again by itself once it was there."""
        if not self._opening.acquire(timeout=self._timeout_seconds):
            raise TimeoutError("another thread is still trying to connect")
        try:
            if self._session is None:
                self._session = _cluster(self._url, self._timeout_seconds).connect()
            if not self._has_schema:
                for statement in _SCHEMA:
                    self._session.execute(statement)
                self._has_schema = True
            return self._session
        finally:
            self._opening.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except InvalidRequest as error:  # the table was dropped; or all of them, by somebody else
            self._has_schema = False
            raise _moved() from error
        except _AWAY as error:
            raise StoreAway(
                f"The store of player state does not answer at {self._url}.",
                evidence=f"{type(error).__name__}: {error}",
                do_next="Run: pipectl status   (and pipectl up, if Cassandra is not there)",
            ) from error


def check_answers(url: str) -> None:
    """Raise if Cassandra does not answer a query."""
    with _cluster(url, _PING_SECONDS) as cluster:
        cluster.connect().execute("SELECT release_version FROM system.local")


def _cluster(url: str, timeout_seconds: float) -> Cluster:
    address = urlsplit(url)
    profile = ExecutionProfile(
        load_balancing_policy=RoundRobinPolicy(),
        consistency_level=ConsistencyLevel.ONE,
        serial_consistency_level=ConsistencyLevel.SERIAL,
        request_timeout=timeout_seconds,
    )
    return Cluster(
        [address.hostname],
        port=address.port,
        protocol_version=ProtocolVersion.V5,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        reconnection_policy=ConstantReconnectionPolicy(_RECONNECT_SECONDS, max_attempts=None),
        connect_timeout=timeout_seconds,
        control_connection_timeout=timeout_seconds,
        schema_metadata_enabled=False,
        token_metadata_enabled=False,
    )


def _key(player_id: str) -> bytes:
    """Return a key of bounded length: one record that is not the collector's must not stop all others."""
    return hashlib.sha256(player_id.encode()).digest()


def _as_row(found: Any) -> Row:
    player_id, record, before = found
    return Row(player_id=player_id, record=record, before=before)


def _moved() -> StoreMoved:
    return StoreMoved("The marks in the store of player state have changed meanwhile.")
