"""What the page says about players who were simulated, about few of them, and about none."""

import re
from xml.etree import ElementTree as ET

import pytest

from pipectl.lake.presto import Result
from pipectl.report.charts import draw
from pipectl.report.queries import PLAYER_FIGURES, QUALITY_FIGURES, QUALITY_OF_PLAY, load_query
from pipectl.report.readings import read_figure
from pipectl.report.tables import MOST_ROWS, as_table
from pipectl.report.words import lasting
from tests.simulated_answers import nobody, simulated

SIZES = ((1, 2), (3, 20), (14, 300), (32, 400))
WITH_ROWS = [name for name in PLAYER_FIGURES if name != "top_spenders"]


def read(name: str, answers: dict[str, Result]) -> str:
    return read_figure(load_query(name), answers[name])


@pytest.mark.parametrize("name", [*PLAYER_FIGURES, *QUALITY_FIGURES, *QUALITY_OF_PLAY])
def test_every_figure_declares_columns_that_its_query_has(name: str) -> None:
    query = load_query(name)
    assert query.chart != "none"
    assert query.unit
    selected = query.sql.rsplit("\nSELECT", 1)[-1]
    for column in (*query.x, *query.y, *query.by):
        assert re.search(rf"\b{column}\b", selected) or query.chart == "percentiles"


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", PLAYER_FIGURES)
def test_every_figure_is_one_plain_sentence_whatever_the_size(name: str, size: tuple[int, int]) -> None:
    said = read(name, simulated(*size))
    assert said.endswith(".")
    assert not re.search(r"None|nan|NULL|datetime|\bTrue\b|\bFalse\b| {2}", said)


@pytest.mark.parametrize("name", PLAYER_FIGURES)
def test_every_figure_says_so_when_nobody_played(name: str) -> None:
    assert re.search(r"[Nn]othing|No |Nobody", read(name, nobody()))
    assert draw(load_query(name), nobody()[name]) == "" or name in ("first_steps", "wallets")


@pytest.mark.parametrize("size", SIZES[1:], ids=str)
@pytest.mark.parametrize("name", WITH_ROWS)
def test_every_chart_is_whole_or_absent(name: str, size: tuple[int, int]) -> None:
    drawing = draw(load_query(name), simulated(*size)[name])
    if size[0] >= 14:
        assert drawing
    if drawing:
        assert "nan" not in drawing.lower().replace("finance", "")
        assert ET.fromstring(drawing).get("role") == "img"  # noqa: S314 - of our own making


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("daily_active", "players were active on 24 Nov"),
        ("churn_by_day", "were not seen in the seven days up to 24 Nov"),
        ("retention_weighted", "on day 7 and"),
        ("economy_by_day", "for each one gained"),
        ("guild_retention", "a difference between"),
        ("revenue_by_week", "In the week from"),
    ],
)
def test_a_sentence_says_what_its_figure_is_about(name: str, said: str) -> None:
    assert said in read(name, simulated(32, 400))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("churn_by_day", "Not enough yet"),
        ("retention_by_cohort", "too few to compare"),
        ("level_funnel", "too few to compare"),
        ("revenue_by_week", "No week is over yet."),
        ("battles_by_enemy", "this says little"),
    ],
)
def test_few_players_and_few_days_are_said_to_be_few(name: str, said: str) -> None:
    assert said in read(name, simulated(3, 20))


def test_ages_stand_across_the_table_with_what_is_not_over_left_open() -> None:
    name = "conversion_by_cohort"
    table = as_table(load_query(name), simulated(3, 20)[name])
    assert table.columns == ("cohort", "players", "n 0", "n 1", "n 3", "n 7", "n 14", "n 28")
    assert [row[2:4] for row in table.rows][-1] == (0.0, None)


def test_a_table_is_bounded_by_its_last_days_or_its_first_ranks() -> None:
    query = load_query("churn_by_day")
    days = simulated(32, 400)["churn_by_day"].rows
    many = Result(columns=("day", "at_risk", "churned", "churn"), rows=days * 5)
    assert as_table(query, many).left_out == len(many.rows) - MOST_ROWS
    assert as_table(query, many).rows[-1] == many.rows[-1]
    ranking = Result(columns=("name", "events"), rows=tuple((f"p{n}", n) for n in range(150)))
    assert as_table(load_query("events_by_player"), ranking).rows[0] == ("p0", 0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.425, "0.425 seconds"),
        (90, "1.5 minutes"),
        (7_200, "2 hours"),
        (86_400, "1 day"),
        (510_720, "5.9 days"),
    ],
)
def test_a_span_is_spelled_in_the_unit_that_it_fills(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
