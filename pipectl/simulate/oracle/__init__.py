"""The expected answer of each figure, in plain Python, from what the players did.

Slow and plain on purpose: it shares no line with the SQL that it checks. The functions yield the rows of
the query of the same name, in its order; `play.py` has what they have in common.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipectl.simulate.oracle import economy, money, players, progress
from pipectl.simulate.oracle.play import Play, Row

ORACLES: Mapping[str, Callable[[Play], Iterator[Row]]] = {
    oracle.__name__: oracle
    for oracle in (
        *(players.events_of_players, players.daily_active, players.churn_by_day, players.return_rate),
        *(players.retention_by_cohort, players.retention_rolling, players.retention_by_bracket),
        *(players.retention_weighted, players.sessions_by_day, players.concurrency_by_day),
        *(money.revenue_by_day, money.revenue_by_week, money.conversion_by_cohort, money.ltv_by_cohort),
        *(money.revenue_concentration, money.top_spenders),
        *(economy.economy_by_day, economy.sources_and_sinks, economy.top_items, economy.wallets),
        *(progress.level_funnel, progress.first_steps, progress.battles_by_enemy),
        *(progress.guilds_by_day, progress.guild_retention),
    )
}
"""What answers each figure, by its name."""


def expected_answers(play: Play) -> Mapping[str, list[list[Any]]]:
    """Return the rows of every figure by its name, in values that JSON has."""
    return {name: [list(row) for row in oracle(play)] for name, oracle in ORACLES.items()}
