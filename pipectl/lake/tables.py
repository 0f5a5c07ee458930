"""What the lake's tables are: names, columns, partitioning, properties. Pure; nobody is asked anything.

    events            one row for each landed event: the envelope flat, then the catalog's fields
    rejected_events   what could not be landed, kept whole, with the reason
    batches           the ledger: what became of every offset
    erasures          the places of rows that were erased, without a word of whose they were

All times are TIMESTAMP_NTZ holding UTC: Presto's Iceberg connector cannot read zoned ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipectl.catalog import SQL_TYPES, Catalog

CATALOG = "lake"
SCHEMA = "game"
NAMESPACE = f"{CATALOG}.{SCHEMA}"

QUERY_ID_KEY = "pipectl.query-id"
BATCH_ID_KEY = "pipectl.batch-id"
RANGES_KEY = "pipectl.ranges"
"""Keys of a snapshot's summary: they name the batch that an append belongs to, atomically with its data."""

CUT = ":cut"
"""Stands among the headers of a refused request that is kept in part only."""

TABLE_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "format-version": "2",
        "write.format.default": "parquet",
        "write.parquet.compression-codec": "zstd",
        # What an erasure writes back is not sorted by day first: a task writes all the days that it meets.
        "write.spark.fanout.enabled": "true",
        # One metadata file is written for each commit, several a minute for as long as the stream runs.
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "100",
        # A commit adds a manifest, and each reader opens all of them first, for each of its statements.
        "commit.manifest.min-count-to-merge": "4",
    }
)

_PLACE_COLUMNS = {"kafka_partition": "INT", "kafka_offset": "BIGINT", "kafka_timestamp": "TIMESTAMP_NTZ"}
_BY_PLACE = "topic, kafka_partition, kafka_offset"

_EVENT_COLUMNS = {
    "event_id": "STRING",
    "id_source": "STRING",
    "event_type": "STRING",
    "schema_version": "INT",
    "user_id": "STRING",
    "session_id": "STRING",
    "event_ts": "TIMESTAMP_NTZ",
    "client_ts": "TIMESTAMP_NTZ",
    "received_at": "TIMESTAMP_NTZ",
    "traffic": "STRING",
    "run_id": "STRING",
    "method": "STRING",
    "path": "STRING",
    "host": "STRING",
    "user_agent": "STRING",
    "accept": "STRING",
}


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its name in the schema, its columns (name to SQL type, in order), its partitioning.

    `day_of` is the time by whose day it is partitioned, if it is; `sorted_by` is the order of the rows in a
    file that compaction has written.
    """

    name: str
    columns: Mapping[str, str]
    sorted_by: str
    day_of: str | None = None

    @property
    def full_name(self) -> str:
        """The name with catalog and schema, as Spark and Presto both spell it."""
        return f"{NAMESPACE}.{self.name}"

    @property
    def create_ddl(self) -> str:
        """The statement that creates the table, and does nothing where it exists."""
        partitioning = f"PARTITIONED BY (days({self.day_of})) " if self.day_of else ""
        properties = ", ".join(f"'{key}' = '{value}'" for key, value in TABLE_PROPERTIES.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {self.full_name} ({self._columns_ddl(self.columns)}) USING iceberg "
            f"{partitioning}TBLPROPERTIES ({properties})"
        )

    def add_columns_ddl(self, names: list[str]) -> str:
        """Return the statement that adds the named columns; they are NULL in the rows that exist."""
        return f"ALTER TABLE {self.full_name} ADD COLUMNS ({self._columns_ddl(names)})"

    def _columns_ddl(self, names: Iterable[str]) -> str:
        return ", ".join(f"`{name}` {self.columns[name]}" for name in names)


def events_table(catalog: Catalog) -> Table:
    """Return the table of landed events; its typed columns follow from the catalog.

    `payload_hash` is over what the client said (type, version, user, session, its time, the type's own
    fields), never over what the server set. Partitioned by day alone: one more partition field multiplies
    the files of every batch.
    """
    fields = {name: SQL_TYPES[kind] for name, kind in catalog.columns().items()}
    return Table(
        name="events",
        columns={**_EVENT_COLUMNS, **fields, **_PLACE_COLUMNS, "payload_hash": "STRING"},
        sorted_by="event_type, event_ts",
        day_of="event_ts",
    )


REJECTED_EVENTS = Table(
    name="rejected_events",
    columns={
        "stage": "STRING",  # collector: refused with a 4xx; stream: accepted, but not landable
        "reason": "STRING",
        "json_path": "STRING",
        "message": "STRING",
        "raw": "BINARY",
        "headers": "STRING",
        "user_id": "STRING",
        "topic": "STRING",
        **_PLACE_COLUMNS,
        "received_at": "TIMESTAMP_NTZ",
    },
    sorted_by=_BY_PLACE,
    day_of="kafka_timestamp",
)

BATCHES = Table(
    name="batches",
    columns={
        "query_id": "STRING",
        "batch_id": "BIGINT",
        "topic": "STRING",
        "kafka_partition": "INT",
        "event_type": "STRING",  # NULL where it cannot be read or is unknown
        "from_offset": "BIGINT",
        "until_offset": "BIGINT",  # the first offset that is not in the range any more
        "landed": "BIGINT",
        "not_selected": "BIGINT",
        "rejected": "BIGINT",
        "duplicates": "BIGINT",
        "committed_at": "TIMESTAMP_NTZ",
    },
    sorted_by="topic, kafka_partition, from_offset",
)


ERASURES = Table(
    name="erasures",
    columns={
        "erasure_id": "STRING",
        "table_name": "STRING",  # which table had the row
        "topic": "STRING",
        "kafka_partition": "INT",
        "kafka_offset": "BIGINT",
        "event_type": "STRING",  # NULL of a row of rejected_events, as in the ledger
        "event_id_hash": "STRING",  # SHA-256, so that the copies of an erased event are still known as such
        "erased_at": "TIMESTAMP_NTZ",
    },
    sorted_by=_BY_PLACE,
)


def all_tables(catalog: Catalog) -> tuple[Table, ...]:
    """Return every table, first those that a batch appends to, in the order in which it does."""
    return REJECTED_EVENTS, events_table(catalog), BATCHES, ERASURES
