"""How the events of visits reach the collector: in batches, and not all of them as they should.

A clock may be wrong in two ways. `WRONG` is off by hours, and says so itself: `sent_at` comes from the same
clock, so the collector corrects it, up to the time that the request took. `BROKEN` is off by years and says
nothing: the collector refuses it and takes the time of receipt, which is after the simulation's last day.
A visit gets a wrong clock only where a shift by the request's time cannot change any figure.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, NamedTuple

from pipectl.simulate.gold import gold_change
from pipectl.simulate.life import Event, Visit
from pipectl.simulate.world import DAY, HOUR, MINUTE

BATCH_EVENTS = 500
"""Events in one request, more only by the last visit's rest: a visit is never cut in two."""
FUNNEL_WINDOW = 7 * DAY
"""Within which the first steps of a player are timed to the second."""

_LATE, _WRONG, _BROKEN = 0.03, 0.12, 0.04  # shares of visits; of the last two, where they may be
_REPEATED, _MALFORMED = 0.02, 0.003  # shares of events
_MARK = 5 * MINUTE  # concurrency is counted by these
_MARGIN = MINUTE  # a request takes less
_FIRST_STEPS = frozenset({"signup", "level_completed", "purchase_sword", "purchase_item", "join_guild"})
_YEARS = 1_500 * DAY
_MALFORMED_BODIES: tuple[Any, ...] = (
    {"event_type": "fly_to_the_moon", "user_id": "nobody"},
    {"event_type": "earn_gold", "user_id": "nobody", "amount": "plenty"},
    {"event_type": "purchase_sword", "user_id": "nobody", "quantity": 0},
    "not an object",
)


class Clock(Enum):
    """What kind of clock an event's time comes from."""

    RIGHT = "right"
    WRONG = "wrong"
    BROKEN = "broken"


class Item(NamedTuple):
    """One element of a request: an event with its number, or a body that is no event."""

    number: int
    event: Event | None = None
    clock: Clock = Clock.RIGHT
    offset: int = 0  # of the clock, in milliseconds
    body: Any = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """All requests in their order, the events that land within the simulation's days, and the faults."""

    batches: tuple[tuple[Item, ...], ...]
    landed: tuple[Event, ...]
    faults: Mapping[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """How many elements all requests have together."""
        return sum(map(len, self.batches))


class _Parcel(NamedTuple):
    """A visit, and the clock that it is told by."""

    visit: Visit
    clock: Clock
    offset: int


def plan_delivery(visits: Sequence[Visit], seed: int) -> Delivery:
    """Put visits into requests, with faults at set rates; pure, decided by the seed."""
    rng = Random(f"{seed}/delivery")  # noqa: S311 - a game, no secret
    faults: Counter[str] = Counter()
    on_time: list[_Parcel] = []
    late: list[_Parcel] = []
    for parcel in _parcels(sorted(visits, key=lambda visit: visit.start), rng):
        is_late = rng.random() < _LATE
        (late if is_late else on_time).append(parcel)
        faults["late visits"] += is_late
        faults[f"visits with a {parcel.clock.value} clock"] += parcel.clock is not Clock.RIGHT
    parcels = [*on_time, *late]
    batches = tuple(_batches(parcels, rng, faults))
    landed = [
        event for parcel in parcels if parcel.clock is not Clock.BROKEN for event in parcel.visit.events
    ]
    return Delivery(batches=batches, landed=tuple(landed), faults=+faults)


def _parcels(visits: Sequence[Visit], rng: Random) -> Iterator[_Parcel]:
    """Yield each visit with its clock, in the order in which they began."""
    arrivals: dict[str, int] = {}
    for visit in visits:
        arrived = arrivals.setdefault(visit.events[0].user_id, visit.start)
        roll = rng.random()
        if visit.start == arrived:
            yield _Parcel(visit, Clock.RIGHT, 0)
        elif roll < _WRONG and is_unambiguous(visit, arrived):
            yield _Parcel(visit, Clock.WRONG, rng.choice((-1, 1)) * rng.randrange(2 * HOUR, 12 * HOUR))
        elif roll > 1 - _BROKEN and gold_of(visit) <= 0:
            yield _Parcel(visit, Clock.BROKEN, rng.choice((-1, 1)) * _YEARS)
        else:
            yield _Parcel(visit, Clock.RIGHT, 0)


def is_unambiguous(visit: Visit, arrived: int) -> bool:
    """Tell whether all figures stay the same when the visit is moved by less than a minute."""
    marks = [_MARGIN < moment % _MARK < _MARK - _MARGIN for moment in (visit.start, visit.end)]
    in_one_day = (visit.start - _MARK) // DAY == (visit.end + _MARK) // DAY
    is_timed = visit.start - arrived <= FUNNEL_WINDOW + DAY
    first_steps = any(event.event_type in _FIRST_STEPS for event in visit.events)
    return all(marks) and in_one_day and not (is_timed and first_steps)


def gold_of(visit: Visit) -> int:
    """Return what a visit brings into the wallet; a lost visit may not leave a later purchase unpaid."""
    return sum(gold_change(event) for event in visit.events)


def _batches(parcels: Sequence[_Parcel], rng: Random, faults: Counter[str]) -> Iterator[tuple[Item, ...]]:
    number = 0
    batch: list[Item] = []
    again: list[Item] = []  # sent once more with the next request
    for visit, clock, offset in parcels:
        for event in visit.events:
            number += 1
            item = Item(number, event, clock, offset)
            batch.append(item)
            if rng.random() < _REPEATED:
                faults["repeated events"] += 1
                (again if rng.random() < 0.5 else batch).append(item)  # noqa: PLR2004 - as often the one as the other
            if rng.random() < _MALFORMED:
                faults["malformed events"] += 1
                batch.append(Item(0, body=rng.choice(_MALFORMED_BODIES)))
        if len(batch) >= BATCH_EVENTS:
            yield tuple(batch)
            batch, again = again, []
    if batch or again:
        yield (*batch, *again)
