"""Charts: rows in, inline SVG out. The only package that imports matplotlib.

    canvas.py     style, colours, axes, the finished SVG
    rows.py       a line for each row: bars, shares with intervals, percentiles
    series.py     over time or age: lines, curves, flows
    triangle.py   cohorts by age

Text stays text (searchable, in the page's own font) and takes the page's colour; what is drawn takes the
variables `--series-1` and so on, so one drawing reads well on light and on dark ground. Each drawing names
itself in `title` and tells its numbers in `desc`, for readers who do not see it. Lengths, positions, dashes
and words carry the meaning, never colour alone.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

import matplotlib as mpl

from pipectl.lake.presto import Result
from pipectl.report.charts import rows, series, triangle
from pipectl.report.charts.canvas import STYLE
from pipectl.report.escaping import printable
from pipectl.report.queries import NamedQuery
from pipectl.report.readings import read_figure

_DARK = "#1a2027"

PLOTS: Mapping[str, Callable[[NamedQuery, Result], str]] = {
    "bars": rows.bars,
    "row": rows.row,
    "shares": rows.shares,
    "percentiles": rows.percentiles,
    "lines": series.lines,
    "curve": series.curve,
    "days": series.days,
    "flows": series.flows,
    "timeline": series.timeline,
    "triangle": triangle.triangle,
}


def draw(query: NamedQuery, result: Result) -> str:
    """Return a figure's rows as one `<svg>`; empty for a figure without a chart or with nothing to draw."""
    plot, drawn = PLOTS.get(query.chart), _worth_drawing(query, result)
    if plot is None or not drawn.rows:
        return ""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # Letters that the font for measuring lacks; the reader's own font has them.
        warnings.simplefilter("ignore", UserWarning)
        svg = plot(query, drawn)
    return _finish(svg, query, result) if svg else ""


def on_white(drawing: str) -> str:
    """Return a drawing with dark ink on white, for where the colours are not known, such as a notebook."""
    words, rest = drawing.split("</desc>", 1)
    words = words.replace(">", f' color="{_DARK}">', 1)
    return f'{words}</desc><rect width="100%" height="100%" fill="white"/>{rest}'


def _worth_drawing(query: NamedQuery, result: Result) -> Result:
    """Leave out the rows that have too few cases by the figure's own declaration."""
    if query.least is None:
        return result
    column, least = query.least
    place = result.columns.index(column)
    return Result(columns=result.columns, rows=tuple(row for row in result.rows if row[place] >= least))


def _finish(svg: str, query: NamedQuery, result: Result) -> str:
    """Make the drawing fit into a page: ids of its own, words for all who do not see it."""
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{query.name}-", svg)
    opening, rest = svg.split(">", 1)
    labels = f"{query.name}-title {query.name}-desc"
    return f'{opening} role="img" aria-labelledby="{labels}">{_words(query, result)}{rest}'


def _words(query: NamedQuery, result: Result) -> str:
    title, told = escape(query.title), escape(printable(read_figure(query, result)))
    return f'<title id="{query.name}-title">{title}</title><desc id="{query.name}-desc">{told}</desc>'
