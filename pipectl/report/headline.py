"""The few numbers that a game's owner looks at first, with what each one is about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipectl.report.sums import Records
from pipectl.report.words import money, on_day, percent


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number, spelled, and the figure that it is from."""

    name: str
    value: str
    about: str
    figure: str


def headline(answers: Mapping[str, Records]) -> tuple[Number, ...]:
    """Return the numbers of those figures that are there and that have something to say."""
    return tuple(
        Number(name=name, value=value, about=about, figure=figure)
        for figure, reader in _READERS.items()
        for name, value, about in reader(answers.get(figure, ()))
    )


Said = Iterator[tuple[str, str, str]]


def _active(rows: Records) -> Said:
    for last in rows[-1:]:
        yield (
            "active players",
            f"{last['dau']:,}",
            f"on {on_day(last['day'])}, {last['new_users']:,} of them new",
        )


def _retained(rows: Records) -> Said:
    for row in rows:
        if row["players"]:
            yield f"back on day {row['n']}", percent(row["retention"]), f"of {row['players']:,} new players"


def _for_each_player(rows: Records) -> Said:
    for last in [row for row in rows if row["players"]][-1:]:
        about = f"from each active player in the week from {on_day(last['starts'])}"
        yield "revenue", money(last["arpu_minor"]), about


def _spent(rows: Records) -> Said:
    for last in [row for row in rows if row["sink_ratio"] is not None][-1:]:
        about = f"for each gold gained on {on_day(last['day'])}"
        yield "gold spent", f"{last['sink_ratio']:.2f}", about


_READERS: Mapping[str, Callable[[Records], Said]] = {
    "daily_active": _active,
    "retention_weighted": _retained,
    "revenue_by_week": _for_each_player,
    "economy_by_day": _spent,
}
FIGURES = tuple(_READERS)
"""What the headline is read from."""
