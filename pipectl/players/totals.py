"""What Presto alone says of all players together: sources minus sinks, added up from the raw rows.

Only what is added and subtracted without bounds is a sum, whatever the order: wallets and inventories, and
neither health, which is held between 0 and 100, nor a guild.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pipectl.catalog import Catalog
from pipectl.lake.presto import Presto, literal, load_query
from pipectl.players.state import Offsets, PlayerState
from pipectl.state_rules import StateRule


def summed_names(catalog: Catalog) -> list[str]:
    """Return the names of what can be summed up."""
    rules = [rule for event in catalog for rule in event.state]
    set_anywhere = {rule.target for rule in rules if not rule.has_amount}
    return [
        name
        for name, field in catalog.player.items()
        if field.type in ("integer", "items") and not field.is_bounded and name not in set_anywhere
    ]


def totals_of(catalog: Catalog, players: Mapping[str, PlayerState]) -> dict[str, int]:
    """Return the sums over all players, as these states have them."""
    return {
        name: sum(_sum(state.values.get(name, 0)) for state in players.values())
        for name in summed_names(catalog)
    }


def totals_in_presto(presto: Presto, catalog: Catalog, until: Offsets) -> dict[str, int]:
    """Return the sums over the rows below `until`, computed by Presto."""
    names = summed_names(catalog)
    if not names or not any(until.values()):
        return dict.fromkeys(names, 0)
    columns = ", ".join(["count(DISTINCT user_id)", *(_sum_sql(catalog, name) for name in names)])
    bounds = (f"kafka_partition = {number} AND kafka_offset < {end}" for number, end in until.items())
    statement = load_query("totals_of_players").format(columns=columns, below=" OR ".join(bounds))
    players, *sums = presto.query(statement).rows[0]
    starts = [catalog.player[name].first_value for name in names]
    return {
        name: int(found) + players * _sum(start)
        for name, found, start in zip(names, sums, starts, strict=True)
    }


def _sum_sql(catalog: Catalog, name: str) -> str:
    """Write the sum of what all rules do to one thing.

    The names are the catalog's, which are checked to be plain words; all values are written as literals.
    """
    terms = [
        f"CASE WHEN {_condition(event.name, rule)} THEN {_amount(rule)} ELSE 0 END"
        for event in catalog
        for rule in event.state
        if rule.target == name
    ]
    return f"coalesce(sum({' + '.join(terms)}), 0)" if terms else "0"


def _condition(event_type: str, rule: StateRule) -> str:
    parts = [f"event_type = {literal(event_type)}"]
    parts += [f'"{name}" = {literal(value)}' for name, value in rule.when.items()]
    parts += [f'"{name}" IS NOT NULL' for name in rule.names.values()]
    return " AND ".join(parts)


def _amount(rule: StateRule) -> str:
    sign = "-" if rule.action == "subtract" else ""
    return f"{sign}{_factor(rule.by)} * {_factor(rule.times)}"


def _factor(value: Any) -> str:
    """Write a factor; as a decimal, whose products and sums are exact where a bigint's overflow."""
    return f'CAST("{value}" AS decimal(19, 0))' if isinstance(value, str) else f"DECIMAL '{value}'"


def _sum(value: Any) -> int:
    counts = value.values() if isinstance(value, Mapping) else [value]
    return sum(int(Decimal(count)) for count in counts)
