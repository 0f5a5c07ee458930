"""DuckDB on the lake's files and on the usual layout, and the comparison of answers."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipectl.bench.suite.duck import Duck
from pipectl.bench.suite.query import differences

RECEIVED = datetime(2026, 11, 26, 12, 0, 0, 123456)  # noqa: DTZ001 - as the lake has its times
STATEMENTS = {
    "by_type": "SELECT event_type, count(*) FROM events GROUP BY event_type ORDER BY event_type",
    "newest": "SELECT max(received_at) FROM events",
}


@pytest.fixture
def lake(tmp_path: Path) -> Duck:
    rows = {"event_type": ["sword", "guild", "sword"], "price": [1, None, 3], "received_at": [RECEIVED] * 3}
    pq.write_table(pa.table(rows), tmp_path / "0.parquet")
    return Duck([tmp_path / "0.parquet"])


def test_the_usual_layout_is_a_folder_a_type_and_strings_only(lake: Duck, tmp_path: Path) -> None:
    files = lake.write_as_strings(tmp_path / "strings")

    assert {file.parent.name for file in files} == {"event_type=guild", "event_type=sword"}
    assert {str(kind) for file in files for kind in pq.read_schema(file).types} == {"string"}


def test_both_layouts_give_the_same_answers(lake: Duck, tmp_path: Path) -> None:
    strings = Duck(lake.write_as_strings(tmp_path / "strings"), are_strings=True)

    assert lake.query(STATEMENTS["by_type"]) == [("guild", 1), ("sword", 2)]
    assert differences({"lake": lake.query, "strings": strings.query}, STATEMENTS) == []


def test_an_answer_of_another_engine_counts_to_the_millisecond(lake: Duck) -> None:
    def presto(sql: str) -> Sequence[Sequence[Any]]:
        return [[RECEIVED.replace(microsecond=123000)]] if "max" in sql else lake.query(sql)

    assert differences({"Presto": presto, "DuckDB": lake.query}, STATEMENTS) == []


def test_a_statement_that_is_answered_otherwise_is_named(lake: Duck) -> None:
    found = differences({"Presto": lambda _sql: [], "DuckDB": lake.query}, STATEMENTS)

    assert found == [
        "by_type: DuckDB answers otherwise than Presto",
        "newest: DuckDB answers otherwise than Presto",
    ]
