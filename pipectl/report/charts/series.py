"""Charts over time or age: lines, curves, a bar a day, flows with their stock, the timeline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipectl.lake.presto import Result
from pipectl.report.charts.canvas import INK, SERIES, as_svg, canvas, dress_values, in_unit, name_colours
from pipectl.report.queries import NamedQuery
from pipectl.report.sums import totals_by

Points = Sequence[tuple[Any, float | None]]
"""Where and how high, in the unit that is shown; None where there is nothing yet."""

_INCHES = 2.3
_FLOWS_INCHES = 3.3
_FEW_POINTS = 14  # so few are marked, or a lone one would not be seen
_FEWEST_STEPS = 10  # a timeline of one moment is a bar in the middle, not a wall
_MOST_DATES = 8  # below an axis of days
_LEAST_GAP = 0.085  # between the names of two lines, as a part of the height
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.5)), (0, (5, 1.5, 1.5, 1.5)))
_A_DAY, _AN_HOUR = timedelta(days=1), timedelta(hours=1)


def lines(query: NamedQuery, result: Result) -> str:
    """Draw each column of `y`, or each value of `by`, as a line that is named at its end."""
    return _drawn_lines(query, _by_value(query, result) if query.by else _by_column(query, result))


def curve(query: NamedQuery, result: Result) -> str:
    """Draw for each x the sum of one column of `y` over the sum of the other, of cohorts that are over."""
    (x,) = query.x
    totals = totals_by(list(result.records()), [x], *query.y)
    points = [(at, in_unit(above / below, query.unit)) for (at,), (above, below) in sorted(totals.items())]
    return _drawn_lines(query, {"all cohorts": points})


def _by_column(query: NamedQuery, result: Result) -> Mapping[str, Points]:
    return {name: _points(query, result, column) for column, name in query.y.items()}


def _by_value(query: NamedQuery, result: Result) -> Mapping[str, Points]:
    ((by, word),), (column,) = query.by.items(), query.y
    parted: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for row in result.rows:
        parted[row[result.columns.index(by)]].append(row)
    return {
        f"{word} {value}": _points(query, Result(columns=result.columns, rows=tuple(rows)), column)
        for value, rows in parted.items()
    }


def _points(query: NamedQuery, result: Result, column: str) -> Points:
    (x,) = query.x
    return [(record[x], in_unit(record[column], query.unit)) for record in result.records()]


def _drawn_lines(query: NamedQuery, named: Mapping[str, Points]) -> str:
    drawn = {name: points for name, points in named.items() if _says_anything(points)}
    if not drawn:
        return ""
    figure, axes = canvas(_INCHES)
    for number, points in enumerate(drawn.values()):
        _plot(axes, points, color=SERIES[number], linestyle=_DASHES[number])
    axes.set_ylim(bottom=0)
    first = next(iter(drawn.values()))
    if isinstance(first[0][0], date):
        _lay_out_times(axes, first)
    else:
        axes.margins(x=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(drawn) > 1:
        _name_ends(axes, drawn)
    dress_values(axes, query.unit)
    axes.set_title(_title(query))
    return as_svg(figure)


def _title(query: NamedQuery) -> str:
    words = ", by ".join(["share" if query.unit == "%" else query.unit, *filter(None, query.x.values())])
    return f"{words}; those with at least {query.least[1]} {query.least[0]}" if query.least else words


def _says_anything(points: Points) -> bool:
    """Tell whether there is more to see than an empty frame: anything but NULL and zero."""
    return any(height for _, height in points)


def _plot(axes: Axes, points: Points, **style: Any) -> None:
    xs, ys = zip(*points, strict=True)
    marker = "o" if sum(y is not None for y in ys) <= _FEW_POINTS else ""
    values = [float("nan") if y is None else y for y in ys]
    axes.plot(xs, values, marker=marker, markersize=4, linewidth=2, **style)


def _name_ends(axes: Axes, drawn: Mapping[str, Points]) -> None:
    """Write each line's name at the right, at the height of its last point, apart from each other."""
    top, right = axes.get_ylim()[1], max(at for points in drawn.values() for at, _ in points)
    ends = [next(y for _, y in reversed(points) if y is not None) for points in drawn.values()]
    heights = [y / top for y in ends]
    for below, above in pairwise(sorted(range(len(ends)), key=heights.__getitem__)):
        heights[above] = max(heights[above], heights[below] + _LEAST_GAP)
    beside: Any = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    for height, name, colour in zip(heights, drawn, SERIES, strict=False):
        axes.annotate(name, (right, height * top), color=colour, **beside)


def days(query: NamedQuery, result: Result) -> str:
    """Draw the column of `y` as a bar for each day or week."""
    (column,) = query.y
    points = _points(query, result, column)
    if not _says_anything(points):
        return ""
    figure, axes = canvas(_INCHES)
    _bars(axes, points, SERIES[0])
    _lay_out_times(axes, points)
    dress_values(axes, query.unit)
    axes.set_title(_title(query))
    return as_svg(figure)


def _bars(axes: Axes, points: Points, colour: str) -> None:
    step = _step(points)
    axes.bar(
        [at for at, _ in points],
        [height or 0 for _, height in points],
        width=0.8 * (step / _A_DAY),
        color=colour,
    )


def _lay_out_times(axes: Axes, points: Points) -> None:
    """Keep a few days from filling the whole width, and date some of many."""
    first, last, step = points[0][0], points[-1][0], _step(points)
    spare = max(timedelta(), _FEWEST_STEPS * step - (last - first)) / 2
    axes.set_xlim(first - spare - step, last + spare + step)
    if not isinstance(first, datetime):  # Matplotlib would date each first of a month, beside the day before
        axes.set_xticks([at for at, _ in points][:: ceil(len(points) / _MOST_DATES)])


def _step(points: Points) -> timedelta:
    """Return how long the stretch is that a point stands for; of a lone one, an hour if it has a time."""
    alone = _AN_HOUR if isinstance(points[0][0], datetime) else _A_DAY
    return min((after[0] - before[0] for before, after in pairwise(points)), default=alone)


def flows(query: NamedQuery, result: Result) -> str:
    """Draw what comes in upwards, what goes out downwards, and below it what that leaves, if `y` has it."""
    (comes, inward), (goes, outward), *stocks = query.y.items()
    points = _points(query, result, comes)
    if not _says_anything([*points, *_points(query, result, goes)]):
        return ""
    figure, upper = canvas(_FLOWS_INCHES if stocks else _INCHES)
    if stocks:
        upper.remove()
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_stock(lower, query, result, stocks[0])
    _bars(upper, points, SERIES[0])
    _bars(upper, [(at, -(height or 0)) for at, height in _points(query, result, goes)], SERIES[1])
    upper.axhline(0, color=INK, linewidth=0.8)
    _lay_out_times(upper, points)
    dress_values(upper, query.unit)
    upper.set_title(f"{query.unit} {'an hour' if isinstance(points[0][0], datetime) else 'a day'}")
    name_colours(upper, (inward, outward))
    return as_svg(figure)


def _draw_stock(axes: Axes, query: NamedQuery, result: Result, stock: tuple[str, str]) -> None:
    column, name = stock
    _plot(axes, _points(query, result, column), color=SERIES[2])
    axes.set_ylim(bottom=0)
    dress_values(axes, query.unit)
    axes.set_title(f"{query.unit} {name}")


def timeline(query: NamedQuery, result: Result) -> str:
    """Draw a bar for each moment; the second column says how long one is."""
    figure, axes = canvas(_INCHES)
    grain = str(result.rows[0][1])
    step = timedelta(**{f"{grain}s": 1})
    moments: list[Any] = [row[0] for row in result.rows]
    width: Any = step * 0.9  # with times on its axis a width is a span of time
    axes.bar(moments, [float(row[-1]) for row in result.rows], width=width, color=SERIES[0], align="edge")
    spare = max(timedelta(), _FEWEST_STEPS * step - (moments[-1] - moments[0])) / 2
    axes.set_xlim(moments[0] - spare - step, moments[-1] + spare + 2 * step)
    dress_values(axes, query.unit)
    axes.set_title(f"{query.unit} per {grain}, UTC")
    return as_svg(figure)
