"""state show, verify, rebuild: what each player has now, and whether it is what the events say."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from pipectl.catalog import EVENTS_TOPIC
from pipectl.cli.session import Session, command
from pipectl.errors import DifferenceFound, UsageFault
from pipectl.lake import ledger
from pipectl.players.proof import StateProof, prove_state
from pipectl.players.state import PlayerState
from pipectl.players.store import PlayerStore
from pipectl.runtimes.streaming import check_stream
from pipectl.services.presto import connect
from pipectl.services.state import connect_store
from pipectl.settings import Settings
from pipectl.waiting import wait_until

_MOST_SHOWN = 20
_REBUILD_SECONDS = 3600


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    state = typer.Typer(no_args_is_help=True, help="What each player has now.")
    command(state, "show")(show)
    command(state, "verify")(verify)
    command(state, "rebuild")(rebuild)
    app.add_typer(state, name="state")


def show(
    session: Session, player: Annotated[str, typer.Argument(metavar="PLAYER", help="The user_id.")]
) -> None:
    """Show what one player has, as of the last event that is folded in."""
    state = connect_store(session.settings).player(player)
    if state is None:
        raise UsageFault(
            f"There is no player {player}: no event of that user_id has landed yet.",
            do_next='Run: pipectl sql "SELECT user_id, count(*) FROM events GROUP BY user_id"',
        )
    rows = [(name, _shown(state, name), _unit(session, name)) for name in state.values]
    session.console.table(("what", "value", "unit"), rows)
    session.console.finish({"user_id": player, "state": state.values, "includes_offsets": state.offsets})


def _shown(state: PlayerState, name: str) -> Any:
    value = state.values[name]
    if not isinstance(value, Mapping):
        return value
    return ", ".join(f"{count} {kind}" for kind, count in sorted(value.items()))


def _unit(session: Session, name: str) -> str:
    field = session.catalog.player.get(name)
    return field.unit or "" if field else ""


def verify(session: Session) -> None:
    """Fold every player once more from Presto's rows and compare; exits 4 where the store differs."""
    settings = session.settings
    presto = connect(settings)
    with session.console.working("Folding all events once more"):
        proof = prove_state(connect_store(settings), presto, session.catalog, event_ends(settings))
    session.console.table(("sum over all players", "value"), list(proof.totals.items()))
    for player in proof.unordered:
        session.console.warning(f"The events of {player} lie in several partitions: they have no order.")
    if not proof.is_good:
        raise _as_error(proof)
    session.console.done(
        f"{proof.players} players have what their events say",
        f"{proof.behind} offsets of the ledger are still to be folded in",
    )
    session.console.finish(asdict(proof))


def event_ends(settings: Settings) -> dict[int, int]:
    """Return where the ledger ends, of each partition of the events."""
    ends = ledger.ledger_ends(connect(settings))
    return {partition: end for (topic, partition), end in ends.items() if topic == EVENTS_TOPIC}


def _as_error(proof: StateProof) -> DifferenceFound:
    lines = [f"{one.player}: has {one.stored}, events say {one.folded}" for one in proof.differences]
    lines += [f"all {one.name}: {one.stored}, events say {one.summed}" for one in proof.total_differences]
    if not proof.is_of_these_rules:
        lines.insert(0, "The store was folded by other rules than the catalog has now.")
    more = [f"... and {len(lines) - _MOST_SHOWN} more: see --json"] if len(lines) > _MOST_SHOWN else []
    return DifferenceFound(
        f"Player state is not what the events say: {len(lines)} differences.",
        evidence="\n".join(lines[:_MOST_SHOWN] + more),
        do_next="Run: pipectl state rebuild   (and pipectl stream start, if the catalog has changed)",
        data=asdict(proof),
    )


def rebuild(session: Session) -> None:
    """Empty the store and wait until the stream has folded all landed events once more."""
    settings = session.settings
    check_stream(settings)
    ends, store = event_ends(settings), connect_store(settings)
    store.clear()
    await_folded(session, store, ends)
    session.console.done("Player state is rebuilt", f"{sum(ends.values())} offsets were folded in")
    session.console.finish({"folded_offsets": sum(ends.values())})


def await_folded(session: Session, store: PlayerStore, ends: Mapping[int, int]) -> None:
    """Block until the store has folded in everything below these ends; the stream has to run."""
    total = sum(ends.values())
    with session.console.progress("Folding", total) as bar:

        def is_folded() -> bool:
            lag = store.marks().lag(ends)
            bar.show(total - lag)
            return lag == 0

        wait_until(
            is_folded,
            timeout_seconds=_REBUILD_SECONDS,
            message="Player state has not caught up.",
            watch=lambda: check_stream(session.settings),
        )
