from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipectl.errors import NotRunning
from pipectl.lake.presto import QUERIES, Presto, as_result, literal, load_query, render

NOW = datetime.fromisoformat("2026-01-02T03:04:05.678901")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's", "'it''s'"),
        (7, "7"),
        (-7, "(-7)"),
        (True, "true"),
        (None, "NULL"),
        (1.5, "DOUBLE '1.5'"),
        (float("inf"), "infinity()"),
        (float("-inf"), "(-infinity())"),
        (float("nan"), "nan()"),
        (NOW, "TIMESTAMP '2026-01-02 03:04:05.678'"),
        (NOW.replace(tzinfo=timezone(timedelta(hours=1))), "TIMESTAMP '2026-01-02 02:04:05.678'"),
        (NOW.date(), "DATE '2026-01-02'"),
        (["a", "b"], "'a', 'b'"),
        ([1, 2], "1, 2"),
        ([], "NULL"),
    ],
)
def test_every_kind_of_parameter_is_written_as_presto_reads_it(value: object, expected: str) -> None:
    assert literal(value) == expected  # type: ignore[arg-type] # the table mixes all kinds


@given(st.text())
def test_no_text_can_leave_its_quotes(text: str) -> None:
    written = literal(text)

    assert written[0] == written[-1] == "'"
    assert written[1:-1].replace("''", "") == written[1:-1].replace("'", "")


def test_parameters_are_replaced_by_name_and_may_stand_twice() -> None:
    assert render("SELECT :a, :ab, :a", {"a": 1, "ab": "x"}) == "SELECT 1, 'x', 1"


def test_colons_in_texts_quoted_names_and_comments_are_no_parameters() -> None:
    sql = "SELECT ':a', \":a\", 'it''s :a' -- :a"

    assert render(sql, {}) == sql


def test_a_parameter_s_own_text_is_not_looked_at_again() -> None:
    assert render("SELECT :a, :b", {"a": ":b", "b": 1}) == "SELECT ':b', 1"


def test_a_missing_parameter_is_an_error() -> None:
    with pytest.raises(ValueError, match=":a"):
        render("SELECT :a", {})


def test_an_unused_parameter_is_an_error() -> None:
    with pytest.raises(ValueError, match=":b"):
        render("SELECT :a", {"a": 1, "b": 2})


def test_rows_come_in_python_s_own_types() -> None:
    description = [
        ("text", "varchar(3)"),
        ("amount", "decimal(4,2)"),
        ("time", "timestamp"),
        ("day", "date"),
        ("raw", "varbinary"),
        ("ratio", "double"),
        ("count", "bigint"),
    ]
    row = ["abc", "12.50", "2026-01-02 03:04:05.678", "2026-01-02", "AAE=", "NaN", 3]

    result = as_result(description, [row, [None] * 7])

    text, amount, time, day, raw, ratio, count = result.rows[0]
    assert (text, amount, day, raw, count) == ("abc", Decimal("12.50"), date(2026, 1, 2), b"\x00\x01", 3)
    assert time == datetime.fromisoformat("2026-01-02T03:04:05.678")
    assert ratio != ratio  # noqa: PLR0124 - that is how NaN is known
    assert result.rows[1] == (None,) * 7
    assert next(result.records())["count"] == 3


def test_every_named_query_begins_with_its_name_and_a_sentence() -> None:
    names = [file.name.removesuffix(".sql") for file in QUERIES.iterdir() if file.name.endswith(".sql")]

    assert "ledger_ends" in names
    for name in names:
        assert load_query(name).startswith(f"-- {name}: ")


def test_a_presto_that_is_not_there_is_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning, match=f"127.0.0.1:{unused_port}"):
        Presto("127.0.0.1", unused_port).query("SELECT 1")
