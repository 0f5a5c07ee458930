"""What an event does to its player's wallet: the same as the state rules of the demo game's catalog."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pipectl.simulate.life import Event


class Flow(NamedTuple):
    """In which direction gold goes, by the product of which fields, and the field that says for what."""

    sign: int
    factors: tuple[str, ...]
    item: str | None


FLOWS: Mapping[str, Flow] = MappingProxyType(
    {
        "earn_gold": Flow(1, ("amount",), "source"),
        "sell_item": Flow(1, ("price", "quantity"), "item"),
        "iap_purchase": Flow(1, ("gold",), "product"),
        "spend_gold": Flow(-1, ("amount",), "purpose"),
        "purchase_sword": Flow(-1, ("price", "quantity"), "sword_type"),
        "purchase_item": Flow(-1, ("price", "quantity"), "kind"),
        "iap_refund": Flow(-1, ("gold",), None),
    }
)
"""The event types that move gold."""


def gold_change(event: Event) -> int:
    """Return what an event does to its player's wallet; nothing for most of them."""
    flow = FLOWS.get(event.event_type)
    return flow.sign * math.prod(event.fields[factor] for factor in flow.factors) if flow else 0
