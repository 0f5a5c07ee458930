"""First steps, levels, battles and guilds: what stands in the way, and what goes with staying."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pipectl.report.advice.rules import Certainty, Finding, Rule, direction_of, interval_of
from pipectl.report.certainty import FEWEST, Share
from pipectl.report.sums import Records
from pipectl.report.words import percent

_WALL = -0.10
"""A level is a wall when it is completed so much less than its neighbours: among dozens of levels, smaller
differences are found by chance."""


def which_step_loses_most(steps: Records) -> Finding | None:
    """Find the step before which the largest part of those who came so far is lost."""
    if any(step["players"] < FEWEST for step in steps[:-1]):
        return None
    losses = [
        (
            Share(hits=before["players"] - step["players"], cases=before["players"]),
            before["name"],
            step["name"],
        )
        for before, step in pairwise(steps)
    ]
    (most, before, step), (next_most, *_) = sorted(losses, key=lambda loss: -loss[0].value)[:2]
    certainty, why = direction_of(most, next_most)
    return Finding(
        found=f"Of those who got as far as {before}, {percent(most.value)} do not reach {step} within a week "
        "of signing up: no other of the first steps loses as many.",
        do=f"Shorten the way from {before} to {step}: offer it earlier and say what it is good for.",
        certainty=certainty,
        why=f"lost: {interval_of(most)}; to the next largest loss, {why}",
    )


def whether_a_level_is_a_wall(levels: Records) -> Finding | None:
    """Find the level that is completed least in comparison with the levels before and after it."""
    enough = [row for row in levels if row["started"] >= FEWEST]
    if len(enough) < 3:  # noqa: PLR2004 - a level and both its neighbours
        return None
    compared = [
        (_completed(row), _completed(before, after), row)
        for before, row, after in zip(enough, enough[1:], enough[2:], strict=False)
    ]
    level, beside, row = min(compared, key=lambda each: each[0].value - each[1].value)
    certainty, why = direction_of(level, beside)
    if level.value - beside.value > _WALL or certainty is Certainty.OPEN:
        return Finding(
            found="No level stands out as much harder than its neighbours.",
            certainty=Certainty.OPEN,
            why=f"the hardest, level {row['level']}: {why}",
        )
    return Finding(
        found=f"Level {row['level']} is a wall: {percent(level.value)} of its starts are completed, and "
        f"{percent(beside.value)} on the levels beside it.",
        do=f"Make level {row['level']} easier or explain it better, and compare its completion rate before "
        f"and after. {row['stuck']:,} players stopped playing on it.",
        certainty=certainty,
        why=why,
    )


def _completed(*rows: Mapping[str, Any]) -> Share:
    return Share(hits=sum(row["completed"] for row in rows), cases=sum(row["started"] for row in rows))


def whether_enemies_differ(battles: Records) -> Finding | None:
    """Compare the enemy that is beaten least with the one that is beaten most."""
    enough = [row for row in battles if row["battles"] >= FEWEST]
    if len(enough) < 2:  # noqa: PLR2004 - there is nothing to compare one with
        return None
    hardest, easiest = (pick(enough, key=lambda row: row["win_rate"]) for pick in (min, max))
    least, most = (Share(hits=row["won"], cases=row["battles"]) for row in (hardest, easiest))
    certainty, why = direction_of(least, most)
    return Finding(
        found=f"Players beat the {hardest['enemy']} in {percent(least.value)} of battles, and the "
        f"{easiest['enemy']} in {percent(most.value)}.",
        do=f"Decide whether that is meant. If not, weaken the {hardest['enemy']} in small steps and watch "
        "this figure; the data do not say what was intended.",
        certainty=certainty,
        why=f"{hardest['enemy']}: {interval_of(least)}; {why}",
    )


def whether_guilds_go_with_staying(groups: Records) -> Finding | None:
    """Compare day 7 of those who joined a guild early with that of those who did not."""
    joined, alone = (Share(hits=row["returned"], cases=row["players"]) for row in groups)
    if joined.is_small or alone.is_small:
        return None
    certainty, why = direction_of(joined, alone)
    if certainty is Certainty.OPEN:
        return Finding(
            found="Whether early guild members come back more often cannot be told yet: on day 7, "
            f"{percent(joined.value)} of them and {percent(alone.value)} of the others did.",
            certainty=certainty,
            why=why,
        )
    more = joined.value > alone.value
    return Finding(
        found=f"Players who join a guild on their first or second day come back on day 7 "
        f"{'more' if more else 'less'} often: {percent(joined.value)} against {percent(alone.value)}.",
        do="Test whether guilds are the reason: invite a random half of the new players on their first day, "
        "and compare day 7. Keener players may simply join more.",
        certainty=certainty,
        why=f"{why}; the difference is clear, its cause is not",
    )


RULES = (
    Rule(asks="Is a level too hard?", needs=("level_funnel",), judge=whether_a_level_is_a_wall),
    Rule(asks="Which first step loses most?", needs=("first_steps",), judge=which_step_loses_most),
    Rule(
        asks="Do guilds go with coming back?",
        needs=("guild_retention",),
        judge=whether_guilds_go_with_staying,
    ),
    Rule(asks="Are enemies balanced?", needs=("battles_by_enemy",), judge=whether_enemies_differ),
)
