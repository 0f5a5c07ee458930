"""Gold, which is never revenue, and real money. Each function reads the rows of the figure of its name."""

from pipectl.report.sums import Records, totals_by
from pipectl.report.words import counted, joined, money, on_day, percent

_WEEK = 7
_NOBODY_PAID = "Nobody has paid with real money yet."


def revenue_by_day(rows: Records) -> str:
    """Say what came in, what was refunded, and what an active player brought in on the last day."""
    gross, refunded = (sum(row[name] for row in rows) for name in ("gross_minor", "refunded_minor"))
    if not gross and not refunded:
        return _NOBODY_PAID
    back = f", and {money(refunded)} refunded" if refunded else ""
    text = f"{money(gross)} were paid in {counted(len(rows), 'days')}{back}"
    last = rows[-1]
    if last["arpdau_minor"] is None:
        return f"{text}."
    return (
        f"{text}. On {on_day(last['day'])} an active player brought in {money(last['arpdau_minor'])}, and "
        f"{percent(last['paying_share'])} of them paid."
    )


def revenue_by_week(rows: Records) -> str:
    """Say what a player and a payer brought in within the last week that is over."""
    over = [row for row in rows if row["players"]]
    if not over:
        return "No week is over yet."
    last, week = over[-1], on_day(over[-1]["starts"])
    text = f"In the week from {week} an active player brought in {money(last['arpu_minor'])}"
    if last["arppu_minor"] is not None:
        text += f" and a paying one {money(last['arppu_minor'])} ({counted(last['payers'], 'payers')})"
    if len(over) > 1:
        text += f"; in the week before it was {money(over[-2]['arpu_minor'])} for each player"
    return f"{text}."


def conversion_by_cohort(rows: Records) -> str:
    """Say which share of new players had paid by day N."""
    parts = [
        f"{percent(payers / players)} by the end of day {n} (of {players:,})"
        for (n,), (payers, players) in totals_by(rows, ["n"], "payers", "players").items()
    ]
    return f"New players had paid: {joined(parts)}." if parts else "No cohort's first day is over yet."


def ltv_by_cohort(rows: Records) -> str:
    """Say what a new player had brought in by day N."""
    parts = [
        f"{money(net / players)} by the end of day {n}"
        for (n,), (net, players) in totals_by(rows, ["n"], "net_minor", "players").items()
    ]
    return f"A new player had brought in {joined(parts)}." if parts else "No cohort's first day is over yet."


def revenue_concentration(rows: Records) -> str:
    """Say how much of the revenue a few payers bring."""
    row = rows[0]
    if not row["payers"]:
        return _NOBODY_PAID
    return (
        f"Of {counted(row['payers'], 'payers')}, the top 1 % brought in {percent(row['top_1_percent'])} "
        f"of {money(row['gross_minor'])}, the top 10 % {percent(row['top_10_percent'])}; "
        f"the Gini coefficient is {row['gini']:.2f}."
    )


def top_spenders(rows: Records) -> str:
    """Say who paid most."""
    first, total = rows[0], sum(row["gross_minor"] for row in rows)
    share = percent(first["gross_minor"] / total) if total else "nothing"
    return (
        f"{first['user_id']} paid most: {money(first['gross_minor'])} in "
        f"{counted(first['purchases'], 'purchases')}, {share} of what the {len(rows)} players listed paid."
    )


def economy_by_day(rows: Records) -> str:
    """Say how much gold the last week brought and took, and how much there is now."""
    week, supply = rows[-_WEEK:], rows[-1]["supply"]
    source, sink = (sum(row[name] for row in week) for name in ("source", "sink"))
    span = counted(len(week), "days")
    if not source:
        return f"No gold was gained within the last {span}; all wallets together hold {supply:,}."
    return (
        f"Within the last {span} players gained {source:,} gold and spent {sink:,}, {sink / source:.2f} for "
        f"each one gained; all wallets together held {supply:,} at the end."
    )


def sources_and_sinks(rows: Records) -> str:
    """Name the largest source and the largest sink; the rows of each begin with its largest."""
    parts = []
    for flow, verb in (("source", "comes from"), ("sink", "goes to")):
        largest = next((row for row in rows if row["flow"] == flow and row["gold"]), None)
        if largest:
            item = f" ({largest['item']})" if largest["item"] else ""
            share = percent(largest["share_of_flow"])
            parts.append(f"most gold {verb} {largest['event_type']}{item}, {share}")
    return f"{joined(parts).capitalize()}." if parts else "No gold has moved yet."


def wallets(rows: Records) -> str:
    """Say how gold is spread over the players."""
    row = rows[0]
    if not row["players"]:
        return "No player has a wallet yet."
    richest, negative = row["share_of_richest_1_percent"], row["below_zero"]
    held = f"; the richest 1 % hold {percent(richest)} of it" if richest is not None else ""
    below = f"{negative:,} are below zero: a fault" if negative else "none is below zero"
    return (
        f"Of {counted(row['players'], 'wallets')} half hold {row['p50']:,} gold or less, "
        f"nine of ten {row['p90']:,} or less{held}; {below}."
    )
