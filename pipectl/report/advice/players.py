"""Who comes back: where new players are lost, and whether that changes."""

from pipectl.report.advice.rules import Certainty, Finding, Rule, direction_of, interval_of
from pipectl.report.certainty import Share
from pipectl.report.sums import Records
from pipectl.report.words import on_day, percent

_WEEK = 7
_FIRST_SESSION = (
    "Work on the first session before paying for more players. Change one thing at a time and watch day 1."
)
_FIRST_WEEK = "Give a reason to return within the first week: a reward for coming back, a guild, a goal."
_ASK = "Ask some of those who left, and look at what was released that week."


def where_new_players_are_lost(weighted: Records) -> Finding | None:
    """Compare what is lost before day 1 with what is lost between day 1 and day 7."""
    shares = {row["n"]: Share(hits=row["retained"], cases=row["players"]) for row in weighted}
    first, week = shares[1], shares[_WEEK]
    if first.is_small or week.is_small:
        return None
    at_once, later = 1 - first.value, first.value - week.value
    most = "before day 1" if at_once >= later else "between day 1 and day 7"
    certainty = _certainty_of_order(first, week)
    lost = "are lost" if certainty is Certainty.CLEAR else "seem to be lost"
    return Finding(
        found=f"Most new players {lost} {most}: {percent(at_once)} do not come back on the next day, and "
        f"{percent(max(later, 0))} more have gone by day 7.",
        do=_FIRST_SESSION if at_once >= later else _FIRST_WEEK,
        certainty=certainty,
        why=f"day 1 lies at {interval_of(first)}; day 7 at {interval_of(week)}",
    )


def _certainty_of_order(first: Share, week: Share) -> Certainty:
    """Tell whether 1 - 2 x day 1 + day 7, the one loss less the other, keeps its sign at all bounds."""
    (first_low, first_high), (week_low, week_high) = first.interval, week.interval
    low, high = 1 - 2 * first_high + week_low, 1 - 2 * first_low + week_high
    return Certainty.CLEAR if low > 0 or high < 0 else Certainty.OPEN


def whether_day_1_changes(by_cohort: Records) -> Finding | None:
    """Compare day 1 of the older half of the cohorts with that of the newer half."""
    day_1 = [row for row in by_cohort if row["n"] == 1 and row["retained"] is not None]
    older, newer = day_1[: len(day_1) // 2], day_1[len(day_1) // 2 :]
    before, now = _added(older), _added(newer)
    if before.is_small or now.is_small:
        return None
    certainty, why = direction_of(now, before)
    since = on_day(newer[0]["cohort"])
    seen = (
        f"{percent(now.value)} of those new since {since} came back on day 1, {percent(before.value)} before"
    )
    if certainty is Certainty.OPEN:
        return Finding(
            found=f"Day 1 has not visibly changed: {seen}.",
            certainty=certainty,
            why=why,
        )
    fell = now.value < before.value
    return Finding(
        found=f"Day 1 has {'fallen' if fell else 'risen'}: {seen}.",
        do=f"Find out what changed around {since} (a release, where players come from) and "
        f"{'take it back' if fell else 'keep it'}.",
        certainty=certainty,
        why=why,
    )


def _added(rows: Records) -> Share:
    return Share(hits=sum(row["retained"] for row in rows), cases=sum(row["players"] for row in rows))


def whether_churn_changes(churn: Records) -> Finding | None:
    """Compare the last week's churn with that of a week before."""
    if len(churn) <= _WEEK or churn[-1 - _WEEK]["churn"] is None:
        return None
    now, before = (Share(hits=row["churned"], cases=row["at_risk"]) for row in (churn[-1], churn[-1 - _WEEK]))
    if now.is_small or before.is_small:
        return None
    certainty, why = direction_of(now, before)
    moved = "has not visibly changed"
    if certainty is Certainty.CLEAR:
        moved = "rises" if now.value > before.value else "falls"
    return Finding(
        found=f"Weekly churn {moved}: {percent(now.value)} against {percent(before.value)} a week earlier.",
        do=_ASK if moved == "rises" else "",
        certainty=certainty,
        why=why,
    )


RULES = (
    Rule(
        asks="Where are new players lost?",
        needs=("retention_weighted",),
        judge=where_new_players_are_lost,
    ),
    Rule(asks="Does day 1 change?", needs=("retention_by_cohort",), judge=whether_day_1_changes),
    Rule(asks="Does churn change?", needs=("churn_by_day",), judge=whether_churn_changes),
)
