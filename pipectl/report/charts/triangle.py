"""The triangle: a line for each cohort, a column for each age, darker where more came back."""

from collections.abc import Mapping, Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba

from pipectl.lake.presto import Result
from pipectl.report.charts.canvas import INK, SERIES, as_svg, canvas
from pipectl.report.queries import NamedQuery
from pipectl.report.words import on_day, percent

_ROW_INCHES = 0.15
_FRAME_INCHES = 0.75
_MOST_COHORTS = 31
_MOST_NUMBERS = 8  # so many columns leave room for a number in each cell
_OUTLINE = 0.3
_DARKEST = 0.62  # the ink on it stays legible

Cells = Mapping[tuple[int, int], float]


def triangle(query: NamedQuery, result: Result) -> str:
    """Draw the column of `y`: cohorts are the first column of `x`, ages the others; NULL is no cell."""
    cohort, *ages = query.x
    (value,) = query.y
    over = (record for record in result.records() if record[value] is not None)
    records = [record for record in over if any(record[column] for column in ages)]  # day 0 is 100 %
    cohorts: list[date] = sorted({record[cohort] for record in records})[-_MOST_COHORTS:]
    columns = sorted({tuple(record[age] for age in ages) for record in records})
    cells = {
        (cohorts.index(record[cohort]), columns.index(tuple(record[age] for age in ages))): record[value]
        for record in records
        if record[cohort] in cohorts
    }
    return _drawn(cells, cohorts, ["-".join(map(str, column)) for column in columns]) if cells else ""


def _drawn(cells: Cells, cohorts: Sequence[date], columns: Sequence[str]) -> str:
    darkest = max(cells.values()) or 1.0
    figure, axes = canvas(_FRAME_INCHES + _ROW_INCHES * len(cohorts))
    squares = [_square(row, column) for row, column in cells]
    colours = [to_rgba(SERIES[0], _DARKEST * value / darkest) for value in cells.values()]
    edge = to_rgba(SERIES[0], _OUTLINE)  # tells 0 % from what is not over yet
    axes.add_collection(PolyCollection(squares, facecolors=colours, edgecolors=edge, linewidths=0.5))
    if len(columns) <= _MOST_NUMBERS:
        for (row, column), value in cells.items():
            axes.text(column, row, percent(value), ha="center", va="center", fontsize=8, color=INK)
    _label(axes, cohorts, columns)
    axes.set_title(f"cohort by days since arrival; darkest is {percent(darkest)}")
    return as_svg(figure)


def _square(row: int, column: int) -> list[tuple[float, float]]:
    left, right, top, bottom = column - 0.48, column + 0.48, row - 0.46, row + 0.46
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _label(axes: Axes, cohorts: Sequence[date], columns: Sequence[str]) -> None:
    every = 1 if len(columns) <= _MOST_NUMBERS else 3
    axes.set_xticks(range(0, len(columns), every), columns[::every])
    axes.set_yticks(range(0, len(cohorts), 2), [on_day(day) for day in cohorts[::2]])
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(cohorts) - 0.5, -0.5)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(left=False, bottom=False, labelsize=8.5)
