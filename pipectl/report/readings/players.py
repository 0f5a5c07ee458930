"""Who plays, for how long, and who comes back. Each function reads the rows of the figure of its name."""

from pipectl.report.certainty import FEWEST, Share
from pipectl.report.sums import Records, totals_by
from pipectl.report.words import changed, counted, joined, on_day, percent

_WEEK = 7
_FEW = " (few: this says little)"


def events_of_players(rows: Records) -> str:
    """Say which event type is the most frequent, and how many players made it."""
    total, first = sum(row["events"] for row in rows), rows[0]
    return (
        f"{counted(total, 'events')} of {counted(len(rows), 'types')}; {first['event_type']} comes first "
        f"with {percent(first['events'] / total)}, made by {counted(first['players'], 'players')}."
    )


def daily_active(rows: Records) -> str:
    """Say how many were active on the last day, and how that compares with a week before."""
    last = rows[-1]
    new = f", {last['new_users']:,} of them new" if last["new_users"] else ""
    text = f"{_were(last['dau'])} active on {on_day(last['day'])}{new}"
    if len(rows) > _WEEK and (before := rows[-1 - _WEEK]["dau"]):
        text += f"; {changed(last['dau'], before)} against the {before:,} of a week earlier"
    if last["mau"]:
        month = counted(last["mau"], "players")
        text += f". Of {month} within thirty days, {percent(last['stickiness'])} play on a day"
    elif last["wau"]:
        text += f". {counted(last['wau'], 'players')} within seven days"
    return f"{text}."


def _were(players: int) -> str:
    return f"{counted(players, 'players')} {'was' if players == 1 else 'were'}"


def churn_by_day(rows: Records) -> str:
    """Say which share of a week's players the last seven days lost."""
    known = [row for row in rows if row["churn"] is not None]
    if not known:
        return f"Not enough yet: churn needs players within fourteen days, and there are {len(rows)} days."
    last = known[-1]
    few = _FEW if last["at_risk"] < FEWEST else ""
    return (
        f"Of {counted(last['at_risk'], 'players')} of the week before, {percent(last['churn'])} were not "
        f"seen in the seven days up to {on_day(last['day'])}{few}."
    )


def return_rate(rows: Records) -> str:
    """Say how many of those who were active on a day came back later, whether new or not."""
    parts = [
        f"{percent(returned / players)} {counted(n, 'days')} later"
        for (n,), (returned, players) in totals_by(rows, ["n"], "returned", "players").items()
    ]
    if not parts:
        return "No day's next day is over yet."
    return f"Of everyone who was active on a day, {joined(parts)} came back."


def retention_weighted(rows: Records) -> str:
    """Say how many new players were active on day 1, 7 and 30."""
    known = [row for row in rows if row["players"]]
    if not known:
        return "No cohort has a day 1 that is over yet."
    parts = [f"{percent(row['retention'])} of {row['players']:,} on day {row['n']}" for row in known]
    waiting = [f"day {row['n']}" for row in rows if not row["players"]]
    later = f"; no cohort has reached {joined(waiting)} yet" if waiting else ""
    return f"New players came back: {joined(parts)}{later}."


def retention_by_cohort(rows: Records) -> str:
    """Say between which two cohorts day 1 lies, among those large enough."""
    over = [row for row in rows if row["n"] == 1 and row["retained"] is not None]
    day_1 = [row for row in over if row["players"] >= FEWEST]
    if not day_1:
        return f"No cohort of {FEWEST} players or more has a day 1 that is over: too few to compare."
    worst, best = (pick(day_1, key=lambda row: row["retention"]) for pick in (min, max))
    return (
        f"Day 1 lies between {percent(worst['retention'])} (new on {on_day(worst['cohort'])}) and "
        f"{percent(best['retention'])} (new on {on_day(best['cohort'])}), in "
        f"{counted(len(day_1), 'cohorts')} of {FEWEST} players or more."
    )


def retention_rolling(rows: Records) -> str:
    """Say how many were active on day 7 or at any time after it."""
    total = totals_by(rows, ["n"], "retained", "players").get((_WEEK,))
    if total is None:
        return "No cohort's day 7 is over yet."
    share = Share(hits=total[0], cases=total[1])
    few = _FEW if share.is_small else ""
    players = counted(share.cases, "players")
    return f"{percent(share.value)} of {players} were active on day 7 or later{few}."


def retention_by_bracket(rows: Records) -> str:
    """Say how many came back at least once within each bracket of days."""
    totals = totals_by(rows, ["first_n", "last_n"], "retained", "players")
    parts = [
        f"{percent(retained / players)} within days {first} to {last}"
        for (first, last), (retained, players) in totals.items()
    ]
    return f"Came back at least once: {joined(parts)}." if parts else "No bracket of days is over yet."


def sessions_by_day(rows: Records) -> str:
    """Say how many sessions there were on the last day that had any, and how long they were."""
    last = next((row for row in reversed(rows) if row["sessions"]), None)
    if last is None:
        return "Nobody played on any of these days."
    median, played = last["median_seconds"] / 60, last["seconds_per_dau"] / 60
    return (
        f"{counted(last['sessions'], 'sessions')} began on {on_day(last['day'])}, half of them shorter than "
        f"{median:.1f} minutes. An active player played {played:.0f} minutes."
    )


def concurrency_by_day(rows: Records) -> str:
    """Say when most players played at the same time."""
    peak = max(rows, key=lambda row: int(row["peak"]))
    if not peak["peak"]:
        return "Nobody played on any of these days."
    hour, minute = divmod(peak["minute_of_day"], 60)
    return (
        f"At most {counted(peak['peak'], 'sessions')} at the same time, on {on_day(peak['day'])} "
        f"from {hour:02}:{minute:02} UTC."
    )
