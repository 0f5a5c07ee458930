"""The paper that charts are drawn on: style, colours, axes, and the finished SVG."""

import io
import re
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipectl.report.escaping import printable
from pipectl.report.words import SCALES

INK = "#010203"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Placeholders that a drawing is made with: ink, and the blue, vermillion, green and purple of Okabe and
Ito's palette, which colour-blind people can tell apart. In the SVG the page's variables stand for them."""

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pipectl",  # the same rows give the same bytes
    "text.parse_math": False,  # a `$` in a player's name is a dollar, not a formula
    "date.converter": "concise",
    "font.size": 10,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color"), INK),
}
WIDTH_INCHES = 4.5
_LABEL_CHARACTERS = 26
_FAINT = 0.16
_COLOURS = {
    INK: "currentColor",
    **{colour: f"var(--series-{number}, {colour})" for number, colour in enumerate(SERIES, start=1)},
}


def canvas(height_inches: float) -> tuple[Figure, Axes]:
    """Return an empty drawing of the one width that all have, and the axes on it."""
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def shortened(label: str) -> str:
    """Cut the middle out of a long label: its beginning and its end tell labels apart."""
    label = " ".join(printable(label).split())
    half = _LABEL_CHARACTERS // 2
    return label if len(label) <= _LABEL_CHARACTERS else f"{label[: half - 1]}…{label[-half:]}"


def in_unit(value: float | None, unit: str) -> float | None:
    """Return a column's value in the unit that is shown; NULL stays what it is."""
    return None if value is None else float(value) * SCALES.get(unit, 1)


def dress_values(axes: Axes, unit: str) -> None:
    """Show the values' axis from zero on, with faint lines across and numbers in the unit."""
    form = {"%": "{x:,.0f} %", "USD": "${x:,.2f}"}.get(unit, "{x:,.0f}")
    if unit == "USD" and axes.get_ylim()[1] >= 20:  # noqa: PLR2004 - cents matter below
        form = "${x:,.0f}"
    axes.yaxis.set_major_formatter(form)
    if unit not in ("%", "USD"):
        axes.yaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10]))
    axes.grid(visible=True, axis="y", color=INK, alpha=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", left=False)


def only_labels(axes: Axes) -> None:
    """Leave nothing but the labels of the rows: each row says its own number."""
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.tick_params(axis="y", left=False)


def name_colours(axes: Axes, names: Sequence[str]) -> None:
    """Say above the drawing which colour stands for what, where two or more do."""
    if len(names) > 1:
        patches = [Patch(color=colour, label=name) for colour, name in zip(SERIES, names, strict=False)]
        place: Any = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2}
        axes.legend(handles=patches, ncols=len(names), frameon=False, fontsize=9.5, handlelength=0.9, **place)


def as_svg(figure: Figure) -> str:
    """Return the drawing as SVG with the page's colours, without prolog, size or date."""
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    for placeholder, colour in _COLOURS.items():
        svg = svg.replace(placeholder, colour)
    opening, rest = svg.split(">", 1)
    return re.sub(r' (?:width|height)="[^"]*"', "", opening) + ">" + rest.strip()
