"""A local Spark with the lake in a temporary folder, and records as Kafka's source would give them."""

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.ranges import Batch, Ranges
from jobs.session import SQL_SETTINGS, lake_settings
from jobs.sinks import Landing, Sink
from jobs.tables import Lake
from jobs.transforms import plain
from jobs.upkeep import Upkeep
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, Catalog, parse_catalog
from pipectl.lake.job import UpkeepPolicy
from pipectl.lake.tables import all_tables
from pipectl.services.jars import ensure_jars, pom
from pipectl.settings import Settings
from tests.harness import JAVA_OPTIONS

RECORDS_SCHEMA = (
    "key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP, "
    "headers ARRAY<STRUCT<key: STRING, value: BINARY>>"
)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

EVENT_TYPES: dict[str, Any] = {
    "default": {"summary": "A visit."},
    "purchase_sword": {
        "summary": "A purchase.",
        "fields": {
            "sword_type": {"type": "string", "required": True, "max_length": 8},
            "price": {"type": "integer", "min": 0, "max": 1000},
            "weight": {"type": "number", "min": 0.5},
            "gift": {"type": "boolean"},
        },
    },
    "join_guild": {
        "summary": "A player joins.",
        "fields": {"role": {"type": "string", "choices": ["member", "leader"]}},
    },
    "logout": {"summary": "Known, and never selected here."},
}
SELECTED_TYPES = ("default", "purchase_sword", "join_guild")

BATCHES_LANDED = 6
DAYS = ("2026-11-23", "2026-11-24")
TYPES = ("purchase_sword", "default")
"""What has landed in the small lake that upkeep is tried on."""
USUAL = UpkeepPolicy(every_batches=50, every_files=200, file_mb=64, keep_hours=1, keep_snapshots=100)
MakeUpkeep = Callable[[UpkeepPolicy], tuple[Upkeep, list[dict[str, Any]]]]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of Kafka; `value` is JSON if it is a mapping."""

    value: Mapping[str, Any] | bytes | None
    topic: str = EVENTS_TOPIC
    partition: int = 0
    offset: int = 0
    timestamp: datetime = NOON
    headers: Mapping[str, bytes] = field(default_factory=dict)

    def row(self) -> tuple[Any, ...]:
        value = json.dumps(self.value).encode() if isinstance(self.value, Mapping) else self.value
        headers = [(key, bytearray(text)) for key, text in self.headers.items()] or None
        raw = None if value is None else bytearray(value)
        return None, raw, self.topic, self.partition, self.offset, self.timestamp, headers


def event(**changes: Any) -> dict[str, Any]:
    """An event as the collector writes it; a change to None takes the key away."""
    number = next(_numbers)
    whole = {
        "event_id": f"01935f00-0000-7000-8000-{number:012d}",
        "id_source": "collector",
        "event_type": "default",
        "schema_version": 1,
        "user_id": "user1.comcast.com",
        "event_ts": "2026-11-24T12:00:00.123456Z",
        "received_at": "2026-11-24T12:00:00.123456Z",
        "traffic": "player",
        "request": {"method": "GET", "path": "/", "host": "user1.comcast.com", "user_agent": "ab"},
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark leaves the sockets of its bridge to the garbage collector."""
    left_open = "ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings(left_open))


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the lake, whose files are all that there is of it: Spark caches no table."""
    return tmp_path_factory.mktemp("lake") / "warehouse"


@pytest.fixture(scope="session")
def spark(warehouse: Path) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = warehouse.parent
    jars = ensure_jars(pom("spark"), Settings().cache).glob("*.jar")
    settings = {
        **SQL_SETTINGS,
        **lake_settings(f"file://{warehouse}"),
        "spark.master": "local[2]",
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.local.dir": str(folder),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": JAVA_OPTIONS,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    session = SparkSession.builder.config(map=settings).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return parse_catalog({"event": EVENT_TYPES})


@pytest.fixture
def as_frame(spark: SparkSession) -> Callable[[Sequence[Record]], DataFrame]:
    return lambda records: spark.createDataFrame([record.row() for record in records], RECORDS_SCHEMA)


@dataclass
class Stream:
    """A stand-in for Spark's query: it gives batches to a sink, as often as a test wants."""

    spark: SparkSession
    catalog: Catalog
    positions: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, catalog: Catalog | None = None) -> None:
        """Forget all that a driver remembers."""
        self.catalog = catalog or self.catalog
        selected = tuple(name for name in self.catalog.events if name != "logout")
        self.landing = Landing(
            lake=Lake(self.spark, all_tables(self.catalog)),
            catalog=self.catalog,
            selected=selected,
            lookup_window=timedelta(seconds=60),
        )
        beginnings = {(topic, 0): 0 for topic in (EVENTS_TOPIC, REJECTED_TOPIC)}
        self.sink = Sink(self.landing, {**beginnings, **self.landing.lake.positions()})

    def land(self, batch_id: int, records: Sequence[Record], ranges: Ranges | None = None) -> None:
        batch = Batch(query_id="query", batch_id=batch_id, ranges=ranges or self.ranges_of(records))
        self.sink.land(batch, plain(self.frame(records)))

    def frame(self, records: Sequence[Record]) -> DataFrame:
        return self.spark.createDataFrame([record.row() for record in records], RECORDS_SCHEMA)

    def ranges_of(self, records: Sequence[Record]) -> Ranges:
        ranges = {partition: range(at, at) for partition, at in self.sink.positions.items()}
        for record in records:
            old = ranges[record.topic, record.partition]
            ranges[record.topic, record.partition] = range(old.start, max(old.stop, record.offset + 1))
        return ranges

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.spark.sql(statement).collect()]

    def landed_ids(self) -> list[str]:
        return sorted(row[0] for row in self.query("SELECT event_id FROM lake.game.events"))


@pytest.fixture
def stream(spark: SparkSession, catalog: Catalog, warehouse: Path) -> Iterator[Stream]:
    yield Stream(spark, catalog)
    shutil.rmtree(warehouse)


@pytest.fixture
def checkpoint_folder(tmp_path: Path) -> Path:
    """A checkpoint as Spark leaves it after batch 1 ran and batch 2 was planned only."""
    for folder in ("offsets", "commits", "sources/0"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "metadata").write_text('{"id":"query"}')
    (tmp_path / "sources/0/0").write_text('\0v1\n{"events":{"0":5}}')
    for batch_id, end in enumerate((10, 20, 30)):
        (tmp_path / f"offsets/{batch_id}").write_text(f'v1\n{{"conf":{{}}}}\n{{"events":{{"0":{end}}}}}')
    for batch_id in (0, 1):
        (tmp_path / f"commits/{batch_id}").write_text("v1\n{}")
    return tmp_path


def landed_records() -> list[Record]:
    """Twelve events of two days and two types, in an order that is not the table's, and some garbage."""
    events = [
        event(event_type=TYPES[n % 2], sword_type="iron", event_ts=f"{DAYS[n // 2 % 2]}T10:00:{59 - n}Z")
        for n in range(2 * BATCHES_LANDED)
    ]
    values: list[Any] = [value for n in range(BATCHES_LANDED) for value in (*events[2 * n : 2 * n + 2], b"?")]
    return [Record(value=value, offset=offset) for offset, value in enumerate(values)]


@pytest.fixture(scope="session")
def lake_with_batches(
    spark: SparkSession, catalog: Catalog, warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the lake after the six batches, which take longer to land than any test here."""
    stream, landed = Stream(spark, catalog), landed_records()
    for number in range(BATCHES_LANDED):
        stream.land(number, landed[3 * number : 3 * number + 3])
    return warehouse.rename(tmp_path_factory.mktemp("landed") / warehouse.name)


@pytest.fixture
def landed(
    spark: SparkSession, catalog: Catalog, warehouse: Path, lake_with_batches: Path
) -> Iterator[Stream]:
    """A driver that has found the six batches in the lake."""
    shutil.copytree(lake_with_batches, warehouse)
    yield Stream(spark, catalog)
    shutil.rmtree(warehouse)


@pytest.fixture
def upkeep(landed: Stream) -> MakeUpkeep:
    """Makes the upkeep of that lake by a policy, with a list of what it tells."""

    def make(policy: UpkeepPolicy) -> tuple[Upkeep, list[dict[str, Any]]]:
        told: list[dict[str, Any]] = []
        made = Upkeep(
            spark=landed.spark,
            tables=all_tables(landed.catalog),
            policy=policy,
            report=lambda word, **facts: told.append({"word": word, **facts}),
        )
        return made, told

    return make


def never() -> bool:
    return False
