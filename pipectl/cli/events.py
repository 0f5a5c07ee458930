"""events send, tail: one event by hand, through the collector; and those that Kafka has."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import typer

from pipectl import kafka
from pipectl.bench.client import post_events
from pipectl.catalog import EVENTS_TOPIC, REJECTED_TOPIC, Catalog, FieldType, Scalar
from pipectl.cli.session import Session, command
from pipectl.errors import OperationFailed, PipectlError, UsageFault
from pipectl.services.collector import collector_url
from pipectl.services.kafka import bootstrap_servers

_MOST = 1_000  # events that the collector takes in one list


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    events = typer.Typer(no_args_is_help=True, help="Single events.")
    command(events, "send")(send)
    command(events, "tail")(tail)
    app.add_typer(events, name="events")


def send(  # noqa: PLR0913 - each is something that a user may say
    session: Session,
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="See: pipectl catalog ls.")],
    fields: Annotated[list[str] | None, typer.Argument(metavar="FIELD=VALUE...")] = None,
    *,
    user: Annotated[str, typer.Option(help="Whose event it is.")] = "user1.comcast.com",
    event_id: Annotated[str | None, typer.Option("--id", help="Its id; the same twice lands once.")] = None,
    count: Annotated[int, typer.Option(min=1, max=_MOST, help="How many, in one request.")] = 1,
) -> None:
    """Send an event with POST /events, and show what the collector answers."""
    settings = session.settings
    own = {"event_id": event_id} if event_id else {}
    values = parse_fields(fields or [], field_types(session.catalog, event_type))
    event = {"event_type": event_type, "user_id": user, **own, **values}
    status, answer = post_events(collector_url(settings), [event] * count, settings.collector.key)
    if status != HTTPStatus.OK:
        raise refusal(status, answer)
    first = answer["items"][0] if count > 1 else answer
    session.console.done(f"{count} {event_type} accepted", f"event_id {first['event_id']}, user_id {user}")
    session.console.finish({"sent": event, "count": count, "status": status, "answer": answer})


def tail(
    session: Session,
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="What the collector refused.")] = False,
) -> None:
    """Show the newest records in Kafka, each with its partition and offset."""
    topic = REJECTED_TOPIC if rejected else EVENTS_TOPIC
    shown = []
    for record in kafka.tail(bootstrap_servers(session.settings), topic, lines, follow=follow):
        value = (record.value or b"").decode(errors="backslashreplace")
        session.console.raw(f"{record.partition}/{record.offset} {visible(value)}\n")
        told = {"partition": record.partition, "offset": record.offset, "value": value}
        if not follow:
            shown.append(told)
        elif session.console.as_json:
            session.console.stream_json(told)
    session.console.finish({"topic": topic, "records": shown})


def visible(text: str) -> str:
    """Return a text in which no character moves the cursor or rings the bell."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def field_types(catalog: Catalog, event_type: str) -> Mapping[str, FieldType]:
    """Return the types of an event's fields; none for a type that only the collector may know."""
    event = catalog.events.get(event_type)
    return {name: field.type for name, field in event.fields.items()} if event else {}


def parse_fields(words: Sequence[str], types: Mapping[str, FieldType]) -> dict[str, Scalar]:
    """Read FIELD=VALUE words; a value that does not fit its type stays text: the collector refuses it."""
    values: dict[str, Scalar] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not name or not equals:
            raise UsageFault(f"`{word}` is not FIELD=VALUE.", do_next="As in: sword_type=katana price=120")
        values[name] = _value(text, types.get(name, "string"))
    return values


def _value(text: str, kind: FieldType) -> Scalar:
    try:
        match kind:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
            case "string":
                return text
    except ValueError:
        return text


def refusal(status: int, answer: Any) -> PipectlError:
    """Return what the collector did not accept, as a failure of this command."""
    items = answer.get("items", [answer]) if isinstance(answer, dict) else []
    refused: Mapping[str, Any] = next((item for item in items if item.get("reason")), {})
    lines = [f"{error['path']} ({error['rule']}): {error['message']}" for error in refused.get("errors", [])]
    evidence = "\n".join(lines) or str(refused.get("message", answer))
    if status == HTTPStatus.MULTI_STATUS:
        accepted = answer["accepted"]
        return OperationFailed(f"Only {accepted} of {len(items)} events were accepted.", evidence=evidence)
    return UsageFault(
        f"The collector refused the event ({status}).", evidence=evidence, do_next="See: pipectl catalog ls"
    )
