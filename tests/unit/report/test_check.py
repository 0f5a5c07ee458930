"""Figures against their expected answers: what counts as the same."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipectl.errors import OperationFailed
from pipectl.lake.presto import Result
from pipectl.report.check import compare, load_expected


def differences(row: tuple[Any, ...], wanted: list[Any]) -> list[str]:
    columns = tuple(f"c{number}" for number in range(len(row)))
    return list(compare(Result(columns=columns, rows=(row,)), [wanted]))


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (3, 3),
        (None, None),
        ("a", "a"),
        (True, True),
        (date(2026, 11, 1), "2026-11-01"),
        (Decimal(12), 12),
        (1 / 3, 0.333333333333),
        (0.0, 0),
        (1e12, 1e12 + 1),
    ],
)
def test_what_is_the_same(value: Any, right: Any) -> None:
    assert differences((value,), [right]) == []


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (3, 4),
        (0, None),
        (None, 0),
        (0.0, None),
        (1, True),
        (10**15, 10**15 + 1),
        (0.25, 0.250_000_01),
        ("a", "b"),
    ],
)
def test_what_is_not_the_same(value: Any, right: Any) -> None:
    assert differences((value,), [right]) == [f"row 1 ({value}): c0 is {value}, expected {right}"]


def test_rows_and_columns_too_many_or_too_few_are_told() -> None:
    assert differences((1, 2), [1]) == ["row 1: 2 columns, expected 1"]
    assert list(compare(Result(columns=("a",), rows=()), [[1]])) == ["0 rows, expected 1"]
    assert list(compare(Result(columns=("a",), rows=((1,), (2,))), [[1]])) == ["2 rows, expected 1"]


def test_expected_answers_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"run_id": "run", "until": "2026-11-25", "figures": {"a": [[1]]}}), "utf-8")
    expected = load_expected(file)
    assert (expected.run_id, expected.until) == ("run", datetime(2026, 11, 25, tzinfo=UTC))
    file.write_text('{"run_id": "run"', "utf-8")
    with pytest.raises(OperationFailed, match="cannot be read"):
        load_expected(file)
