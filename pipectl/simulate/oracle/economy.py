"""Gold: where it comes from, where it goes, who has it."""

import math
from collections import Counter
from collections.abc import Iterator

from pipectl.simulate.gold import FLOWS, gold_change
from pipectl.simulate.life import Event
from pipectl.simulate.oracle.play import Play, Row, ratio
from pipectl.simulate.world import DAY

_MOST_LISTED = 100


def economy_by_day(play: Play) -> Iterator[Row]:
    """Day, source, sink, net, sink ratio, source and sink per DAU, supply at the day's end, inflation."""
    sources, sinks = Counter[int](), Counter[int]()
    for event in play.events:
        change = gold_change(event)
        (sources if change > 0 else sinks)[event.at // DAY] += abs(change)
    supply = 0
    for day in play.calendar:
        source, sink, dau = sources[day], sinks[day], len(play.active_on[day])
        before, supply = supply, supply + source - sink
        yield (
            *(play.date(day), source, sink, source - sink, ratio(sink, source)),
            *(ratio(source, dau), ratio(sink, dau), supply, ratio(source - sink, before)),
        )


def sources_and_sinks(play: Play) -> Iterator[Row]:
    """Flow, event type, item, events, gold, share of the flow's gold."""
    counts, gold, totals = Counter[Row](), Counter[Row](), Counter[str]()
    for event in play.of_type(*FLOWS):
        flow = "source" if FLOWS[event.event_type].sign > 0 else "sink"
        key = (flow, event.event_type, _item_of(event))
        counts[key] += 1
        gold[key] += abs(gold_change(event))
        totals[flow] += abs(gold_change(event))
    for key in sorted(counts, key=lambda each: (each[0], -gold[each], each[1], each[2] or "")):
        yield *key, counts[key], gold[key], ratio(gold[key], totals[key[0]])


def _item_of(event: Event) -> str | None:
    field = FLOWS[event.event_type].item
    return event.fields[field] if field else None


def top_items(play: Play) -> Iterator[Row]:
    """Event type, item, how many were bought, for how much gold; at most 100."""
    bought, gold = Counter[Row](), Counter[Row]()
    for event in play.of_type("purchase_sword", "purchase_item"):
        key = (event.event_type, _item_of(event))
        bought[key] += event.fields["quantity"]
        gold[key] += abs(gold_change(event))
    ranked = sorted(bought, key=lambda each: (-gold[each], each))
    yield from ((*key, bought[key], gold[key]) for key in ranked[:_MOST_LISTED])


def wallets(play: Play) -> Iterator[Row]:
    """Players, gold, p10, p50, p90, p99, share of the richest 1 %, players below zero."""
    held = sorted(sum(map(gold_change, events)) for events in play.by_player.values())
    players = len(held)
    percentiles = [held[math.ceil(players * part / 100) - 1] if held else None for part in (10, 50, 90, 99)]
    richest = held[players - math.ceil(players / 100) :]
    below = sum(balance < 0 for balance in held)
    yield players, sum(held), *percentiles, ratio(sum(richest), sum(held)), below
