import re
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from matplotlib import rc_context

from pipectl.bundled import bundled
from pipectl.lake.presto import Result
from pipectl.report.charts import PLOTS, draw, on_white
from pipectl.report.charts.canvas import STYLE
from pipectl.report.facts import Facts
from pipectl.report.queries import (
    FIGURES,
    LEDGER,
    NEWEST_EVENT,
    ONE_EVENT,
    PLAYER_FIGURES,
    PLAYER_TRAFFIC,
    QUALITY_FIGURES,
    QUALITY_OF_PLAY,
    TOTALS,
    Chart,
    NamedQuery,
    load_query,
)
from pipectl.report.readings import NOTHING, read_figure

SVG = "{http://www.w3.org/2000/svg}"
ALL = (
    TOTALS,
    *FIGURES,
    LEDGER,
    *QUALITY_FIGURES,
    *QUALITY_OF_PLAY,
    NEWEST_EVENT,
    ONE_EVENT,
    PLAYER_TRAFFIC,
    *PLAYER_FIGURES,
)


def of(
    chart: str, *rows: tuple[object, ...], columns: tuple[str, ...] = ("name", "events")
) -> tuple[NamedQuery, Result]:
    query = NamedQuery(name="figure", title="A & B", says="says", sql="SELECT 1", chart=chart, unit="events")  # type: ignore[arg-type] # the charts are named in the tests
    return query, Result(columns=columns, rows=rows)


def test_every_sql_file_belongs_to_the_report() -> None:
    assert {file.stem for file in bundled("reports/sql").glob("*.sql")} == set(ALL)


def test_every_part_is_said_in_a_sentence_and_used() -> None:
    parts = {file.stem: file.read_text("utf-8") for file in bundled("reports/sql/parts").glob("*.sql")}
    statements = [load_query(name).sql for name in ALL]
    for name, text in parts.items():
        assert re.match(rf"-- .+\n{name} AS \(\n", text)
        assert any(text.strip() in statement for statement in statements)


def test_a_statement_is_whole_with_its_parts_before_its_own() -> None:
    names = re.findall(
        r"^([a-z_]+) AS \($", load_query("revenue_by_day").sql.replace("WITH ", ""), re.MULTILINE
    )
    assert names == ["played", "activity", "payments", "calendar", "active_days", "paid", "counted"]


@pytest.mark.parametrize("name", ALL)
def test_every_query_has_a_title_a_sentence_and_a_statement(name: str) -> None:
    query = load_query(name)
    assert query.title
    assert query.says.endswith(".")
    assert "SELECT" in query.sql
    assert "-- title" not in query.sql


@pytest.mark.parametrize("name", PLAYER_FIGURES)
def test_every_player_figure_says_its_edge_rules_and_asks_for_run_and_day(name: str) -> None:
    query = load_query(name)
    assert query.edges.endswith(".")
    assert {":run_id", ":until"} <= set(re.findall(r":[a-z_]+", query.sql))
    assert "traffic = 'player'" in query.sql


@pytest.mark.parametrize("name", [*FIGURES, *QUALITY_FIGURES])
def test_every_figure_has_a_chart_with_a_unit(name: str) -> None:
    assert load_query(name).chart != "none"
    assert load_query(name).unit


def test_every_chart_is_well_formed_and_says_in_words_what_it_shows(facts: Facts) -> None:
    for figure in (*facts.figures, *facts.quality):
        drawing = ET.fromstring(draw(figure.query, figure.result))  # noqa: S314 - of our own making
        title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
        assert title is not None
        assert description is not None
        assert title.text == figure.query.title
        assert description.text
        assert drawing.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_a_chart_on_white_is_the_same_chart_with_dark_ink(facts: Facts) -> None:
    chart = draw(facts.figures[0].query, facts.figures[0].result)
    root = ET.fromstring(on_white(chart))  # noqa: S314 - of our own making

    assert root.attrib.pop("color").startswith("#")
    assert [child.tag.split("}")[1] for child in root[:2]] == ["title", "desc"]
    assert root[2].attrib == {"width": "100%", "height": "100%", "fill": "white"}
    root.remove(root[2])
    assert ET.tostring(root) == ET.tostring(ET.fromstring(chart))  # noqa: S314 - as above


def test_ids_of_two_charts_never_meet(facts: Facts) -> None:
    ids = [
        element.get("id")
        for figure in facts.figures
        for element in ET.fromstring(draw(figure.query, figure.result)).iter()  # noqa: S314 - of our own making
        if element.get("id")
    ]
    own = [name for name in ids if name and not name.startswith(FIGURES)]
    assert not own


def test_a_chart_takes_its_colours_from_the_page() -> None:
    drawing = draw(*of("bars", ("a", 1)))
    assert "currentColor" in drawing
    assert "var(--series" in drawing
    assert "#010203" not in drawing


@pytest.mark.parametrize(
    ("days", "expected"),
    [(30, ["Nov", "05", "09", "13", "17", "21", "25", "29"]), (3, ["Nov", "02", "03"])],
)
def test_days_are_dated_evenly_also_where_a_month_ends(days: int, expected: list[str]) -> None:
    rows = [(date(2026, 11, 1) + timedelta(days=n), n + 1) for n in range(days)]
    query, result = of("days", *rows, columns=("day", "events"))

    with rc_context(STYLE):
        drawing = PLOTS["days"](replace(query, x={"day": ""}, y={"events": "events"}), result)

    dates = drawing[drawing.index('id="matplotlib.axis_1"') : drawing.index('id="matplotlib.axis_2"')]
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", dates)
    assert texts == [*expected, "2026-Nov"]


def test_a_figure_without_rows_has_no_chart_and_says_so() -> None:
    query, result = of("bars")
    assert draw(query, result) == ""
    assert read_figure(query, result) == NOTHING


def test_percentiles_of_nothing_say_so() -> None:
    columns = ("events", "p50", "p95", "p99", "slowest")
    query, result = of("percentiles", (0, None, None, None, None), columns=columns)
    assert read_figure(query, result) == NOTHING
    assert draw(query, result)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [("a", 3), ("b", 1)],
            "a comes first with 3 events, 75 % of the 4 events shown; b is the last of 2 with 1.",
        ),
        (
            [("a", 3), ("b", 3), ("c", 1)],
            "a and b come first with 3 events each, 43 % of the 7 events shown.",
        ),
        ([("a", 2), ("b", 2)], "a and b: 2 events each."),
        ([("a", 1)], "a: 1 event."),
        ([(None, 1)], "(none): 1 event."),
    ],
)
def test_bars_are_read_by_who_comes_first(rows: list[tuple[str | None, int]], sentence: str) -> None:
    assert read_figure(*of("bars", *rows)) == sentence


def test_every_declared_kind_of_chart_can_be_drawn() -> None:
    assert {*PLOTS, "none"} == set(get_args(Chart))
