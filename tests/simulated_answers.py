"""What Presto would answer to the player figures, from simulated players and without Presto.

The rows are those of `pipectl.simulate.oracle`; the names of the columns are read from the query's last
SELECT.
"""

import re
from datetime import date
from functools import cache
from typing import Any

from pipectl.lake.presto import Result
from pipectl.report.queries import PLAYER_TRAFFIC, load_query
from pipectl.simulate.oracle import expected_answers
from pipectl.simulate.oracle.play import Play
from pipectl.simulate.runs import Plan, play

UNTIL = date(2026, 11, 25)

_BRACKETS = re.compile(r"\([^()]*\)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@cache
def simulated(days: int, players: int, seed: int = 7) -> dict[str, Result]:
    """Answer every player figure for so many players within the days before UNTIL."""
    plan = Plan(days=days, players=players, seed=seed, until=UNTIL)
    played = Play(plan.first_day, plan.days, play(plan).landed)
    answered = {name: _result(name, rows) for name, rows in expected_answers(played).items()}
    return answered | {PLAYER_TRAFFIC: _traffic(played, plan)}


def nobody() -> dict[str, Result]:
    """Answer every player figure for a lake in which nobody has played."""
    played = Play(UNTIL, 1, ())
    answered = {name: _result(name, rows) for name, rows in expected_answers(played).items()}
    return answered | {PLAYER_TRAFFIC: Result(columns=columns(PLAYER_TRAFFIC), rows=((0, 0, 0, None, None),))}


def columns(name: str) -> tuple[str, ...]:
    """Return the names of the columns of a query: of each expression its alias, or the column itself."""
    last = load_query(name).sql.rsplit("\nSELECT", 1)[-1].removeprefix("SELECT").split("\nFROM", 1)[0]
    while _BRACKETS.search(last):
        last = _BRACKETS.sub("", last)
    return tuple(re.split(r"[\s.]", part.strip())[-1] for part in last.split(","))


def _result(name: str, rows: list[list[Any]]) -> Result:
    return Result(columns=columns(name), rows=tuple(tuple(map(_with_dates, row)) for row in rows))


def _with_dates(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value


def _traffic(played: Play, plan: Plan) -> Result:
    events = len(played.events)
    row = (events, len(played.by_player), events, plan.first_day, plan.until)
    return Result(columns=columns(PLAYER_TRAFFIC), rows=(row,))
