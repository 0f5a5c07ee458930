"""simulate: weeks of play from a seed, sent through the collector."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipectl.bench.client import check_ready
from pipectl.cli.session import Session, command
from pipectl.errors import Interrupted
from pipectl.services.collector import collector_url
from pipectl.simulate.delivery import Delivery
from pipectl.simulate.runs import (
    LONGEST_DAYS,
    MOST_PLAYERS,
    Plan,
    answers,
    answers_file,
    play,
    play_on,
    save_answers,
)
from pipectl.simulate.sending import Sent, Target, send_all, send_as_it_happens


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "simulate")(simulate)


def simulate(
    session: Session,
    *,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="Days of play, up to yesterday.")] = 30,
    players: Annotated[
        int, typer.Option(min=1, max=MOST_PLAYERS, help="How many arrive in that time.")
    ] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same players.")] = 7,
    live: Annotated[bool, typer.Option("--live", help="Then go on in real time, until midnight.")] = False,
) -> None:
    """Let players play for some weeks, and remember what each figure of them has to be."""
    plan = Plan(days=days, players=players, seed=seed, until=datetime.now(UTC).date())
    url = collector_url(session.settings)
    check_ready(url)
    target = Target(
        url=url,
        run_id=plan.new_run_id(),
        first_day=plan.first_day,
        write_key=session.settings.collector.key,
    )
    data = _play_and_send(session, plan, target)
    if live:
        data |= {"live": _go_on(session, plan, target, after=data["sent"])}
    session.console.finish(data)


def _play_and_send(session: Session, plan: Plan, target: Target) -> dict[str, Any]:
    console, file = session.console, answers_file(session.settings, target.run_id)
    with console.working(f"{plan.players:,} players play for {plan.days} days"):
        delivery = play(plan)
        save_answers(answers(plan, target.run_id, delivery), file)
    console.done(f"{len(delivery.landed):,} events to land", f"expected answers: {file}")
    for fault, count in sorted(delivery.faults.items()):
        console.line(f"  {count:,} {fault}")
    try:
        sent = _send(session, delivery, target)
    except BaseException:
        file.unlink()  # what was not sent whole has no answers to be held against
        raise
    console.done(f"Sent as {target.run_id}", f"{sent.accepted:,} accepted, {sent.refused:,} refused")
    console.line(f"Next: pipectl drain, then pipectl report --check {target.run_id}")
    return {
        "run_id": target.run_id,
        "file": str(file),
        "to_land": len(delivery.landed),
        "faults": dict(delivery.faults),
        "sent": delivery.events,
        "accepted": sent.accepted,
        "refused": sent.refused,
    }


def _go_on(session: Session, plan: Plan, target: Target, *, after: int) -> int:
    """Send today's events as they happen; Ctrl-C ends it, and what was sent before stays as it is."""
    console = session.console
    events = play_on(plan)
    console.line(f"Today goes on: {len(events):,} events until midnight (UTC). Ctrl-C ends it.")
    try:
        with console.progress("today", len(events)) as bar:
            return send_as_it_happens(events, target, after=after, on_sent=bar.show)
    except KeyboardInterrupt:
        raise Interrupted(
            "Today's play was interrupted.",
            do_next=f"Run: pipectl drain, then pipectl report --check {target.run_id}",
            data={"run_id": target.run_id},
        ) from None


def _send(session: Session, delivery: Delivery, target: Target) -> Sent:
    session.console.line(f"Sending {delivery.events:,} events to {target.url}")
    with session.console.progress("events", delivery.events) as bar:
        return send_all(delivery.batches, target, bar.show)
