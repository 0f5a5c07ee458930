"""What the tests of the stores write into them."""

from collections.abc import Callable

from pipectl.players.state import Marks, PlayerState
from pipectl.players.store import Players

ANN = PlayerState(values={"gold": 2**70, "inventory": {"bow": 1}}, offsets={0: 4})
BOB = PlayerState(values={"gold": -1, "inventory": {}}, offsets={1: 2})
FIRST = Marks(rules="r", next_offsets={0: 5, 1: 3})
SECOND = Marks(rules="r", next_offsets={0: 5, 1: 9})


def write(players: Players) -> Callable[[Players], Players]:
    """Return a change that gives these players whatever was known."""
    return lambda _known: players
