"""Progress: levels, first steps, guilds, battles."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from pipectl.simulate.life import Event
from pipectl.simulate.oracle.play import Play, Row, exact_median, ratio
from pipectl.simulate.world import DAY

INACTIVE_DAYS = 7
FUNNEL = (("signup",), ("level_completed",), ("purchase_sword", "purchase_item"), ("join_guild",))
FUNNEL_WINDOW = 7 * DAY
SMALL = 30
"""Fewer battles than this say little."""
_Z = 1.96  # of a 95 % interval


def level_funnel(play: Play) -> Iterator[Row]:
    """Level, started, completed, failed, their shares, abandoned share, attempts, players stuck."""
    counts = {kind: _by_level(play, f"level_{kind}") for kind in ("started", "completed", "failed")}
    attempts, winners = _attempts(play)
    stuck = _stuck(play)
    for level in sorted(set().union(*counts.values())):
        started, completed, failed = (counts[kind][level] for kind in ("started", "completed", "failed"))
        yield (
            *(level, started, completed, failed, ratio(completed, started), ratio(failed, started)),
            *(ratio(started - completed - failed, started), ratio(attempts[level], winners[level])),
            stuck[level],
        )


def _by_level(play: Play, event_type: str) -> Counter[int]:
    return Counter(event.fields["level"] for event in play.of_type(event_type))


def _attempts(play: Play) -> tuple[Counter[int], Counter[int]]:
    """Return for each level the starts up to its players' first completions, and how many players it had."""
    attempts, winners = Counter[int](), Counter[int]()
    for events in play.by_player.values():
        done: dict[int, int] = {}
        for event in events:
            if event.event_type == "level_completed":
                done.setdefault(event.fields["level"], event.at)
        winners.update(done.keys())
        attempts.update(
            event.fields["level"]
            for event in events
            if event.event_type == "level_started" and event.at <= done.get(event.fields["level"], -1)
        )
    return attempts, winners


def _stuck(play: Play) -> Counter[int]:
    """Count by the level started last the players who were not active in the last seven days."""
    stuck = Counter[int]()
    for player, days in play.active_days.items():
        levels = [
            event.fields["level"] for event in play.by_player[player] if event.event_type == "level_started"
        ]
        if levels and days[-1] < play.days - INACTIVE_DAYS:
            stuck[levels[-1]] += 1
    return stuck


def first_steps(play: Play) -> Iterator[Row]:
    """Step, name, players, share of the first step, of the step before, drop-off, median seconds."""
    times: list[list[int]] = [[] for _ in FUNNEL]
    for events in play.by_player.values():
        for step, milliseconds in _furthest(events).items():
            times[step].append(milliseconds)
    counts = [len(each) for each in times]
    for step, players in enumerate(counts):
        kept = ratio(players, counts[step - 1]) if step else None
        median = exact_median(times[step])
        yield (
            *(step + 1, FUNNEL[step][0], players, ratio(players, counts[0]), kept),
            *(None if kept is None else 1 - kept, None if median is None else median / 1_000),
        )


def _furthest(events: Sequence[Event]) -> Mapping[int, int]:
    """Return for each step that is reached in order and in time how long after the first one it came."""
    reached: dict[int, int] = {}
    for start in (event.at for event in events if event.event_type in FUNNEL[0]):
        at = start
        for step, event_types in enumerate(FUNNEL):
            later = [event.at for event in events if event.event_type in event_types and event.at >= at]
            if not later or later[0] - start > FUNNEL_WINDOW:
                break
            at = later[0] if step else start
            reached.setdefault(step, at - start)
    return reached


def guilds_by_day(play: Play) -> Iterator[Row]:
    """Day, members, joins, leaves, net, guilds with an active member, median size, members' share of DAU."""
    members = _members(play)
    joins, leaves = (
        Counter(event.at // DAY for event in play.of_type(kind)) for kind in ("join_guild", "leave_guild")
    )
    for day in play.calendar:
        guild_of, active = members[day], play.active_on[day]
        active_members = [player for player in guild_of if player in active]
        sizes = list(Counter(guild_of.values()).values())
        yield (
            *(play.date(day), len(guild_of), joins[day], leaves[day], joins[day] - leaves[day]),
            len({guild_of[player] for player in active_members}),
            *(exact_median(sizes), ratio(len(active_members), len(active))),
        )


def _members(play: Play) -> Mapping[int, Mapping[str, str]]:
    """Return who is in which guild at the end of each day: what a player did last decides."""
    members: dict[int, dict[str, str]] = defaultdict(dict)
    for player, events in play.by_player.items():
        moves = [event for event in events if event.event_type in ("join_guild", "leave_guild")]
        for move, after in pairwise([*moves, None]):
            if move and move.event_type == "join_guild":
                for day in range(move.at // DAY, after.at // DAY if after else play.days):
                    members[day][player] = move.fields["guild_name"]
    return members


def guild_retention(play: Play) -> Iterator[Row]:
    """Whether players joined a guild on day 0 or 1, players, those active on day 7, their share."""
    early = {
        event.user_id
        for event in play.of_type("join_guild")
        if event.at // DAY <= play.active_days[event.user_id][0] + 1
    }
    groups: dict[bool, list[bool]] = {True: [], False: []}
    for cohort, players in play.cohorts.items():
        for player in players if cohort + INACTIVE_DAYS < play.days else ():
            groups[player in early].append(cohort + INACTIVE_DAYS in play.active_days[player])
    for joined, returned in groups.items():
        yield joined, len(returned), sum(returned), ratio(sum(returned), len(returned))


def battles_by_enemy(play: Play) -> Iterator[Row]:
    """Enemy, battles, share of all battles, won, win rate, its 95 % interval, whether it says little."""
    battles = Counter(event.fields["enemy"] for event in play.of_type("battle"))
    won = Counter(
        event.fields["enemy"] for event in play.of_type("battle") if event.fields["outcome"] == "won"
    )
    for enemy, count in sorted(battles.items(), key=lambda each: (-each[1], each[0])):
        rate = won[enemy] / count
        low, high = wilson_interval(rate, count)
        yield enemy, count, ratio(count, battles.total()), won[enemy], rate, low, high, count < SMALL


def wilson_interval(rate: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927), which also holds for few cases, 0 and 1."""
    spread = _Z * _Z / count
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(rate * (1 - rate) / count + spread / (4 * count))
    return middle - half, middle + half
