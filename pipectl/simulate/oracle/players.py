"""Players: who is active, who comes back, who does not, and for how long they play."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from pipectl.simulate.oracle.play import Play, Row, exact_median, ratio
from pipectl.simulate.world import DAY, MINUTE

LAST_RETENTION_DAY = 30
RETURN_DAYS = (1, 7, 30)
BRACKETS = ((1, 3), (4, 7), (8, 14), (15, 28))
_WEEK, _MONTH = 7, 30
_MARK = 5 * MINUTE


def events_of_players(play: Play) -> Iterator[Row]:
    """Event type, events, players."""
    counts = Counter(event.event_type for event in play.events)
    players = Counter(
        event_type for event_type, _ in {(event.event_type, event.user_id) for event in play.events}
    )
    for event_type, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        yield event_type, count, players[event_type]


def daily_active(play: Play) -> Iterator[Row]:
    """Day, DAU, WAU, MAU, new users, stickiness, stickiness without new users."""
    first = play.calendar.start
    for day in play.calendar:
        dau, new = len(play.active_on[day]), len(play.cohorts.get(day, ()))
        wau = len(_active_within(play, day - _WEEK + 1, day)) if day - first >= _WEEK - 1 else None
        mau = len(_active_within(play, day - _MONTH + 1, day)) if day - first >= _MONTH - 1 else None
        actual = None if mau is None else ratio(dau - new, mau - new)
        yield play.date(day), dau, wau, mau, new, ratio(dau, mau), actual


def _active_within(play: Play, first: int, last: int) -> set[str]:
    return set().union(*(play.active_on.get(day, ()) for day in range(first, last + 1)))


def retention_by_cohort(play: Play) -> Iterator[Row]:
    """Cohort, n, size, players who were active on day n exactly, their share."""
    for cohort, players in play.cohorts.items():
        ages = Counter(day - cohort for player in players for day in play.active_days[player])
        for n in range(LAST_RETENTION_DAY + 1):
            retained = ages[n] if cohort + n < play.days else None
            yield play.date(cohort), n, len(players), retained, ratio(retained, len(players))


def retention_rolling(play: Play) -> Iterator[Row]:
    """Cohort, n, size, players who were active on day n or later, their share."""
    for cohort, players in play.cohorts.items():
        last_ages = [play.active_days[player][-1] - cohort for player in players]
        for n in range(LAST_RETENTION_DAY + 1):
            retained = sum(age >= n for age in last_ages) if cohort + n < play.days else None
            yield play.date(cohort), n, len(players), retained, ratio(retained, len(players))


def retention_by_bracket(play: Play) -> Iterator[Row]:
    """Cohort, first and last day of the bracket, size, players active within it, their share."""
    for cohort, players in play.cohorts.items():
        for first, last in BRACKETS:
            within = range(cohort + first, cohort + last + 1)
            came = sum(any(day in within for day in play.active_days[player]) for player in players)
            retained = came if cohort + last < play.days else None
            yield play.date(cohort), first, last, len(players), retained, ratio(retained, len(players))


def return_rate(play: Play) -> Iterator[Row]:
    """Day, n, players active on the day, those of them who were active n days later, their share."""
    for day in play.calendar:
        active = play.active_on[day]
        for n in RETURN_DAYS:
            returned = len(active & play.active_on[day + n]) if day + n < play.days else None
            yield play.date(day), n, len(active), returned, ratio(returned, len(active))


def retention_weighted(play: Play) -> Iterator[Row]:
    """N, complete cohorts, their players, those who were active on day n, their share."""
    for n in RETURN_DAYS:
        complete = {cohort: players for cohort, players in play.cohorts.items() if cohort + n < play.days}
        size = sum(map(len, complete.values()))
        retained = sum(
            cohort + n in play.active_days[player]
            for cohort, players in complete.items()
            for player in players
        )
        yield n, len(complete), size, retained, ratio(retained, size)


def churn_by_day(play: Play) -> Iterator[Row]:
    """Day, players active in the week before the last seven days, those not in these seven, their share."""
    for day in play.calendar:
        if day - play.calendar.start < 2 * _WEEK - 1:
            yield play.date(day), None, None, None
            continue
        before = _active_within(play, day - 2 * _WEEK + 1, day - _WEEK)
        lost = before - _active_within(play, day - _WEEK + 1, day)
        yield play.date(day), len(before), len(lost), ratio(len(lost), len(before))


def sessions_by_day(play: Play) -> Iterator[Row]:
    """Day, sessions, DAU, sessions/DAU, milliseconds played, seconds/DAU, mean and median seconds."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for session in play.sessions:
        lengths[session.day].append(session.end - session.start)
    for day in play.calendar:
        dau, played = len(play.active_on[day]), lengths[day]
        mean, median = ratio(sum(played), len(played)), exact_median(played)
        yield (
            *(play.date(day), len(played), dau, ratio(len(played), dau), sum(played)),
            *(_seconds(ratio(sum(played), dau)), _seconds(mean), _seconds(median)),
        )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1_000


def concurrency_by_day(play: Play) -> Iterator[Row]:
    """Day, the most sessions that touched one stretch of five minutes, the minute of the day it began."""
    marks = Counter(
        mark for session in play.sessions for mark in range(session.start // _MARK, session.end // _MARK + 1)
    )
    for day in play.calendar:
        of_day = range(day * DAY // _MARK, (day + 1) * DAY // _MARK)
        peak = max(of_day, key=lambda mark: (marks[mark], -mark))
        minute = (peak - of_day.start) * _MARK // MINUTE if marks[peak] else None
        yield play.date(day), marks[peak], minute
