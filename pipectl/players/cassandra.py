"""Player state in Cassandra: the only door to its client.

The table `marks` has a row for each stack: its marks, and which table has its players. Why marks can never
say more than the records hold, though nothing spans two rows:

1. An update writes every player, one absolute upsert each, and awaits them; then it writes the marks, if
   they are still those that it began with. What Cassandra has answered is on the disk. Cut off in between,
   an update leaves records that are ahead of the marks, and the fold ignores what these have in them already.
2. A record's write time is no clock's: it is its player's place in the log. So of two writes the one that
   has seen more stays, whichever comes last: one that a dead driver had still under way changes nothing.
3. Beside each record stands the one before it. So `snapshot` finds what every player had at the marks, also
   while an update writes and after it was cut off.
4. A store is emptied by naming a new table. An update under way then writes where nobody looks, and its
   marks are refused. Dropping the old one also takes its players off the disk, which deleting rows does not.
"""

import hashlib
import threading
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cassandra import ConsistencyLevel, DriverException, InvalidRequest, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionException
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy
from cassandra.protocol import ErrorMessage
from cassandra.query import SimpleStatement

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
    "CREATE TABLE IF NOT EXISTS pipectl.marks (namespace text PRIMARY KEY, marks text, players text)",
)
_READ_MARKS = "SELECT marks, players FROM pipectl.marks WHERE namespace = %s"
_MAKE_MARKS = "INSERT INTO pipectl.marks (namespace, marks, players) VALUES (%s, %s, %s) IF NOT EXISTS"
_SET_MARKS = "UPDATE pipectl.marks SET marks = %s WHERE namespace = %s IF marks = %s AND players = %s"
_SET_TABLE = "UPDATE pipectl.marks SET marks = %s, players = %s WHERE namespace = %s IF players = %s"
_TABLES = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'pipectl'"
_CREATE = "CREATE TABLE pipectl.{table} (key blob PRIMARY KEY, player_id text, record text, before text)"
_DROP = "DROP TABLE IF EXISTS pipectl.{table}"
_READ_ALL = "SELECT player_id, record, before, writetime(record) FROM pipectl.{table}"
_READ_ONE = "SELECT player_id, record, before, writetime(record) FROM pipectl.{table} WHERE key = ?"
_READ_RECORD = "SELECT record FROM pipectl.{table} WHERE key = %s"
_WRITE = "INSERT INTO pipectl.{table} (key, player_id, record, before) VALUES (?, ?, ?, ?) USING TIMESTAMP ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """The marks of a stack, as they are spelled, and the table of its players."""

    text: str
    table: str

    @property
    def marks(self) -> Marks:
        return Marks.from_json(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """A player's record, the one before it, and when it was written, by the clock of the player's events."""

    player_id: str
    record: str
    before: str | None
    written: int

    def as_of(self, marks: Marks) -> str | None:
        """Return the record that these marks stand for; None if there was none yet."""
        return self.record if _is_within(self.record, marks) else self.before


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
            found = self._ask(_READ_RECORD.format(table=self._kept().table), _key(player_id)).one()
        return PlayerState.from_json(found.record) if found else None

    def snapshot(self) -> tuple[Marks, Players]:
        """See PlayerStore; raises StoreMoved if updates follow each other faster than all can be read."""
        with self._translated():
            for _ in range(_SNAPSHOT_TRIES):
                kept = self._kept()
                players = _players_at(kept.marks, self._all(kept))
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
            kept = self._kept(ConsistencyLevel.SERIAL)
            if kept.marks != before:
                raise _moved()
            known = self._some(kept, player_ids)
            changed = change({name: PlayerState.from_json(row.record) for name, row in known.items()})
            self._write(kept.table, _following(known, changed, before))
            if not self._ask(_SET_MARKS, after.to_json(), self._namespace, kept.text, kept.table).was_applied:
                raise _moved()

    def forget(self, player_id: str) -> None:
        """See PlayerStore; all others move to a new table, and the old one goes with its files and log."""
        with self._translated():
            kept = self._kept(ConsistencyLevel.SERIAL)
            others = (row for row in self._all(kept) if row.player_id != player_id)
            if not self._replace(kept, kept.marks, others):
                raise _moved()

    def clear(self) -> None:
        """See PlayerStore."""
        with self._translated():
            # Where it was replaced by somebody else meanwhile, it was emptied as well.
            self._replace(self._kept(ConsistencyLevel.SERIAL), Marks(), ())

    def close(self) -> None:
        """See PlayerStore."""
        with self._opening:
            session, self._session = self._session, None
        if session is not None:
            session.cluster.shutdown()

    def _replace(self, kept: _Kept, marks: Marks, rows: Iterable[_Row]) -> bool:
        """Put a new table with these rows in the place of all tables that there are, whoever left them."""
        old = [name for (name,) in self._ask(_TABLES) if name.startswith(self._prefix)]
        new = self._create()
        self._write(new, rows)
        is_named = self._ask(_SET_TABLE, marks.to_json(), new, self._namespace, kept.table).was_applied
        for name in old if is_named else [new]:
            self._ask(_DROP.format(table=name))
        return bool(is_named)

    def _kept(self, level: int = ConsistencyLevel.ONE) -> _Kept:
        """Return what the stack's row says, and make it the first time.

        Level SERIAL also waits for marks of which nobody knows yet whether they were written.
        """
        found = self._ask(SimpleStatement(_READ_MARKS, consistency_level=level), self._namespace).one()
        if found:
            return _Kept(text=found.marks, table=found.players)
        table = self._create()
        if not self._ask(_MAKE_MARKS, self._namespace, Marks().to_json(), table).was_applied:
            self._ask(_DROP.format(table=table))  # somebody else was faster
        return self._kept(level)

    def _create(self) -> str:
        """Make a table of players that nothing names yet."""
        table = f"{self._prefix}{uuid.uuid4().hex[:16]}"
        self._ask(_CREATE.format(table=table))
        return table

    def _all(self, kept: _Kept) -> Iterator[_Row]:
        return map(_as_row, self._ask(_READ_ALL.format(table=kept.table)))

    def _some(self, kept: _Kept, player_ids: Iterable[str]) -> dict[str, _Row]:
        answers = self._ask_each(_READ_ONE.format(table=kept.table), ((_key(name),) for name in player_ids))
        return {row.player_id: row for answer in answers for row in map(_as_row, answer)}

    def _write(self, table: str, rows: Iterable[_Row]) -> None:
        values = ((_key(row.player_id), row.player_id, row.record, row.before, row.written) for row in rows)
        self._ask_each(_WRITE.format(table=table), values)

    def _ask(self, statement: str | SimpleStatement, *values: Any) -> Any:
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


def _players_at(marks: Marks, rows: Iterable[_Row]) -> Players | None:
    """Return what all players had at these marks; None if one was written more than once since then."""
    texts = {row.player_id: row.as_of(marks) for row in rows}
    known = {name: text for name, text in texts.items() if text is not None}
    if not all(_is_within(text, marks) for text in known.values()):
        return None
    return {name: PlayerState.from_json(text) for name, text in known.items()}


def _following(known: Mapping[str, _Row], changed: Players, marks: Marks) -> Iterator[_Row]:
    """Yield the rows that an update from these marks on writes: of players whose record is another one."""
    for name, state in changed.items():
        row, record = known.get(name), state.to_json()
        if row is None:
            yield _Row(player_id=name, record=record, before=None, written=_place(state))
        elif row.record != record:
            written = max(_place(state), row.written + 1)
            yield _Row(player_id=name, record=record, before=row.as_of(marks), written=written)


def _place(state: PlayerState) -> int:
    """Return how far a player has got in the log: a number that grows with every event."""
    return sum(offset + 1 for offset in state.offsets.values())


def _is_within(record: str, marks: Marks) -> bool:
    offsets = PlayerState.from_json(record).offsets
    return all(offset < marks.next_offsets.get(partition, 0) for partition, offset in offsets.items())


def _key(player_id: str) -> bytes:
    """Return a key of bounded length: one record that is not the collector's must not stop all others."""
    return hashlib.sha256(player_id.encode()).digest()


def _as_row(found: Any) -> _Row:
    player_id, record, before, written = found
    return _Row(player_id=player_id, record=record, before=before, written=written)


def _moved() -> StoreMoved:
    return StoreMoved("The marks in the store of player state have changed meanwhile.")
