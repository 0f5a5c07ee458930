"""Erases one player from the lake: `python -m jobs.erase JOB_FILE ORDER_FILE`, with the stream stopped.

    1. The lock is taken, and every batch must be whole: a commit that the ledger does not have yet is known
       by its name in a snapshot, and step 4 takes the snapshots away.
    2. The places of the player's rows go into `erasures`, those that are not there yet.
    3. The rows are deleted from `events` and `rejected_events`; their files are written anew without them.
    4. All snapshots but the newest are expired, and with them every file that still had the rows.

A crash between two of these is made good by running it again: what step 2 noted is what step 3 deletes, and
until then `verify` finds more rows than it should. Nothing that says who it was is kept, the order included.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from pyspark.sql import DataFrame, SparkSession

from jobs.once import leave, run_once
from jobs.sql import any_of, quoted
from jobs.tables import Lake
from jobs.upkeep import call, expiry, now
from pipectl.catalog import EVENTS_TOPIC, Catalog, load_catalog
from pipectl.errors import LakeConflict
from pipectl.lake.job import EraseOrder, StreamJob
from pipectl.lake.tables import ERASURES, REJECTED_EVENTS, Table, all_tables, events_table

_NAME = r"""user[_-]id["']?\s*[:=]\s*["']?"""
_END = r"""(?=["'&,}\s]|$)"""


@dataclass(frozen=True, kw_only=True)
class Eraser:
    """Erases one player from the tables of one lake."""

    spark: SparkSession
    catalog: Catalog
    order: EraseOrder

    def run(self) -> None:
        """Take the steps in their order; running it again changes nothing more."""
        # 1.
        check_whole(Lake(self.spark, all_tables(self.catalog)))
        conditions = self._conditions()
        for table, condition in conditions:
            # 2.
            self._note(table, self.spark.table(table.full_name).where(condition))
        for table, condition in conditions:
            # 3.
            self.spark.sql(f"DELETE FROM {table.full_name} WHERE {condition}")  # noqa: S608 - all of it is quoted
            # 4.
            expire_all_but_the_newest(self.spark, table)

    def _conditions(self) -> list[tuple[Table, str]]:
        """Return which rows of each table are the player's, as SQL."""
        is_named = f"user_id = {quoted(self.order.player)}"
        said = quoted(said_pattern(self.catalog, self.order.player))
        texts = ("coalesce(CAST(raw AS STRING), '')", "coalesce(headers, '')")
        is_said = any_of([is_named, *(f"{text} RLIKE {said}" for text in texts)])
        return [(events_table(self.catalog), is_named), (REJECTED_EVENTS, is_said)]

    def _note(self, table: Table, rows: DataFrame) -> None:
        """Append the places of these rows to `erasures`; those that are in it stay as they are."""
        is_event = table.name != REJECTED_EVENTS.name
        columns = {
            "erasure_id": quoted(self.order.erasure_id),
            "table_name": quoted(table.name),
            "topic": quoted(EVENTS_TOPIC) if is_event else "topic",
            "event_type": "event_type" if is_event else "CAST(NULL AS STRING)",
            "event_id_hash": "sha2(event_id, 256)" if is_event else "CAST(NULL AS STRING)",
            "erased_at": f"TIMESTAMP_NTZ {quoted(now().isoformat(sep=' '))}",
        }
        places = rows.selectExpr(*(f"{columns.get(name, name)} AS {name}" for name in ERASURES.columns))
        known = self.spark.table(ERASURES.full_name)
        place = ["table_name", "topic", "kafka_partition", "kafka_offset"]
        places.join(known, place, "left_anti").select(*ERASURES.columns).writeTo(ERASURES.full_name).append()


def check_whole(lake: Lake) -> None:
    """Raise LakeConflict if a batch was appended to a table and not to the ledger."""
    ends = lake.positions()
    for batch in lake.last_batches():
        if any(end > ends.get(partition, 0) for partition, end in batch.ends.items()):
            raise LakeConflict(
                f"Batch {batch.batch_id} was landed in part.",
                evidence="The ledger does not have it yet.",
                do_next="Run: pipectl stream start   (it finishes the batch), then try again.",
            )


def expire_all_but_the_newest(spark: SparkSession, table: Table) -> None:
    """Forget all older snapshots of a table, and delete the files that only they have."""
    call(spark, table, "expire_snapshots", expiry(now(), keep=1))


def said_pattern(catalog: Catalog, player: str) -> str:
    """Return a regular expression of Java for a request or a record that names this player.

    A refused request may name its player in places of which only its bytes tell: `user_id` in JSON, a form
    or a query, and the path of a route.
    """
    in_json = (json.dumps(player, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    spellings = {player, *in_json, quote(player, safe=""), quote_plus(player)}
    anyone = "(?:" + "|".join(map(_literally, sorted(spellings))) + ")"
    paths = {route.path for event in catalog for route in event.routes if "{user_id}" in route.path}
    in_paths = [f'":path":"{_path_pattern(path, anyone)}"' for path in sorted(paths)]
    return "|".join([f"{_NAME}{anyone}{_END}", *in_paths])


def _path_pattern(path: str, player: str) -> str:
    parts = re.split(r"\{([a-z0-9_]+)\}", path)
    parts[::2] = map(_literally, parts[::2])
    parts[1::2] = [player if name == "user_id" else '[^/"]+' for name in parts[1::2]]
    return "".join(parts)


def _literally(text: str) -> str:
    """Quote a text for Java's regular expressions, whose quotes differ from Python's."""
    return "\\Q" + text.replace("\\E", "\\E\\\\E\\Q") + "\\E" if text else ""


def main(job_file: Path, order_file: Path) -> int:
    """Erase as the order says and return the exit code; the order is gone afterwards."""

    def work(spark: SparkSession, job: StreamJob) -> None:
        order = EraseOrder.from_json(order_file.read_text("utf-8"))
        Eraser(spark=spark, catalog=load_catalog(Path(job.catalog_file)), order=order).run()

    try:
        return run_once(job_file, work)
    finally:
        order_file.unlink(missing_ok=True)


if __name__ == "__main__":
    leave(main(Path(sys.argv[1]), Path(sys.argv[2])))
