"""The door to Presto: a query in, rows of native Python types out.

No other module imports `prestodb`. That client buffers whole results, cannot be shared by threads and
gives decimals and times as text: so each query here has a connection of its own, its parameters are
written into the text as quoted literals, and its rows are converted by the types of their columns.
"""

import importlib.resources
import math
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import takewhile
from typing import Any

import prestodb
import requests
from prestodb.exceptions import DatabaseError, HttpError, PrestoQueryError

from pipectl.errors import NotRunning, QueryFailed

Scalar = str | int | float | bool | date | None
Parameter = Scalar | Sequence[Scalar]

_QUERY_TIMEOUT_SECONDS = 300
_REQUEST_TIMEOUT_SECONDS = 15  # one answer; Presto itself answers a waiting client each second
_MOST_CHARACTERS = 900_000  # of a text in a statement, which may have a million
_PROBE_SECONDS = 3  # a DataNode that is away holds up a scan for a minute and more: that is no answer
_START = "Run: pipectl up"
_STARTING = frozenset({"NO_NODES_AVAILABLE", "SERVER_STARTING_UP", "SERVER_SHUTTING_DOWN"})
_PART = re.compile(r"^-- with: (\w+)$", re.MULTILINE)
_OWN_WITH = re.compile(r"^WITH ", re.MULTILINE)
QUERIES = importlib.resources.files("pipectl.lake") / "queries"
"""The folder of the named queries, one a file."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The rows of a query, and the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a mapping from its columns' names."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def scalar(self) -> Any:
        """Return the first column of the first row."""
        return self.rows[0][0]


@dataclass(frozen=True)
class Presto:
    """Where Presto answers, and the catalog and schema that bare table names belong to.

    Safe to share between threads: there is no state, every query opens its own connection.
    """

    host: str
    port: int
    user: str = "pipectl"
    catalog: str = "lake"
    schema: str = "game"

    def query(self, sql: str, **parameters: Parameter) -> Result:
        """Run one statement and return all of its rows; blocks for 5 minutes at most.

        `:name` in the statement stands for a parameter; a sequence is written for `IN (:names)`.
        Raises NotRunning when Presto does not answer or has no worker yet, QueryFailed with Presto's
        message when it refuses.
        """
        return self._ask(render(sql, parameters), _QUERY_TIMEOUT_SECONDS)

    def run(self, name: str, **parameters: Parameter) -> Result:
        """Run the named query of the lake; see `load_query`."""
        return self.query(load_query(name), **parameters)

    def tables(self) -> frozenset[str]:
        """Return the names of the tables in the schema; none if there is no such schema."""
        result = self.run("tables", schema=self.schema)
        return frozenset(name for (name,) in result.rows)

    def ensure_readiness_table(self) -> None:
        """Make the one-row table that `check_worker` reads; may be called again."""
        self.run("create_readiness_schema")
        self.run("create_readiness_table")

    def check_worker(self) -> None:
        """Make sure that a table can be read: a query without a scan succeeds before any worker is there.

        Blocks for 3 seconds, and until Presto has ended a query whose time is over; raises as `query`.
        """
        if self._ask(load_query("readiness"), _PROBE_SECONDS).scalar() != 1:
            raise QueryFailed("Presto's readiness table is not as it was made.", do_next=_START)

    def _ask(self, statement: str, timeout_seconds: int) -> Result:
        with self._translated():
            cursor = self._connect(timeout_seconds).cursor()
            cursor.execute(statement)
            rows = cursor.fetchall()
            return as_result(cursor.description or (), rows)

    def _connect(self, timeout_seconds: int) -> Any:
        return prestodb.dbapi.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            catalog=self.catalog,
            schema=self.schema,
            source="pipectl",
            session_properties={"query_max_run_time": f"{timeout_seconds}s"},
            http_headers={"X-Presto-Time-Zone": "UTC"},
            max_attempts=1,  # a statement that was sent twice may be done twice
            request_timeout=min(timeout_seconds, _REQUEST_TIMEOUT_SECONDS),
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, HttpError) as error:
            raise self._absent(str(error)) from error
        except PrestoQueryError as error:
            if error.error_name in _STARTING:
                raise self._absent(f"{error.error_name}: {error.message}") from error
            raise QueryFailed(
                f"Presto: {error.message}",
                error_name=str(error.error_name),
                evidence=f"{error.error_name}, query {error.query_id}{_cause(error.failure_info)}",
            ) from error
        except DatabaseError as error:
            raise QueryFailed(f"Presto: {error}") from error

    def _absent(self, evidence: str) -> NotRunning:
        return NotRunning(
            f"Presto does not answer at {self.host}:{self.port}.", evidence=evidence, do_next=_START
        )


def _cause(failure: Mapping[str, Any] | None) -> str:
    """Name what a failed query failed of in the end: Presto's own message only says what it was doing."""
    deepest = failure or {}
    while deepest.get("cause"):
        deepest = deepest["cause"]
    return f": {deepest['type']}: {deepest.get('message', '')}" if deepest else ""


def load_query(name: str) -> str:
    """Return the text of one of the lake's queries, `pipectl/lake/queries/NAME.sql`.

    One that says `-- with: PART` in its header gets that expression of `queries/parts` in front.
    """
    text = (QUERIES / f"{name}.sql").read_text("utf-8")
    header = "".join(takewhile(lambda line: line.startswith("--"), text.splitlines(keepends=True)))
    parts = [(QUERIES / "parts" / f"{part}.sql").read_text("utf-8") for part in _PART.findall(header)]
    return header + compose(parts, text.removeprefix(header))


def compose(parts: Sequence[str], statement: str) -> str:
    """Put expressions for a WITH clause in front of those that a statement has of its own."""
    if not parts:
        return statement
    rest, has_own = _OWN_WITH.subn("", statement, count=1)
    return "WITH\n" + ",\n".join(part.strip() for part in parts) + (",\n" if has_own else "\n") + rest


def packed(words: Iterable[str]) -> Iterator[str]:
    """Yield words in their order, a space between two, as many in one text as a statement can take."""
    some: list[str] = []
    characters = 0
    for word in words:
        more = len(literal(word))
        if some and characters + more > _MOST_CHARACTERS:
            yield " ".join(some)
            some, characters = [], 0
        some.append(word)
        characters += more
    if some:
        yield " ".join(some)


# A colon inside a text, a quoted name or a comment is no parameter, so those are matched first.
_TOKEN = re.compile(r"""'(?:[^']|'')*' | "[^"]*" | --[^\n]* | :(?P<name>[a-z][a-z0-9_]*)""", re.VERBOSE)


def render(sql: str, parameters: Mapping[str, Parameter]) -> str:
    """Write the parameters into a statement as literals; raises ValueError if one is missing or unused."""
    used: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in parameters:
            raise ValueError(f"the query asks for :{name}, which is not given")
        used.add(name)
        return literal(parameters[name])

    text = _TOKEN.sub(replace, sql)
    if unused := parameters.keys() - used:
        raise ValueError(f"the query has no :{min(unused)}")
    return text


def literal(value: Parameter) -> str:
    """Write a value as Presto reads it; a sequence becomes the inside of `IN (...)`."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Sequence):
        return ", ".join(map(literal, value)) or "NULL"  # `IN (NULL)` is true of nothing
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _timestamp(value)
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else _number(value)


def _timestamp(value: datetime) -> str:
    naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return f"TIMESTAMP '{naive.isoformat(sep=' ', timespec='milliseconds')}'"


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"({value})" if value < 0 else str(value)  # `a -:b` must not become a comment
    if math.isfinite(value):
        return f"DOUBLE '{value!r}'"
    if math.isnan(value):
        return "nan()"
    return "infinity()" if value > 0 else "(-infinity())"


def as_result(description: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> Result:
    """Convert what the client gives: its description of the columns, and rows of JSON values."""
    converters = [_converter(column[1]) for column in description]
    converted = (
        tuple(
            value if value is None else convert(value) for convert, value in zip(converters, row, strict=True)
        )
        for row in rows
    )
    return Result(columns=tuple(column[0] for column in description), rows=tuple(converted))


def _converter(type_name: str) -> Callable[[Any], Any]:
    """Return what turns the JSON value of a column into Python's own type; arrays and maps stay text."""
    return _CONVERTERS.get(type_name.split("(", maxsplit=1)[0], _unchanged)


def _unchanged(value: Any) -> Any:
    return value


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "timestamp": datetime.fromisoformat,
    "date": date.fromisoformat,
    "varbinary": b64decode,
    "double": float,  # NaN and the infinities come as text
    "real": float,
}
