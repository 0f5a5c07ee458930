"""A task counts every record, and encodes what lands, in as many parts as it takes."""

import json
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.files import Layout
from jobs.tasks import Findings, Key, Work, encode_batches
from pipectl.catalog import EVENTS_TOPIC
from pipectl.lake.tables import REJECTED_EVENTS, Table, events_table
from tests.unit.jobs.test_columns import plain_batch
from tests.unit.jobs.test_readers import PURCHASE, SMALL

OURS = {**PURCHASE, "event_id": "01935f00-0000-7000-8000-000000000001", "id_source": "collector"}
CLIENTS = {**PURCHASE, "event_id": "a", "id_source": "client"}


def layout(table: Table) -> Layout:
    numbers = {name: number for number, name in enumerate(table.columns, start=1)}
    return Layout(table=table.name, day_of=table.day_of, field_ids=numbers)


WORK = pickle.dumps(
    Work(
        catalog=SMALL,
        selected=("purchase",),
        events=layout(events_table(SMALL)),
        rejected=layout(REJECTED_EVENTS),
    )
)


def batch(*values: dict[str, Any] | bytes, first_offset: int = 0) -> pa.RecordBatch:
    raw = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    return plain_batch(raw, first_offset=first_offset)


def find(folder: Path, *batches: pa.RecordBatch) -> Findings:
    [made] = encode_batches(WORK, folder, batches)
    found = pickle.loads(made.column("findings")[0].as_py())  # noqa: S301 - made here
    assert isinstance(found, Findings)
    return found


def test_each_class_is_counted_and_what_lands_is_in_a_file_of_its_table(tmp_path: Path) -> None:
    found = find(tmp_path, batch(OURS, CLIENTS, b"garbage"))

    assert found.counts == {
        Key(EVENTS_TOPIC, 0, "purchase", "selected"): 2,
        Key(EVENTS_TOPIC, 0, None, "rejected"): 1,
    }
    rows = {file.table: pq.read_metadata(file.path).num_rows for file in found.files}
    assert rows == {"events": 2, "rejected_events": 1}
    assert [table["event_id"].to_pylist() for table in found.asking] == [["a"]]


def test_more_than_is_held_at_once_becomes_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.tasks._PART_BYTES", 1)

    found = find(tmp_path, batch(OURS), batch(OURS, OURS, first_offset=1))

    assert found.counts.total() == 3
    assert [pq.read_metadata(file.path).num_rows for file in found.files] == [1, 2]


def test_no_records_have_no_findings(tmp_path: Path) -> None:
    found = find(tmp_path)

    assert (found.files, found.counts, found.asking) == ([], Counter(), [])
