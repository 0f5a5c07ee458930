"""up, status, logs, down, destroy: the services of a stack."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import typer

from pipectl.cli.session import Session, command
from pipectl.console import Console
from pipectl.errors import NotRunning, UsageFault
from pipectl.runtimes.base import ServiceState
from pipectl.runtimes.bringup import Fetched, Planned, Prepared, Ready, bring_up, given_up, open_runtime, plan
from pipectl.runtimes.choice import choose_runtime
from pipectl.runtimes.stack import Stack, exclusive
from pipectl.services.registry import RECIPES, services_of, started_by_up
from pipectl.settings import Settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
RuntimeFlag = Annotated[
    Literal["auto", "local", "docker"] | None,
    typer.Option("--runtime", help="Where a new stack runs; auto: Docker if a daemon answers."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "up")(up)
    command(app, "status")(status)
    command(app, "logs")(logs)
    command(app, "down")(down)
    command(app, "destroy")(destroy)


def up(session: Session, *, dry_run: DryRun = False, runtime: RuntimeFlag = None) -> None:
    """Start every engine and the collector, and wait until each answers; run again, it heals."""
    settings = session.settings_with(runtime=runtime)
    if dry_run:
        _show_plan(session, settings)
        return
    ready = start_services(session.console, settings, started_by_up(settings))
    session.console.line("Next: pipectl stream start")
    session.console.finish(ready)


def start_services(console: Console, settings: Settings, names: tuple[str, ...]) -> dict[str, Any]:
    """Bring services up, showing each as it becomes ready; return what `--json` says of it."""
    began = time.monotonic()
    chosen = choose_runtime(settings)
    settings = settings.model_copy(update={"runtime": chosen.runtime})
    console.heading(f"Stack {settings.stack}, {chosen}")
    ready: list[dict[str, Any]] = []
    with console.working("Starting: " + ", ".join(names)):
        for event in bring_up(settings, names):
            match event:
                case Prepared():
                    console.line(event.step)
                case Fetched():
                    console.done(f"fetched the jars of {event.pom}", f"{event.seconds:.0f} s")
                case Planned():
                    pass
                case Ready():
                    how = "was running" if event.was_running else f"{event.seconds:.1f} s"
                    console.done(f"{event.name:<10} {event.address}", how)
                    ready.append({"name": event.name, "address": event.address, "seconds": event.seconds})
    seconds = time.monotonic() - began
    console.line(f"All answer, after {seconds:.1f} s. State: {settings.stack_folder}")
    return {"stack": settings.stack, "runtime": chosen.runtime, "seconds": seconds, "services": ready}


def _show_plan(session: Session, settings: Settings) -> None:
    steps = plan(settings, started_by_up(settings))
    rows = [(step.service.name, step.action, step.reason) for step in steps]
    session.console.table(("service", "action", "because it"), rows)
    for name in given_up(settings):
        session.console.warning(f"What {name} has of player state is deleted: the store is another one now.")
    session.console.finish(
        {"plan": [dict(zip(("service", "action", "reason"), row, strict=True)) for row in rows]}
    )


def status(session: Session) -> None:
    """Ask each service in its own protocol; exits 3 when one that should answer does not."""
    settings = session.settings
    stack = Stack.load(settings.stack_folder)
    states = _shown_states(settings)
    with ThreadPoolExecutor(max_workers=len(states)) as pool:
        answers = dict(
            zip(states, pool.map(lambda state: _answer(settings, state), states.values()), strict=True)
        )
    rows = [(name, answers[name], states[name].pid, _age(states[name])) for name in states]
    session.console.heading(
        f"Stack {settings.stack}: {settings.stack_folder}" + ("" if stack else " (no `up` yet)")
    )
    session.console.table(("service", "state", "pid", "for"), rows)
    services = {name: {"state": answers[name], "pid": states[name].pid} for name in states}
    missing = [name for name in started_by_up(settings) if answers[name] != "ready"]
    if missing:
        raise NotRunning(
            f"Not ready: {', '.join(missing)}.",
            evidence="; ".join(f"{name}: {answers[name]}" for name in missing),
            do_next="Run: pipectl up",
        )
    session.console.finish(
        {"stack": settings.stack, "folder": str(settings.stack_folder), "services": services}
    )


def _shown_states(settings: Settings) -> dict[str, ServiceState]:
    """Return the states of the stack's services, and of whatever else of it runs all the same."""
    own = services_of(settings)
    states = open_runtime(settings).states()
    return {name: state for name, state in states.items() if name in own or state.running}


def _answer(settings: Settings, state: ServiceState) -> str:
    """Say what one service answers, in one line."""
    if not state.running:
        return f"not running ({state.detail})" if state.is_over else f"starting again ({state.detail})"
    try:
        RECIPES[state.name].check_ready(settings)
    except Exception as error:  # noqa: BLE001 - whatever a protocol raises is the answer
        return f"does not answer: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    return "ready"


def _age(state: ServiceState) -> str:
    seconds = int(state.uptime_seconds)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" if state.running else "-"


def logs(
    session: Session,
    service: Annotated[str, typer.Argument(help="Which service: see pipectl status.")],
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the last lines of a service's log."""
    if service not in RECIPES:
        raise UsageFault(f"There is no service `{service}`.", do_next=f"Services are: {', '.join(RECIPES)}")
    shown = []
    for line in open_runtime(session.settings).logs(service, lines, follow=follow):
        session.console.raw(f"{line}\n")
        if not follow:
            shown.append(line)
        elif session.console.as_json:
            session.console.stream_json({"line": line})
    session.console.finish({"service": service, "lines": shown})


def down(session: Session) -> None:
    """Stop everything of the stack and keep its data."""
    settings, began = session.settings, time.monotonic()
    with exclusive(settings.stack_folder), session.console.working("Stopping"):
        open_runtime(settings).down()
    session.console.done("Stopped; the data is kept", f"{time.monotonic() - began:.1f} s")
    session.console.finish({"stack": settings.stack, "folder": str(settings.stack_folder)})


def destroy(session: Session, *, yes: Yes = False) -> None:
    """Stop everything of the stack and delete its data: topics, checkpoint, tables and state together."""
    folder, runtime = session.settings.stack_folder, open_runtime(session.settings)
    session.console.line(f"This deletes {folder}: topics, checkpoint, tables and player state.")
    for name in (belongings := runtime.belongings()):
        session.console.line(f"  {name}")
    if not yes and not _agrees(session):
        raise UsageFault("Nothing was deleted.", do_next="Run: pipectl destroy --yes")
    with exclusive(folder):
        runtime.down(erase=True)
        shutil.rmtree(folder)
    session.console.done("Deleted", str(folder))
    deleted = {"folder": str(folder), "belongings": list(belongings)}
    session.console.finish({"stack": session.settings.stack, **deleted})


def _agrees(session: Session) -> bool:
    return session.console.can_ask() and typer.confirm("Go on?")
