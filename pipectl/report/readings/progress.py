"""Levels, first steps, guilds and battles. Each function reads the rows of the figure of its name."""

from pipectl.report.certainty import FEWEST, Share
from pipectl.report.sums import Records
from pipectl.report.words import counted, on_day, percent


def level_funnel(rows: Records) -> str:
    """Name the level that is completed least, and the one on which most players stopped."""
    enough = [row for row in rows if row["started"] >= FEWEST]
    if not enough:
        return f"No level was started {FEWEST} times yet: too few to compare."
    hardest = min(enough, key=lambda row: row["completion_rate"])
    text = (
        f"Level {hardest['level']} is completed least, {percent(hardest['completion_rate'])} of "
        f"{counted(hardest['started'], 'starts')}, among {len(enough)} levels with {FEWEST} starts or more"
    )
    stuck = max(rows, key=lambda row: int(row["stuck"]))
    if stuck["stuck"]:
        text += f"; most players who stopped, {stuck['stuck']:,}, did so on level {stuck['level']}"
    return f"{text}."


def first_steps(rows: Records) -> str:
    """Say how many went all the way, and where most were lost."""
    first, last = rows[0], rows[-1]
    if not first["players"]:
        return "Nobody has signed up yet."
    players = counted(first["players"], "players")
    text = f"Of {players} who signed up, {percent(last['of_all'])} went all the way"
    worst = max((row for row in rows if row["drop_off"] is not None), key=lambda row: row["drop_off"])
    if worst["drop_off"]:
        lost = percent(worst["drop_off"])
        text += f"; the largest loss is before {worst['name']}, {lost} of those who came so far"
    return f"{text}."


def battles_by_enemy(rows: Records) -> str:
    """Name the enemy that is beaten least, with its interval."""
    hardest, total = min(rows, key=lambda row: row["win_rate"]), sum(row["battles"] for row in rows)
    few = ", few: this says little" if hardest["is_small"] else ""
    return (
        f"{counted(total, 'battles')}, {counted(len(rows), 'kinds')} of enemy; {hardest['enemy']} is beaten "
        f"least, in {percent(hardest['win_rate'])} of {counted(hardest['battles'], 'battles')} "
        f"({percent(hardest['low'])} to {percent(hardest['high'])}{few})."
    )


def guilds_by_day(rows: Records) -> str:
    """Say how many players are in a guild at the end, and how that moved on the last day."""
    last = rows[-1]
    if not any(row["members"] or row["joins"] for row in rows):
        return "Nobody is in a guild yet."
    text = f"{counted(last['members'], 'players')} in a guild at the end of {on_day(last['day'])}"
    if last["share_of_dau"] is not None:
        text += f", among them {percent(last['share_of_dau'])} of those who were active"
    if last["median_size"]:
        text += f"; half of the guilds have {last['median_size']:g} members or more"
    return f"{text}. {last['joins']:,} joined on that day and {last['leaves']:,} left."


def guild_retention(rows: Records) -> str:
    """Say whether early guild members came back more often."""
    joined, alone = (Share(hits=row["returned"], cases=row["players"]) for row in rows)
    if not joined.cases or not alone.cases:
        return "No cohort's day 7 is over with players on both sides: nothing to compare yet."
    low, high = joined.minus(alone)
    return (
        f"{percent(joined.value)} of {joined.cases:,} who joined early came back on day 7, and "
        f"{percent(alone.value)} of {alone.cases:,} who did not: a difference between {100 * low:+.0f} and "
        f"{100 * high:+.0f} percentage points."
    )
