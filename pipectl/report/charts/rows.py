"""Charts with a line for each row: bars, one row's columns, shares with their intervals, percentiles."""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes

from pipectl.lake.presto import Result
from pipectl.report.certainty import Share
from pipectl.report.charts.canvas import (
    INK,
    SERIES,
    as_svg,
    canvas,
    in_unit,
    name_colours,
    only_labels,
    shortened,
)
from pipectl.report.queries import NamedQuery
from pipectl.report.readings.generic import label_of
from pipectl.report.sums import totals_by
from pipectl.report.words import percent, spelled

_ROW_INCHES = 0.29
_FRAME_INCHES = 0.55
_MOST_ROWS = 12
"""Of longer lists the rest stands in the table of rows."""

Bar = tuple[str, float, str, str]
"""Label, length in the unit, what is said at its end, colour."""


def bars(query: NamedQuery, result: Result) -> str:
    """Draw the first column of `y` as lengths; a second one is a share that is said beside it."""
    lengths, *said = list(query.y) or [result.columns[-1]]
    drawn = []
    for colour, record in _coloured(query, list(result.records())):
        beside = [percent(record[column]) for column in said if record[column] is not None]
        text = " · ".join([spelled(record[lengths] or 0, query.unit), *beside])
        drawn.append((label_of(query, record), in_unit(record[lengths] or 0, query.unit) or 0, text, colour))
    return _horizontal(drawn, query.unit, query.groups)


def _coloured(query: NamedQuery, records: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the first records, or the first of each group, each with its colour."""
    if not query.groups:
        yield from ((SERIES[0], record) for record in records[:_MOST_ROWS])
        return
    (by,) = query.by
    for group, colour in zip(query.groups, SERIES, strict=False):
        of_group = [record for record in records if record[by] == group]
        yield from ((colour, record) for record in of_group[: _MOST_ROWS // len(query.groups)])


def row(query: NamedQuery, result: Result) -> str:
    """Draw the columns of `y` of the only row, each as a bar."""
    record = next(result.records())
    values = [(name, record[column]) for column, name in query.y.items() if record[column] is not None]
    if not values:
        return ""
    return _horizontal(
        [
            (name, in_unit(value, query.unit) or 0, spelled(value, query.unit), SERIES[0])
            for name, value in values
        ],
        query.unit,
        (),
    )


def percentiles(query: NamedQuery, result: Result) -> str:
    """Draw p50, p95, p99 and the slowest of each row."""
    drawn = [
        (f"{label} {name}".strip(), float(record[name] or 0), f"{record[name] or 0:,.4g}", SERIES[0])
        for record in result.records()
        for label in [" ".join(str(record[column]) for column in query.x)]
        for name in ("p50", "p95", "p99", "slowest")
    ]
    return _horizontal(drawn, query.unit, ())


def _horizontal(drawn: list[Bar], unit: str, groups: Sequence[str]) -> str:
    figure, axes = canvas(_FRAME_INCHES + _ROW_INCHES * len(drawn))
    places = range(len(drawn))
    labels, lengths, texts, colours = zip(*drawn, strict=True)
    found = axes.barh(places, lengths, height=0.62, color=colours)
    axes.bar_label(found, texts, padding=4)
    axes.set_yticks(places, [shortened(label) for label in labels])
    axes.margins(x=0.4 if any("·" in text for text in texts) else 0.16)
    only_labels(axes)
    name_colours(axes, groups)
    if not groups:  # their names stand in that place
        axes.set_title("share" if unit == "%" else unit)
    return as_svg(figure)


def shares(query: NamedQuery, result: Result) -> str:
    """Draw one column of `y` as a share of the other, with its 95 % interval; a hollow dot has few cases.

    Rows that are about the same, of several cohorts, are added up.
    """
    columns = list(query.x)
    drawn = [
        (label_of(query, dict(zip(columns, key, strict=True))), Share(hits=hits, cases=cases))
        for key, (hits, cases) in totals_by(list(result.records()), columns, *query.y).items()
    ][:_MOST_ROWS]
    if not drawn:
        return ""
    figure, axes = canvas(_FRAME_INCHES + 0.2 + _ROW_INCHES * len(drawn))
    for place, (_, share) in enumerate(drawn):
        _draw_share(axes, place, share)
    axes.set_yticks(range(len(drawn)), [shortened(label) for label, _ in drawn])
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    axes.set_xlim(0, 100)
    axes.set_title("share and its 95 % interval")
    only_labels(axes)
    axes.xaxis.set_visible(True)
    axes.xaxis.set_major_formatter("{x:.0f} %")
    axes.grid(visible=True, axis="x", color=INK, alpha=0.16, linewidth=0.8)
    return as_svg(figure)


def _draw_share(axes: Axes, place: int, share: Share) -> None:
    low, high = (100 * end for end in share.interval)
    fill = "none" if share.is_small else SERIES[0]
    axes.plot([low, high], [place, place], color=SERIES[0], linewidth=2.5, alpha=0.55)
    dot: Any = {"color": SERIES[0], "markerfacecolor": fill, "markersize": 7, "clip_on": False}
    axes.plot([100 * share.value], [place], "o", **dot)
    text = f"{percent(share.value)} of {share.cases:,}{' (few)' if share.is_small else ''}"
    axes.annotate(text, (high, place), (6, 0), textcoords="offset points", va="center", color=INK)
