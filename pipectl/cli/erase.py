"""erase: one player, out of the lake and out of the player state, for good."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from pipectl import kafka
from pipectl.cli.session import Session, command
from pipectl.cli.state import await_folded, event_ends
from pipectl.cli.stream import start_stream
from pipectl.errors import UsageFault
from pipectl.lake.job import EraseOrder
from pipectl.lake.presto import Presto
from pipectl.runtimes.once import run_once
from pipectl.runtimes.streaming import drain
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.services.state import connect_store

_TIMEOUT_SECONDS = 3600.0
_ORDER_FILE = "erase.json"


@dataclass(frozen=True, kw_only=True)
class ErasedRows:
    """What one erasure took out of one partition; `in_kafka` says whether Kafka still has some of it."""

    topic: str
    kafka_partition: int
    table_name: str
    erased: int
    last_offset: int
    in_kafka: bool


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "erase")(erase)


def erase(
    session: Session,
    *,
    player: Annotated[str, typer.Option(help="The user_id, as it stands in events.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a player for good: rows, older snapshots, and state; the stream stands still meanwhile."""
    console, settings = session.console, session.settings
    if not player:
        raise UsageFault("A player's id is not empty.")
    console.line(f"This erases all events of {player} and what the player has. It cannot be undone.")
    if not yes and not (console.can_ask() and typer.confirm("Go on?")):
        raise UsageFault("Nothing was erased.", do_next="Run: pipectl erase --player ID --yes")
    with console.working("Waiting for the ledger and for player state"):
        drain(settings)
    store = connect_store(settings)
    await_folded(session, store, event_ends(settings))
    order = EraseOrder(player=player, erasure_id=str(uuid.uuid4()))
    try:
        with console.working("Erasing from the lake"):
            run_once(settings, "jobs.erase", {_ORDER_FILE: order.to_json()}, timeout_seconds=_TIMEOUT_SECONDS)
        store.forget(player)
    finally:
        start_stream(session, settings)
    rows = _erased(connect(settings), order, bootstrap_servers(settings))
    console.done(f"{player} is erased", f"{sum(one.erased for one in rows)} rows of the lake, and the state")
    _warn_of_kafka(session, rows)
    session.console.finish({"erasure_id": order.erasure_id, "rows": [asdict(one) for one in rows]})


def _erased(presto: Presto, order: EraseOrder, bootstrap: str) -> list[ErasedRows]:
    begins = kafka.beginning_offsets(bootstrap)
    records = presto.run("erasure", erasure_id=order.erasure_id).records()
    return [ErasedRows(**record, in_kafka=_is_held(record, begins)) for record in records]


def _is_held(record: dict[str, Any], begins: kafka.Offsets) -> bool:
    return bool(begins[record["topic"], record["kafka_partition"]] <= record["last_offset"])


def _warn_of_kafka(session: Session, rows: Iterable[ErasedRows]) -> None:
    """Name what is out of our reach: Kafka deletes whole segments, never one player's records."""
    for one in rows:
        if one.in_kafka:
            session.console.warning(
                f"Kafka still holds records of the player in {one.topic}/{one.kafka_partition}, up to offset"
                f" {one.last_offset}. It keeps all records for as long as the stack exists; they are gone"
                " with: pipectl destroy"
            )
