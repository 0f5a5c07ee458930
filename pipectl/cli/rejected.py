"""rejected ls, show, replay: what could not be landed, and how it gets there once it is repaired."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from pipectl import kafka
from pipectl.cli.session import Session, command
from pipectl.console import Console
from pipectl.errors import UsageFault
from pipectl.lake.presto import Presto
from pipectl.replay.rebuild import Rebuilder, Repair
from pipectl.replay.rejected import Filter, Headline, list_rejected, read_rejected
from pipectl.replay.send import Attempt, Outcome, replay
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect

_MOST_SHOWN = 20
_BODY_SHOWN = 2_000  # characters; --json has all of it

StageOption = Annotated[
    Literal["collector", "stream"] | None, typer.Option(help="Refused with a 4xx, or rejected by the stream.")
]
ReasonOption = Annotated[str | None, typer.Option(help="As in: catalog_violation, malformed, rule_broken.")]
UserOption = Annotated[str | None, typer.Option(help="Of this user_id, where it could be read.")]
SinceOption = Annotated[datetime | None, typer.Option(help="Not before this time, in UTC.")]
UntilOption = Annotated[datetime | None, typer.Option(help="Before this time, in UTC.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    rejected = typer.Typer(no_args_is_help=True, help="What could not be landed.")
    command(rejected, "ls")(ls)
    command(rejected, "show")(show)
    command(rejected, "replay")(replay_rejected)
    app.add_typer(rejected, name="rejected")


def ls(  # noqa: PLR0913 - each is something that a user may say
    session: Session,
    *,
    stage: StageOption = None,
    reason: ReasonOption = None,
    user: UserOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = _MOST_SHOWN,
) -> None:
    """List what was rejected, the newest first: where it is kept, since when, and why."""
    wanted = Filter(stage=stage, reason=reason, user=user, since=since, until=until)
    found = list_rejected(connect(session.settings), wanted, limit=limit)
    session.console.table(
        ("place", "since (UTC)", "stage", "reason", "user", "message"), [_row(one) for one in found]
    )
    session.console.line(f"{len(found)} rejected events are listed, of {limit} at most.")
    session.console.finish({"rejected": [asdict(one) for one in found]})


def _row(one: Headline) -> tuple[Any, ...]:
    return one.place, one.kafka_timestamp, one.stage, one.reason, one.user_id, one.message


def show(
    session: Session,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="TOPIC/PARTITION/OFFSET, as ls has it.")],
) -> None:
    """Show one rejected event whole: why it was rejected, its headers and its bytes."""
    (found,) = read_rejected(connect(session.settings), [place])
    body = found.raw.decode("utf-8", errors="backslashreplace")
    rows = [*asdict(found.headline).items(), ("received_at", found.received_at), *found.headers.items()]
    session.console.table(("what", "value"), rows)
    session.console.line(body[:_BODY_SHOWN])
    told = {**asdict(found.headline), "received_at": found.received_at}
    session.console.finish({**told, "headers": found.headers, "raw": body})


def replay_rejected(  # noqa: PLR0913 - each is something that a user may say
    session: Session,
    places: Annotated[list[str] | None, typer.Argument(metavar="PLACE...", help="As ls has them.")] = None,
    *,
    stage: StageOption = None,
    reason: ReasonOption = None,
    user: UserOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was ever rejected.")] = False,
    patch: Annotated[
        str | None, typer.Option(help='JSON; null takes away: {"price": 100, "prise": null}.')
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, instead of the refused request's own.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send rejected events again, repaired: same id, same times, and never landed twice."""
    wanted = Filter(stage=stage, reason=reason, user=user, since=since, until=until)
    choice = _Choice(places=places or [], wanted=wanted, everything=everything)
    choice.check()
    repair = Repair(patch=_parse_patch(patch), headers=_parse_headers(header or []))
    settings = session.settings
    presto, bootstrap = connect(settings), bootstrap_servers(settings)
    if not dry_run:
        kafka.check_broker(bootstrap)
    rebuilder = Rebuilder(session.catalog, repair)
    chosen = read_rejected(presto, choice.places_in(presto))
    with session.console.working("Replaying"):
        attempts = list(replay(chosen, rebuilder, presto, None if dry_run else bootstrap))
    session.console.finish(_show_attempts(session.console, attempts, "Rehearsed" if dry_run else "Replayed"))


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """Which rejected events a person named: places, or a filter, or all of them on purpose."""

    places: Sequence[str]
    wanted: Filter
    everything: bool

    def check(self) -> None:
        if sum((bool(self.places), not self.wanted.is_empty, self.everything)) != 1:
            raise UsageFault(
                "Name the events to replay in one way: by place, by filter, or with --all.",
                do_next="As in: pipectl rejected replay --reason catalog_violation --dry-run",
            )

    def places_in(self, presto: Presto) -> list[str]:
        """Return the places, the oldest first, so that a player's events keep their order."""
        if self.places:
            return list(self.places)
        return [one.place for one in reversed(list_rejected(presto, self.wanted))]


def _parse_patch(text: str | None) -> Mapping[str, Any]:
    try:
        patch = json.loads(text or "{}")
    except ValueError as error:
        raise UsageFault("The patch is not JSON.", evidence=str(error)) from None
    if not isinstance(patch, dict):
        raise UsageFault("The patch is not a JSON object.", do_next="""As in: --patch '{"price": 100}'""")
    return patch


def _parse_headers(words: Sequence[str]) -> Mapping[str, str]:
    headers = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise UsageFault(f"`{word}` is not NAME=VALUE.", do_next="As in: content-type=application/json")
        headers[name.lower()] = value
    return headers


def _show_attempts(console: Console, attempts: Sequence[Attempt], done: str) -> dict[str, Any]:
    """Show what became of each event, and return what `--json` says of it."""
    shown = [(one.place, one.outcome, one.event_type, one.event_id, one.why) for one in attempts]
    console.table(("place", "outcome", "event type", "event id", "why"), shown[:_MOST_SHOWN])
    if len(attempts) > _MOST_SHOWN:
        console.line(f"... and {len(attempts) - _MOST_SHOWN} more: see --json")
    counts = Counter(one.outcome for one in attempts)
    totals = {outcome.value: counts[outcome] for outcome in Outcome}
    console.done(
        done, ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in totals.items() if count)
    )
    return {**totals, "attempts": [asdict(one) for one in attempts]}
