"""The oracle, held against figures that were worked out by hand."""

from datetime import date

import pytest

from pipectl.report.queries import PLAYER_FIGURES
from pipectl.simulate.oracle import ORACLES
from pipectl.simulate.oracle.play import Play
from pipectl.simulate.oracle.progress import wilson_interval
from tests.figures_by_hand import CASES, Story

FIRST = date(2026, 3, 25)  # the clocks of Europe change within these days; UTC does not


def test_every_player_figure_has_an_oracle_of_its_name() -> None:
    assert set(ORACLES) == set(PLAYER_FIGURES)


@pytest.mark.parametrize(("story", "figure"), CASES, ids=str)
def test_the_oracle_says_what_was_worked_out_by_hand(story: Story, figure: str) -> None:
    wanted = story.rows(figure, FIRST)
    found = list(ORACLES[figure](Play(FIRST, story.days, story.events)))
    assert len(found) == len(wanted)
    for row, right in zip(found, wanted, strict=True):
        assert list(row) == [pytest.approx(value) if isinstance(value, float) else value for value in right]


@pytest.mark.parametrize("name", ORACLES)
def test_every_figure_has_an_answer_when_nobody_played(name: str) -> None:
    rows = list(ORACLES[name](Play(FIRST, 3, ())))
    assert all(value is None or not isinstance(value, float) for row in rows for value in row)


def test_wilsons_interval_of_no_wins_does_not_end_at_zero() -> None:
    low, high = wilson_interval(0.0, 10)
    assert low == pytest.approx(0.0)
    assert high == pytest.approx(0.2775, abs=1e-3)  # of the published tables
