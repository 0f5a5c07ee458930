"""Some days of a few players, and what the figures of them are, worked out with pencil and paper.

TEN_DAYS, for the edges of days, cohorts, sessions, money and guilds:
    ann   plays the first evening over midnight, with a receipt that comes twice and a refund; leaves her
          guild and joins it again; comes back on day 7
    bob   starts a level and gives up; pauses exactly half an hour, then a millisecond more; pays in EUR
    cat   is new on day 5, so that her day 7 is not over; buys twice without a name of the transaction
    dan   has nothing but a refund, which is not his doing: he never was active

FUNNEL, for the order and the window of the first steps:
    eve   signs up twice: only the second time leads on, with a level at the same moment, and to a guild at
          the very end of the window
    fay   buys before she completes a level, and not after it
    gil   buys a millisecond too late
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipectl.simulate.life import Event
from pipectl.simulate.world import DAY, HOUR, MINUTE, SECOND

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What some players did, and the rows of figures; in those of `by_day` a day is written as its number."""

    name: str
    days: int
    events: Sequence[Event]
    by_day: Mapping[str, Rows]
    plain: Mapping[str, Rows]

    def __str__(self) -> str:
        return self.name

    def rows(self, figure: str, first_day: date) -> Rows:
        if figure in self.plain:
            return self.plain[figure]
        return [((first_day + timedelta(days=row[0])).isoformat(), *row[1:]) for row in self.by_day[figure]]


_TEN, _NOON = 10 * HOUR, 12 * HOUR
_PAID = {"transaction_id": "t1", "amount_minor": 499, "currency": "USD"}
_EUROS = {"transaction_id": "t2", "amount_minor": 1_999, "currency": "EUR", "gold": 2_400}
_UNNAMED = {"amount_minor": 100, "currency": "USD", "gold": 0}

_EVENTS = (
    Event("ann", _TEN, "signup", {}),
    Event("ann", _TEN + MINUTE, "level_started", {"level": 1}),
    Event("ann", _TEN + 2 * MINUTE, "level_failed", {"level": 1}),
    Event("ann", _TEN + 3 * MINUTE, "level_started", {"level": 1}),
    Event("ann", _TEN + 4 * MINUTE, "level_completed", {"level": 1}),
    Event("ann", _TEN + 5 * MINUTE, "earn_gold", {"amount": 500, "source": "quest"}),
    Event("ann", _TEN + 6 * MINUTE, "purchase_sword", {"sword_type": "rapier", "price": 50, "quantity": 2}),
    Event("ann", _TEN + 7 * MINUTE, "join_guild", {"guild_name": "dawn"}),
    Event("ann", _TEN + 8 * MINUTE, "iap_purchase", {**_PAID, "product": "gold_pouch", "gold": 500}),
    Event("ann", DAY - 1, "login", {}),
    Event("ann", DAY, "earn_gold", {"amount": 50, "source": "loot"}),
    Event("ann", DAY + SECOND // 2, "iap_purchase", {**_PAID, "product": "gold_pouch", "gold": 0}),
    Event("ann", 2 * DAY + _NOON, "leave_guild", {"guild_name": "dawn"}),
    Event("ann", 2 * DAY + _NOON + 10 * MINUTE, "join_guild", {"guild_name": "dawn"}),
    Event("ann", 3 * DAY + 5 * HOUR, "iap_refund", {**_PAID, "gold": 500}),
    Event("ann", 7 * DAY + 9 * HOUR, "login", {}),
    Event("bob", _NOON, "signup", {}),
    Event("bob", _NOON + MINUTE, "level_started", {"level": 1}),
    Event("bob", _NOON + 31 * MINUTE, "earn_gold", {"amount": 10, "source": "loot"}),
    Event("bob", _NOON + 61 * MINUTE + 1, "earn_gold", {"amount": 10, "source": "loot"}),
    Event("bob", 2 * DAY + _NOON, "iap_purchase", {**_EUROS, "product": "gold_chest"}),
    Event("cat", 5 * DAY + 8 * HOUR, "signup", {}),
    Event("cat", 5 * DAY + 8 * HOUR + MINUTE, "iap_purchase", _UNNAMED),
    Event("cat", 5 * DAY + 8 * HOUR + 2 * MINUTE, "iap_purchase", _UNNAMED),
    Event("dan", 4 * DAY, "iap_refund", {**_UNNAMED, "transaction_id": "t9", "amount_minor": 300}),
)

_SILENT: tuple[Any, ...] = (0, 0, None, 0, None, None, None)
_BY_DAY: Mapping[str, Rows] = {
    "daily_active": [
        (0, 2, None, None, 2, None, None),
        (1, 1, None, None, 0, None, None),
        (2, 2, None, None, 0, None, None),
        (3, 0, None, None, 0, None, None),
        (4, 0, None, None, 0, None, None),
        (5, 1, None, None, 1, None, None),
        (6, 0, 3, None, 0, None, None),
        (7, 1, 3, None, 0, None, None),
        (8, 0, 3, None, 0, None, None),
        (9, 0, 2, None, 0, None, None),
    ],
    "retention_by_cohort": [
        *((0, n, 2, came, came / 2) for n, came in enumerate((2, 1, 2, 0, 0, 0, 0, 1, 0, 0))),
        *((0, n, 2, None, None) for n in range(10, 31)),
        *((5, n, 1, came, came / 1) for n, came in enumerate((1, 0, 0, 0, 0))),
        *((5, n, 1, None, None) for n in range(5, 31)),
    ],
    "sessions_by_day": [
        (0, 4, 2, 2.0, 2_340_501, 1_170.2505, 585.12525, 240.2505),
        (1, 0, 1, 0.0, 0, 0.0, None, None),
        (2, 2, 2, 1.0, 600_000, 300.0, 300.0, 300.0),
        (3, *_SILENT),
        (4, *_SILENT),
        (5, 1, 1, 1.0, 120_000, 120.0, 120.0, 120.0),
        (6, *_SILENT),
        (7, 1, 1, 1.0, 0, 0.0, 0.0, 0.0),
        (8, *_SILENT),
        (9, *_SILENT),
    ],
    "revenue_by_day": [
        (0, 1, 499, 0, 499, 1, 249.5, 0.5, 499.0),
        (1, 0, 0, 0, 0, 0, 0.0, 0.0, None),
        (2, 0, 0, 0, 0, 0, 0.0, 0.0, None),
        (3, 0, 0, 499, -499, 0, None, None, None),
        (4, 0, 0, 300, -300, 0, None, None, None),
        (5, 2, 200, 0, 200, 1, 200.0, 1.0, 100.0),
        (6, 0, 0, 0, 0, 0, None, None, None),
        (7, 0, 0, 0, 0, 0, 0.0, 0.0, None),
        (8, 0, 0, 0, 0, 0, None, None, None),
        (9, 0, 0, 0, 0, 0, None, None, None),
    ],
    "ltv_by_cohort": [
        (0, 0, 2, 499, 249.5),
        (0, 1, 2, 499, 249.5),
        (0, 3, 2, 0, 0.0),
        (0, 7, 2, 0, 0.0),
        (0, 14, 2, None, None),
        (0, 28, 2, None, None),
        (5, 0, 1, 200, 200.0),
        (5, 1, 1, 200, 200.0),
        (5, 3, 1, 200, 200.0),
        *((5, n, 1, None, None) for n in (7, 14, 28)),
    ],
    "guilds_by_day": [
        (0, 1, 1, 0, 1, 1, 1.0, 0.5),
        (1, 1, 0, 0, 0, 1, 1.0, 1.0),
        (2, 1, 1, 1, 0, 1, 1.0, 0.5),
        (3, 1, 0, 0, 0, 0, 1.0, None),
        (4, 1, 0, 0, 0, 0, 1.0, None),
        (5, 1, 0, 0, 0, 0, 1.0, 0.0),
        (6, 1, 0, 0, 0, 0, 1.0, None),
        (7, 1, 0, 0, 0, 1, 1.0, 1.0),
        (8, 1, 0, 0, 0, 0, 1.0, None),
        (9, 1, 0, 0, 0, 0, 1.0, None),
    ],
    "revenue_by_week": [(0, 3, 2, -100, -100 / 3, -50.0), (7, None, None, None, None, None)],
}
_PLAIN: Mapping[str, Rows] = {
    "retention_weighted": [(1, 2, 3, 1, 1 / 3), (7, 1, 2, 1, 0.5), (30, 0, 0, 0, None)],
    "revenue_concentration": [(2, 699, 499 / 699, 499 / 699, 299 / 1_398)],
    "wallets": [(4, 2_870, 0, 0, 2_420, 2_420, 2_420 / 2_870, 0)],
    "level_funnel": [(1, 3, 1, 1, 1 / 3, 1 / 3, 1 / 3, 2.0, 1)],
    "first_steps": [
        (1, "signup", 3, 1.0, None, None, 0.0),
        (2, "level_completed", 1, 1 / 3, 1 / 3, 2 / 3, 240.0),
        (3, "purchase_sword", 1, 1 / 3, 1.0, 0.0, 360.0),
        (4, "join_guild", 1, 1 / 3, 1.0, 0.0, 420.0),
    ],
    "guild_retention": [(True, 1, 1, 1.0), (False, 1, 0, 0.0)],
    "battles_by_enemy": [],
}

TEN_DAYS = Story(name="ten-days", days=10, events=_EVENTS, by_day=_BY_DAY, plain=_PLAIN)
FUNNEL = Story(
    name="funnel",
    days=16,
    events=(
        Event("eve", 0, "signup", {}),
        Event("eve", 8 * DAY, "signup", {}),
        Event("eve", 8 * DAY, "level_completed", {"level": 1}),
        Event("eve", 8 * DAY + HOUR, "purchase_item", {"kind": "bow", "price": 1, "quantity": 1}),
        Event("eve", 15 * DAY, "join_guild", {"guild_name": "dawn"}),
        Event("fay", 0, "signup", {}),
        Event("fay", MINUTE, "purchase_item", {"kind": "bow", "price": 1, "quantity": 1}),
        Event("fay", 2 * MINUTE, "level_completed", {"level": 1}),
        Event("fay", 3 * MINUTE, "join_guild", {"guild_name": "dawn"}),
        Event("gil", 0, "signup", {}),
        Event("gil", MINUTE, "level_completed", {"level": 1}),
        Event("gil", 7 * DAY + 1, "purchase_sword", {"sword_type": "rapier", "price": 1, "quantity": 1}),
    ),
    by_day={},
    plain={
        "first_steps": [
            (1, "signup", 3, 1.0, None, None, 0.0),
            (2, "level_completed", 3, 1.0, 1.0, 0.0, 60.0),
            (3, "purchase_sword", 1, 1 / 3, 1 / 3, 2 / 3, 3_600.0),
            (4, "join_guild", 1, 1 / 3, 1.0, 0.0, 604_800.0),
        ]
    },
)
STORIES = (TEN_DAYS, FUNNEL)
CASES = [(story, figure) for story in STORIES for figure in (*story.by_day, *story.plain)]
"""Each story with each figure that was worked out for it."""
