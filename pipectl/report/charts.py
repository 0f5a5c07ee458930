"""Charts: rows in, inline SVG out. The only module that imports matplotlib.

Text stays text (searchable, in the page's own font) and takes the page's colour; bars take the variable
`--series`, so one drawing reads well on light and on dark ground. Each drawing names itself in `title`
and tells its numbers in `desc`, for readers who do not see it. One hue and bar lengths carry the
meaning, never colour alone.
"""

import io
import re
import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipectl.lake.presto import Result
from pipectl.report.escaping import printable
from pipectl.report.queries import NamedQuery
from pipectl.report.readings import label_of, read_figure

# Placeholders that the drawing is made with, and what stands in their place in the SVG.
_INK, _SERIES = "#010203", "#0072b2"  # the blue of Okabe and Ito's palette
_COLOURS = {_INK: "currentColor", _SERIES: f"var(--series, {_SERIES})"}

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pipectl",  # the same rows give the same bytes
    "text.parse_math": False,  # a `$` in a player's name is a dollar, not a formula
    "date.converter": "concise",
    "font.size": 11,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color"), _INK),
}
_WIDTH_INCHES = 6.0
_BAR_INCHES = 0.34
_TIMELINE_INCHES = 2.6
_FRAME_INCHES = 0.6
_LABEL_CHARACTERS = 26
_FEWEST_STEPS = 10  # a timeline of one moment is a bar in the middle, not a wall


def draw(query: NamedQuery, result: Result, *, background: str = "none") -> str:
    """Return a figure's rows as one `<svg>`; empty for a figure without a chart or without rows.

    `background` is for pages whose colours are not known, such as a notebook.
    """
    plot = _PLOTS.get(query.chart)
    if plot is None or not result.rows:
        return ""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Letters that the font for measuring lacks; the reader's own font has them.
        warnings.simplefilter("ignore", UserWarning)
        svg = plot(query, result)
    return _finish(svg, query, result, background)


def _bars(query: NamedQuery, result: Result) -> str:
    bars = [(_shortened(label_of(row)), float(row[-1])) for row in result.rows]
    return _horizontal(bars, query.unit)


def _percentiles(query: NamedQuery, result: Result) -> str:
    record = next(result.records())
    bars = [(name, float(record[name] or 0)) for name in ("p50", "p95", "p99", "slowest")]
    return _horizontal(bars, query.unit)


def _horizontal(bars: list[tuple[str, float]], unit: str) -> str:
    figure, axes = _canvas(_FRAME_INCHES + _BAR_INCHES * len(bars))
    places = range(len(bars))
    drawn = axes.barh(places, [value for _, value in bars], height=0.62, color=_SERIES)
    axes.bar_label(drawn, [f"{value:,.7g}" for _, value in bars], padding=4)
    axes.set_yticks(places, [label for label, _ in bars])
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.xaxis.set_visible(False)  # each bar says its number
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    axes.set_title(unit, loc="left")
    return _as_svg(figure)


def _timeline(query: NamedQuery, result: Result) -> str:
    figure, axes = _canvas(_TIMELINE_INCHES)
    grain = str(result.rows[0][1])
    step = timedelta(**{f"{grain}s": 1})
    moments: list[Any] = [row[0] for row in result.rows]
    axes.bar(moments, [float(row[-1]) for row in result.rows], width=step * 0.9, color=_SERIES, align="edge")  # type: ignore[arg-type] # with times on its axis a width is a span of time
    spare = max(timedelta(), _FEWEST_STEPS * step - (moments[-1] - moments[0])) / 2
    axes.set_xlim(moments[0] - spare - step, moments[-1] + spare + 2 * step)
    axes.set_title(f"{query.unit} per {grain}, UTC", loc="left")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    return _as_svg(figure)


_PLOTS: Mapping[str, Callable[[NamedQuery, Result], str]] = {
    "bars": _bars,
    "percentiles": _percentiles,
    "timeline": _timeline,
}


def _canvas(height_inches: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def _shortened(label: str) -> str:
    """Cut the middle out of a long label: its beginning and its end tell labels apart."""
    label = " ".join(printable(label).split())
    half = _LABEL_CHARACTERS // 2
    return label if len(label) <= _LABEL_CHARACTERS else f"{label[: half - 1]}…{label[-half:]}"


def _as_svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return buffer.getvalue()


def _finish(svg: str, query: NamedQuery, result: Result, background: str) -> str:
    """Make the drawing fit into a page: no prolog, ids of its own, the page's colours, words for all."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{query.name}-", svg)
    for placeholder, colour in _COLOURS.items():
        svg = svg.replace(placeholder, colour)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (?:width|height)="[^"]*"', "", opening)
    labels = f"{query.name}-title {query.name}-desc"
    ground = f'<rect width="100%" height="100%" fill={quoteattr(background)}/>'
    return f'{opening} role="img" aria-labelledby="{labels}">{_words(query, result)}{ground}{rest.strip()}'


def _words(query: NamedQuery, result: Result) -> str:
    title, told = escape(query.title), escape(printable(read_figure(query, result)))
    return f'<title id="{query.name}-title">{title}</title><desc id="{query.name}-desc">{told}</desc>'
