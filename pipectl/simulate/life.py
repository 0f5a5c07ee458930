"""One player's life: when they come, what they do, what they have. Pure, and decided by the seed alone."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

from pipectl.simulate import world
from pipectl.simulate.world import DAY, HOUR, MINUTE, SECOND

_PAYING_SHARE = 0.12
_REFUNDED_SHARE = 0.06
_REPEATED_SHARE = 0.08  # of receipts that the payment provider reports twice
_FADING = 0.35  # the share that returns after n days falls as n ** -0.35
_HURT = 40


class Event(NamedTuple):
    """One thing that a player did, as it truly happened; `at` is in milliseconds of the simulation."""

    user_id: str
    at: int
    event_type: str
    fields: Mapping[str, Any]


class Visit(NamedTuple):
    """One stretch of play, in the order of its events; it is delivered whole."""

    events: tuple[Event, ...]

    @property
    def start(self) -> int:
        """When it begins."""
        return self.events[0].at

    @property
    def end(self) -> int:
        """When it ends."""
        return self.events[-1].at


class Life:
    """One player. What they do next depends on what they have, so a life is played from its beginning."""

    def __init__(self, seed: int, number: int, days: int, *, more_days: int = 0) -> None:
        """Decide who this player is, who arrives within `days`, and may go on for some days more.

        More players do not change the others, and more days do not change what came before them.
        """
        self._rng = Random(f"{seed}/{number}")  # noqa: S311 - a game, no secret
        self.user_id = f"player-{seed}-{number:05d}"
        self._end = (days + more_days) * DAY
        self._keen = self._rng.betavariate(2, 2.2)
        self._skill = self._rng.betavariate(4, 3)
        self._pays = self._happens(_PAYING_SHARE)
        self._appetite = min(0.5, 0.03 * self._rng.lognormvariate(0, 1))
        self._currency = self._rng.choices(("USD", "EUR"), (9, 1))[0]
        self._platform = self._rng.choices(("android", "ios", "web"), (5, 4, 1))[0]
        self._arrival = int(days * self._rng.random() ** 1.3)
        self._events: list[Event] = []
        self._now = 0
        self._gold = 0
        self._health = 100
        self._level = 1
        self._guild: str | None = None
        self._bag: list[str] = []
        self._transactions = 0
        self._refund: Mapping[str, Any] | None = None

    def visits(self) -> Iterator[Visit]:
        """Play the whole life, visit by visit; nothing happens after the last day's end."""
        for day in range(self._arrival, self._end // DAY):
            age = day - self._arrival
            if age and not self._happens(0.95 * self._keen * age**-_FADING):
                continue
            for start in self._starts(day):
                yield from self._refund_before(start)
                yield self._visit(start, is_first=not age and not self._events)
            if self._happens(0.08 * (1 - self._keen)):
                return

    def _starts(self, day: int) -> Iterator[int]:
        """Yield when the visits of a day begin; never within BETWEEN_VISITS of the one before."""
        count = 1 + sum(self._happens(self._keen) for _ in range(2))
        hours = self._rng.choices(range(24), world.HOURS, k=count)
        starts = sorted(day * DAY + hour * HOUR + self._rng.randrange(HOUR) for hour in hours)
        if day == self._arrival:
            starts = starts[:1]
        for start in starts:
            if not self._events or start >= self._now + world.BETWEEN_VISITS:
                yield start

    def _visit(self, start: int, *, is_first: bool) -> Visit:
        self._events, self._now = [], start
        if is_first:
            channel = self._rng.choices(("organic", "advert", "friend"), (5, 3, 2))[0]
            mail = self._happens(0.3)
            self._say("signup", platform=self._platform, channel=channel, accepts_mail=mail)
        elif self._happens(0.05):
            self._say("default")
        else:
            self._say("login", platform=self._platform)
        for _ in range(3 + int(self._rng.expovariate(0.16))):
            self._act()
        return Visit(tuple(event for event in self._events if event.at < self._end))

    def _say(self, event_type: str, **fields: Any) -> None:
        self._events.append(Event(self.user_id, self._now, event_type, fields))
        self._pass(2 * SECOND, MINUTE)

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance

    def _pass(self, least: int, most: int) -> None:
        self._now += self._rng.randrange(least, most)

    def _act(self) -> None:
        acts = (self._play_level, self._fight, self._earn, self._spend, self._buy, self._sell, self._meet)
        if self._pays and self._happens(self._appetite):
            self._pay()
        self._rng.choices(acts, (30, 24, 14, 9, 12, 4, 7))[0]()

    def _play_level(self) -> None:
        level = self._level
        self._say("level_started", level=level)
        self._pass(20 * SECOND, world.LONGEST_PAUSE - MINUTE)
        seconds = self._rng.randrange(200, 2_400) / 10
        hardness = 0.12 + 0.02 * level + (0.3 if level == world.HARD_LEVEL else 0)
        luck = self._rng.random() + self._skill - 0.5
        if luck > hardness:
            score = self._rng.randrange(100, 1_000) * level
            self._say("level_completed", level=level, score=score, duration_seconds=seconds)
            self._level += 1
            self._earn()
        elif self._happens(0.8):
            self._say("level_failed", level=level, duration_seconds=seconds)

    def _fight(self) -> None:
        enemy = self._rng.choices(tuple(world.ENEMIES), (5, 4, 3, 2, 1))[0]
        won = self._happens(world.ENEMIES[enemy] * (0.7 + 0.5 * self._skill))
        damage = self._rng.randrange(0, 20 if won else 45)
        self._say("battle", enemy=enemy, outcome="won" if won else "lost", damage=damage)
        self._health = max(0, self._health - damage)
        if self._health < _HURT:
            self._say("heal", health=60)
            self._health += 60

    def _earn(self) -> None:
        amount = self._rng.randrange(10, 120)
        source = self._rng.choices(("quest", "loot", "daily_bonus", "gift"), (5, 4, 2, 1))[0]
        self._say("earn_gold", amount=amount, source=source)
        self._gold += amount

    def _spend(self) -> None:
        amount = self._rng.randrange(5, 60)
        if amount <= self._gold:
            purpose = self._rng.choice(("repair", "travel", "training", "tavern"))
            self._say("spend_gold", amount=amount, purpose=purpose)
            self._gold -= amount

    def _buy(self) -> None:
        wares = world.SWORDS if self._happens(0.4) else world.ITEMS
        kind, price = self._rng.choice(tuple(wares.items()))
        quantity = self._rng.choices((1, 2, 3), (8, 1, 1))[0]
        if price * quantity > self._gold:
            return
        if wares is world.SWORDS:
            self._say("purchase_sword", sword_type=kind, price=price, quantity=quantity)
        else:
            self._say("purchase_item", kind=kind, price=price, quantity=quantity)
        self._gold -= price * quantity
        self._bag += [kind] * quantity

    def _sell(self) -> None:
        if not self._bag:
            return
        kind = self._bag.pop(self._rng.randrange(len(self._bag)))
        price = (world.SWORDS | world.ITEMS)[kind] // 2
        self._say("sell_item", item=kind, price=price, quantity=1)
        self._gold += price

    def _meet(self) -> None:
        """Join a guild, or leave it now and then; some come back to the one they left."""
        if self._guild is None:
            self._guild = self._rng.choices(world.GUILDS, range(len(world.GUILDS), 0, -1))[0]
            role = self._rng.choices(("member", "officer"), (9, 1))[0]
            self._say("join_guild", guild_name=self._guild, role=role)
        elif self._happens(0.15):
            self._say("leave_guild", guild_name=self._guild)
            self._guild = None

    def _pay(self) -> None:
        product = self._rng.choices(world.PRODUCTS, (7, 2, 1))[0]
        self._transactions += 1
        receipt = {
            "transaction_id": f"{self.user_id}-{self._transactions}",
            "amount_minor": product.amount_minor,
            "currency": self._currency,
        }
        self._say("iap_purchase", **receipt, product=product.name, gold=product.gold)
        self._gold += product.gold
        if self._happens(_REPEATED_SHARE):  # gold is given once, whatever the provider repeats
            self._say("iap_purchase", **receipt, product=product.name, gold=0)
        if self._happens(_REFUNDED_SHARE):
            self._refund = {**receipt, "gold": product.gold}

    def _refund_before(self, start: int) -> Iterator[Visit]:
        """Yield a refund that came while the player was away; only where the gold is still there."""
        refund, self._refund = self._refund, None
        if refund and refund["gold"] <= self._gold:
            self._gold -= refund["gold"]
            yield Visit((Event(self.user_id, start - 20 * MINUTE, "iap_refund", refund),))
