"""The lake as the job's driver sees it: makes its tables, appends to them, knows where the ledger ends."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.files import EncodedFile, Layout, arrow_fields, encode_files
from jobs.jvm import append_files, field_ids, load_table, snapshot_summaries
from jobs.ranges import Batch, Positions
from jobs.tasks import Work
from pipectl.catalog import Catalog
from pipectl.errors import LakeConflict
from pipectl.lake.tables import (
    BATCHES,
    NAMESPACE,
    QUERY_ID_KEY,
    REJECTED_EVENTS,
    Table,
    events_table,
)

_SNAPSHOTS_TO_SEARCH = 200  # upkeep keeps at least the last 100


class Lake:
    """The tables of the lake. There is one writer, so the batches that it remembers are what they have."""

    def __init__(self, spark: SparkSession, tables: Iterable[Table]) -> None:
        """Make the tables that are missing, and the columns that are missing in them."""
        self._spark = spark
        self._tables = tuple(tables)
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {NAMESPACE}")
        for table in self._tables:
            spark.sql(table.create_ddl)
            self._match_columns(table)
        self._last_batches = {table.name: self._find_last_batch(table) for table in self._tables}
        self._loaded = {table.name: load_table(spark, table.full_name) for table in self._tables}
        self._ledger = self._layout(BATCHES)

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

    def work(self, catalog: Catalog, selected: tuple[str, ...]) -> Work:
        """Return what tasks have to know: how to judge records, and what files of the tables look like."""
        return Work(
            catalog=catalog,
            selected=selected,
            events=self._layout(events_table(catalog)),
            rejected=self._layout(REJECTED_EVENTS),
        )

    def _layout(self, table: Table) -> Layout:
        ids = field_ids(self._spark, self._loaded[table.name])
        return Layout(table=table.name, day_of=table.day_of, field_ids=ids)

    def append(self, table: Table, files: Sequence[EncodedFile], batch: Batch) -> None:
        """Append a batch's files in one commit that names it, if there are any and it was not done before."""
        if not files or self._has_appended(table, batch):
            return
        append_files(self._spark, self._loaded[table.name], files, batch.summary)
        self._last_batches[table.name] = batch

    def append_to_ledger(self, rows: Sequence[Mapping[str, object]], batch: Batch, folder: Path) -> None:
        """Append to the ledger, as one file, by way of the folder; does nothing if it was done before."""
        table = pa.Table.from_pylist(rows, pa.schema(arrow_fields(BATCHES.columns)))
        self.append(BATCHES, list(encode_files(table, self._ledger, folder)), batch)

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
