"""Real money: what comes in, from how many, and how unevenly. Amounts are in minor units."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from pipectl.simulate.oracle.play import Play, Row, ratio

AGES = (0, 1, 3, 7, 14, 28)
_WEEK = 7
_MOST_LISTED = 100


def revenue_by_day(play: Play) -> Iterator[Row]:
    """Day, purchases, gross, refunded, net, payers, ARPDAU, paying share, mean price."""
    gross, refunded, count = Counter[int](), Counter[int](), Counter[int]()
    payers: dict[int, set[str]] = defaultdict(set)
    for purchase in play.purchases:
        gross[purchase.day] += purchase.amount_minor
        count[purchase.day] += 1
        payers[purchase.day].add(purchase.user_id)
    for refund in play.refunds:
        refunded[refund.day] -= refund.amount_minor
    for day in play.calendar:
        dau, net, buyers = len(play.active_on[day]), gross[day] - refunded[day], len(payers[day])
        yield (
            *(play.date(day), count[day], gross[day], refunded[day], net, buyers),
            *(ratio(net, dau), ratio(buyers, dau), ratio(gross[day], count[day])),
        )


def revenue_by_week(play: Play) -> Iterator[Row]:
    """First day, players, payers, net, ARPU, ARPPU; NULL for a week that is not over."""
    for first in play.calendar[::_WEEK]:
        week = range(first, first + _WEEK)
        if week.stop > play.days:
            yield play.date(first), None, None, None, None, None
            continue
        users = len(set().union(*(play.active_on[day] for day in week)))
        payers = len({purchase.user_id for purchase in play.purchases if purchase.day in week})
        net = sum(payment.amount_minor for payment in (*play.purchases, *play.refunds) if payment.day in week)
        yield play.date(first), users, payers, net, ratio(net, users), ratio(net, payers)


def conversion_by_cohort(play: Play) -> Iterator[Row]:
    """Cohort, n, size, players whose first purchase came by day n, their share."""
    first_paid: dict[str, int] = {}
    for purchase in play.purchases:
        first_paid[purchase.user_id] = min(first_paid.get(purchase.user_id, purchase.day), purchase.day)
    for cohort, players in play.cohorts.items():
        for n in AGES:
            paid = sum(first_paid.get(player, play.days) <= cohort + n for player in players)
            payers = paid if cohort + n < play.days else None
            yield play.date(cohort), n, len(players), payers, ratio(payers, len(players))


def ltv_by_cohort(play: Play) -> Iterator[Row]:
    """Cohort, n, size, net revenue of its players by day n, that for each player."""
    paid: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for payment in (*play.purchases, *play.refunds):
        paid[payment.user_id].append((payment.day, payment.amount_minor))
    for cohort, players in play.cohorts.items():
        for n in AGES:
            by_then = sum(amount for player in players for day, amount in paid[player] if day <= cohort + n)
            revenue = by_then if cohort + n < play.days else None
            yield play.date(cohort), n, len(players), revenue, ratio(revenue, len(players))


def revenue_concentration(play: Play) -> Iterator[Row]:
    """Payers, gross, share of the top 1 % and of the top 10 % of payers, Gini coefficient."""
    spent = sorted(_spent(play).values())
    payers, gross = len(spent), sum(spent)
    shares = [ratio(sum(spent[payers - math.ceil(payers / part) :]), gross) for part in (100, 10)]
    weighted = sum((2 * rank - payers - 1) * amount for rank, amount in enumerate(spent, start=1))
    yield payers, gross, *shares, ratio(weighted, payers * gross)


def top_spenders(play: Play) -> Iterator[Row]:
    """Player, purchases, gross; at most 100."""
    counts = Counter(purchase.user_id for purchase in play.purchases)
    ranked = sorted(_spent(play).items(), key=lambda each: (-each[1], each[0]))
    yield from ((player, counts[player], gross) for player, gross in ranked[:_MOST_LISTED])


def _spent(play: Play) -> Mapping[str, int]:
    spent = Counter[str]()
    for purchase in play.purchases:
        spent[purchase.user_id] += purchase.amount_minor
    return spent
