"""Gold and real money: whether wallets fill up, when players pay, and from how few the money comes."""

from pipectl.report.advice.rules import Certainty, Finding, Rule, interval_of
from pipectl.report.certainty import FEWEST, Share
from pipectl.report.sums import Records
from pipectl.report.words import counted, money, percent

_WEEK = 7
_BALANCED = (0.9, 1.1)
"""Gold spent for each one gained: within these bounds, wallets are called steady."""
_SOON, _LATE = 3, 14
_TOP_PART = 10  # one in ten payers


def whether_wallets_fill(economy: Records, wallets: Records) -> Finding | None:
    """Compare what was gained in the last week with what was spent."""
    week = economy[-_WEEK:]
    source, sink = (sum(row[name] for row in week) for name in ("source", "sink"))
    ratios = [row["sink_ratio"] for row in week if row["sink_ratio"] is not None]
    if len(ratios) < _WEEK or not source:
        return None
    ratio, held = sink / source, wallets[0]["share_of_richest_1_percent"] or 0
    low, high = _BALANCED
    moved, do = "about as much as came in", ""
    if ratio < low:
        moved = f"{source - sink:,} more came in than went out"
        do = (
            "Add things worth buying, or pay out less: what there is too much of loses its worth. Begin with "
            f"what rich players would want, for the richest 1 % hold {percent(held)} of all gold."
        )
    elif ratio > high:
        moved, do = f"{sink - source:,} more went out than came in", "Pay out more or lower prices."
    return Finding(
        found=f"For each gold gained in the last seven days, {ratio:.2f} were spent: {moved}.",
        do=do,
        certainty=Certainty.COUNTED,
        why=f"every event counts; on single days between {min(ratios):.2f} and {max(ratios):.2f}",
    )


def when_players_first_pay(conversion: Records) -> Finding | None:
    """Of the cohorts that are two weeks old, find how many of the payers paid within the first days."""
    by_n = {
        n: {row["cohort"]: row for row in conversion if row["n"] == n and row["payers"] is not None}
        for n in (_SOON, _LATE)
    }
    old = by_n[_LATE]
    soon, late = (sum(by_n[n][cohort]["payers"] for cohort in old) for n in (_SOON, _LATE))
    players = Share(hits=late, cases=sum(row["players"] for row in old.values()))
    if late < FEWEST:
        return None
    early = Share(hits=soon, cases=late)
    return Finding(
        found=f"{percent(players.value)} of new players pay within two weeks, and {percent(early.value)} of "
        f"these have paid by day {_SOON}.",
        do=f"Make the first offer within the first {_SOON} days."
        if early.interval[0] > 1 / 2
        else "Keep offering in the second week too: many who pay decide late.",
        certainty=Certainty.CLEAR if not early.interval[0] <= 1 / 2 <= early.interval[1] else Certainty.OPEN,
        why=f"paid by day {_SOON}: {interval_of(early)}; pay at all: {interval_of(players)}",
    )


def from_how_few_the_money_comes(concentration: Records) -> Finding | None:
    """Say which part of the revenue a tenth of the payers brings."""
    row = concentration[0]
    if row["payers"] < FEWEST:
        return None
    top = -(-row["payers"] // _TOP_PART)
    return Finding(
        found=f"{counted(top, 'payers')} of {row['payers']:,} bring in {percent(row['top_10_percent'])} of "
        f"{money(row['gross_minor'])}.",
        do="Know these players, answer them first, and plan with the median payer rather than the mean: one "
        "who leaves is felt.",
        certainty=Certainty.COUNTED,
        why=f"every receipt counts; Gini coefficient {row['gini']:.2f}",
    )


RULES = (
    Rule(asks="Do wallets fill up?", needs=("economy_by_day", "wallets"), judge=whether_wallets_fill),
    Rule(asks="When do players first pay?", needs=("conversion_by_cohort",), judge=when_players_first_pay),
    Rule(
        asks="From how few players does the money come?",
        needs=("revenue_concentration",),
        judge=from_how_few_the_money_comes,
    ),
)
