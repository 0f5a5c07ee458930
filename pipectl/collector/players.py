"""GET /players/{user_id}: what a player has now, read from the store that the stream writes."""

import asyncio
from collections.abc import Mapping

from pipectl.collector.answers import Answer, json_answer
from pipectl.collector.inputs import Request
from pipectl.collector.refusals import Refused, unavailable
from pipectl.errors import PipectlError
from pipectl.players.state import PlayerState
from pipectl.players.store import PlayerStore

PATH = "/players/{user_id}"


class PlayerReader:
    """Answers from a store; the store's client blocks, so it is asked in a thread."""

    def __init__(self, store: PlayerStore) -> None:
        """Connect nothing yet: a collector starts and takes events without a store."""
        self._store = store

    async def show(self, _request: Request, parameters: Mapping[str, str]) -> Answer:
        """Answer with the state of one player, 404 for one without a landed event, 503 without the store."""
        player = parameters["user_id"]
        try:
            state = await asyncio.to_thread(self._store.player, player)
        except PipectlError:
            raise unavailable("The store of player state does not answer.") from None
        if state is None:
            raise Refused(404, "unknown_player", "No event of this player has landed yet.")
        return json_answer(200, player_document(player, state))


def player_document(player: str, state: PlayerState) -> dict[str, object]:
    """Return what is shown of a player: the values, and of each partition the offset they include."""
    offsets = {str(partition): offset for partition, offset in sorted(state.offsets.items())}
    return {"user_id": player, "state": state.values, "includes_offsets": offsets}
