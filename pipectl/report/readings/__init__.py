"""What a figure shows, in one sentence, from its rows.

    generic.py    a sentence for each kind of chart
    players.py    who plays, who comes back
    money.py      gold and real money
    progress.py   levels, first steps, guilds, battles
    quality.py    duplicates, lateness, hours that are too quiet

A figure has a sentence of its own, by its name; else its chart's. A sentence never says more than the rows:
what is not over yet, or is about few players, is said to be so.
"""

from pipectl.lake.presto import Result
from pipectl.report.queries import NamedQuery
from pipectl.report.readings import generic, money, players, progress, quality
from pipectl.report.readings.generic import NOTHING

__all__ = ["NOTHING", "read_figure"]

_OWN = {
    reader.__name__: reader
    for reader in (
        *(players.events_of_players, players.daily_active, players.churn_by_day, players.return_rate),
        *(players.retention_weighted, players.retention_by_cohort, players.retention_rolling),
        *(players.retention_by_bracket, players.sessions_by_day, players.concurrency_by_day),
        *(money.revenue_by_day, money.revenue_by_week, money.conversion_by_cohort, money.ltv_by_cohort),
        *(money.revenue_concentration, money.top_spenders),
        *(money.economy_by_day, money.sources_and_sinks, money.wallets),
        *(progress.level_funnel, progress.first_steps, progress.battles_by_enemy),
        *(progress.guilds_by_day, progress.guild_retention),
        *(quality.totals, quality.records_by_hour, quality.lateness, quality.quiet_hours),
    )
}


def read_figure(query: NamedQuery, result: Result) -> str:
    """Return the sentence under a figure."""
    if not result.rows:
        return NOTHING
    own = _OWN.get(query.name)
    return own(list(result.records())) if own else generic.BY_CHART[query.chart](query, result)
