"""The numbers of the made-up game. They are plausible, not measured: nobody's game is behind them."""

from typing import NamedTuple

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Lengths of time in milliseconds, the unit of every time in the simulation."""

SESSION_GAP = 30 * MINUTE
"""A longer pause between two events of a player begins a new session."""
LONGEST_PAUSE = 5 * MINUTE
"""Within a visit; far from SESSION_GAP, so that a clock corrected to the second never moves a border."""
BETWEEN_VISITS = 45 * MINUTE
"""At least so long is a player away; far from SESSION_GAP for the same reason."""

HOURS = (3, 2, 1, 1, 1, 1, 2, 4, 5, 4, 4, 5, 7, 6, 5, 5, 6, 8, 11, 13, 14, 13, 10, 6)
"""How likely a visit begins in each hour of the day: asleep at four, playing at eight in the evening."""

SWORDS = {"short_sword": 100, "long_sword": 250, "rune_blade": 900}
ITEMS = {"potion": 30, "shield": 80, "bow": 150, "armor": 400}
"""What can be bought, and for how much gold."""

GUILDS = ("wanderers", "iron_hand", "night_owls", "dawn", "river_folk", "old_guard", "sparrows", "kraken")
ENEMIES = {"goblin": 0.85, "wolf": 0.75, "troll": 0.55, "wraith": 0.45, "dragon": 0.2}
"""Whom a player fights, and how likely the fight is won."""

HARD_LEVEL = 7
"""The level that is harder than its neighbours: something for the funnel to find."""


class Product(NamedTuple):
    """Something sold for real money."""

    name: str
    amount_minor: int
    gold: int


PRODUCTS = (
    Product("gold_pouch", 499, 500),
    Product("gold_chest", 1_999, 2_400),
    Product("gold_vault", 9_999, 15_000),
)
