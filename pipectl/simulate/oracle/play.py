"""What the oracle works on: the events that count, and what several figures need of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from pipectl.simulate.life import Event
from pipectl.simulate.world import DAY, SESSION_GAP

Row = tuple[Any, ...]
NOT_BY_THE_PLAYER = "iap_refund"
"""The one event type that no player starts: it makes nobody active."""
REPORTING_CURRENCY = "USD"
"""Money of two currencies is never added up; there is no table of rates."""


class GameSession(NamedTuple):
    """Events of a player without a pause longer than SESSION_GAP; times in milliseconds."""

    user_id: str
    start: int
    end: int

    @property
    def day(self) -> int:
        """The day that it belongs to, also when it goes on after midnight."""
        return self.start // DAY


class Payment(NamedTuple):
    """A purchase (positive) or a refund (negative) with real money, counted once by its transaction."""

    user_id: str
    at: int
    amount_minor: int

    @property
    def day(self) -> int:
        """The day that it belongs to."""
        return self.at // DAY


@dataclass(frozen=True)
class Play:
    """The events of some players within some days; day 0 is `first_day`."""

    first_day: date
    days: int
    events: Sequence[Event]

    def date(self, day: int) -> str:
        """Spell a day as the answers do."""
        return (self.first_day + timedelta(days=day)).isoformat()

    @cached_property
    def by_player(self) -> Mapping[str, Sequence[Event]]:
        """Each player's events, in the order in which they happened."""
        players: dict[str, list[Event]] = defaultdict(list)
        for event in sorted(self.events, key=lambda event: event.at):
            players[event.user_id].append(event)
        return players

    @cached_property
    def active_days(self) -> Mapping[str, Sequence[int]]:
        """The days on which each player was active, in order; nobody who never was."""
        days = {
            player: sorted({event.at // DAY for event in events if event.event_type != NOT_BY_THE_PLAYER})
            for player, events in self.by_player.items()
        }
        return {player: active for player, active in days.items() if active}

    @cached_property
    def calendar(self) -> range:
        """From the first day on which somebody was active to the last one."""
        return range(min((days[0] for days in self.active_days.values()), default=self.days), self.days)

    @cached_property
    def active_on(self) -> Mapping[int, set[str]]:
        """Who was active on each day of the calendar."""
        active: dict[int, set[str]] = {day: set() for day in self.calendar}
        for player, days in self.active_days.items():
            for day in days:
                active[day].add(player)
        return active

    @cached_property
    def cohorts(self) -> Mapping[int, Sequence[str]]:
        """The players of each first day, in the order of the days; only days with any."""
        cohorts: dict[int, list[str]] = defaultdict(list)
        for player, days in self.active_days.items():
            cohorts[days[0]].append(player)
        return dict(sorted(cohorts.items()))

    @cached_property
    def sessions(self) -> Sequence[GameSession]:
        """All sessions; a session of one event has no length."""
        return [session for player in self.by_player for session in self._sessions_of(player)]

    def _sessions_of(self, player: str) -> Iterator[GameSession]:
        times = [event.at for event in self.by_player[player] if event.event_type != NOT_BY_THE_PLAYER]
        start = 0
        for index, at in enumerate(times):
            if index + 1 == len(times) or times[index + 1] - at > SESSION_GAP:
                yield GameSession(player, times[start], at)
                start = index + 1

    @cached_property
    def purchases(self) -> Sequence[Payment]:
        """Purchases with money of the reporting currency: of each transaction the first."""
        return self._payments("iap_purchase", 1)

    @cached_property
    def refunds(self) -> Sequence[Payment]:
        """Refunds, by the same rules; their amounts are negative."""
        return self._payments("iap_refund", -1)

    def _payments(self, event_type: str, sign: int) -> Sequence[Payment]:
        first: dict[Any, Payment] = {}
        for events in self.by_player.values():
            for event in events:
                if event.event_type == event_type and event.fields["currency"] == REPORTING_CURRENCY:
                    payment = Payment(event.user_id, event.at, sign * event.fields["amount_minor"])
                    transaction = event.fields.get(
                        "transaction_id", payment
                    )  # without a name it is one of its own
                    first[transaction] = min(
                        first.get(transaction, payment), payment, key=lambda each: each.at
                    )
        return list(first.values())

    def of_type(self, *event_types: str) -> Iterator[Event]:
        """Yield the events of some types."""
        return (event for event in self.events if event.event_type in event_types)


def ratio(part: float | None, whole: float | None) -> float | None:
    """Divide; None where there is nothing to divide by, as SQL's NULLIF says it."""
    return None if part is None or not whole else part / whole


def exact_median(values: Sequence[int]) -> float | None:
    """Return the middle value, or the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
