"""The lake as the job's driver sees it: makes its tables, appends to them, knows where the ledger ends."""

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession

from jobs.jvm import append_rows, snapshot_summaries
from jobs.ranges import Batch, Positions
from pipectl.errors import LakeConflict
from pipectl.lake.tables import BATCHES, NAMESPACE, QUERY_ID_KEY, Table

_SNAPSHOTS_TO_SEARCH = 200  # upkeep keeps at least the last 100


class Lake:
    """The tables of the lake. There is one writer, so what it remembers of them is what they are."""

    def __init__(self, spark: SparkSession, tables: Iterable[Table]) -> None:
        """Make the tables that are missing, and the columns that are missing in them."""
        self._spark = spark
        self._tables = tuple(tables)
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {NAMESPACE}")
        for table in self._tables:
            spark.sql(table.create_ddl)
            self._match_columns(table)
        self._last_batches = {table.name: self._find_last_batch(table) for table in self._tables}

    def read(self, table: Table) -> DataFrame:
        """Return the table as it is now."""
        return self._spark.table(table.full_name)

    def positions(self) -> Positions:
        """Return where the ledger ends, for each partition that it knows."""
        ends = self.read(BATCHES).groupBy("topic", "kafka_partition").agg({"until_offset": "max"})
        return {(topic, partition): until for topic, partition, until in ends.collect()}

    def last_batches(self) -> list[Batch]:
        """Return the batch that last appended to each table, without those of tables that have none."""
        return [batch for batch in self._last_batches.values() if batch]

    def append(self, table: Table, rows: DataFrame, batch: Batch) -> None:
        """Append the rows of a batch in one commit that names it; does nothing if it was done before."""
        if self._has_appended(table, batch):
            return
        writer = rows.writeTo(table.full_name)
        for key, value in batch.summary.items():
            writer = writer.option(f"snapshot-property.{key}", value)
        writer.append()
        self._last_batches[table.name] = batch

    def append_to_ledger(self, rows: Sequence[Mapping[str, object]], batch: Batch) -> None:
        """Append to the ledger, as one file; does nothing if it was done before."""
        if self._has_appended(BATCHES, batch):
            return
        append_rows(self._spark, BATCHES.full_name, rows, batch.summary)
        self._last_batches[BATCHES.name] = batch

    def _has_appended(self, table: Table, batch: Batch) -> bool:
        last = self._last_batches[table.name]
        return last is not None and (last.query_id, last.batch_id) == (batch.query_id, batch.batch_id)

    def _find_last_batch(self, table: Table) -> Batch | None:
        for summary in snapshot_summaries(self._spark, table.full_name, _SNAPSHOTS_TO_SEARCH):
            if QUERY_ID_KEY in summary:
                return Batch.from_summary(summary)
        return None

    def _match_columns(self, table: Table) -> None:
        existing = {f.name: f.dataType.simpleString().upper() for f in self.read(table).schema.fields}
        for name in table.columns.keys() & existing.keys():
            if existing[name] != table.columns[name]:
                raise LakeConflict(
                    f"Column `{name}` of {table.full_name} cannot become another type.",
                    evidence=f"It is {existing[name]}, the catalog now makes it {table.columns[name]}.",
                    do_next="Give the field another name in the catalog.",
                )
        if missing := [name for name in table.columns if name not in existing]:
            self._spark.sql(table.add_columns_ddl(missing))
