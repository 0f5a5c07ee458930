"""bench: pipectl beside the usual shape of such a pipeline, on this machine and in one run."""

from typing import Annotated

import typer

from pipectl.bench.suite import runner
from pipectl.bench.suite.measured import Effort
from pipectl.bench.suite.statistics import Estimate
from pipectl.bench.suite.verdict import Target, Verdict
from pipectl.cli.session import Session, command
from pipectl.console import Console
from pipectl.errors import DifferenceFound

Names = Annotated[list[str] | None, typer.Argument(help="Which ones; all of them without a name.")]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer and shorter rounds.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "bench")(bench)


def bench(session: Session, names: Names = None, *, quick: Quick = False) -> None:
    """Measure pipectl against the usual shape, on a stack of its own; exits 4 where the proof fails."""
    console, folder = session.console, session.settings.stack_folder / "benchmarks"
    results = []
    for result in runner.run_suite(
        session.settings, runner.chosen(names or ()), _effort(console, quick=quick)
    ):
        show(console, result)
        file = runner.save(result, folder)
        console.line(f"Saved: {file}")
        results.append({**result.as_data(), "file": str(file)})
    problems = [problem for result in results for problem in result["problems"]]
    if problems:
        raise DifferenceFound(
            "A benchmark's events do not verify, so it has no result.",
            evidence="\n".join(problems),
            do_next="Run it again; if it stays so, keep the saved result for a report.",
            data={"results": results},
        )
    console.finish({"results": results})


def _effort(console: Console, *, quick: bool) -> Effort:
    def on_turn(number: int, arm: str) -> None:
        console.line(f"  {'warm-up' if number < 1 else f'round {number}'}: {arm}")

    if quick:
        return Effort(rounds=runner.QUICK_ROUNDS, scale=runner.QUICK_SCALE, on_turn=on_turn)
    return Effort(rounds=runner.FULL_ROUNDS, scale=runner.FULL_SCALE, on_turn=on_turn)


def show(console: Console, result: runner.Result) -> None:
    """Show the arms, the findings, and what they have to be read with."""
    console.heading(f"{result.benchmark}: {result.summary}")
    figures = list(next(iter(result.medians.values())))
    arms = [
        (f"{arm} (raw limit)" if arm == result.raw else arm, *(_number(values[name]) for name in figures))
        for arm, values in result.medians.items()
    ]
    console.table(("median of the rounds", *figures), arms)
    findings = [
        (each.label, *map(_interval, (each.value, each.aa)), _target(each.target), each.verdict.value)
        for each in result.findings
    ]
    console.table(("found", "median (95 % interval)", "A/A, to be 1", "floor / goal", "verdict"), findings)
    _show_trust(console, result)


def _show_trust(console: Console, result: runner.Result) -> None:
    around = result.surroundings
    shown = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in around.items())
    console.line(f"{result.rounds} rounds in {result.seconds:.0f} s; {shown}")
    if any(each.verdict is Verdict.INCONCLUSIVE for each in result.findings):
        console.warning(f"{result.benchmark}: the machine was too unsteady to compare everything.")
    for name, note in result.notes.items():
        console.line(f"{name}: {note}")
    for problem in result.problems:
        console.bad(problem)


def _interval(value: Estimate | None) -> str:
    if value is None:
        return "-"
    return f"{_number(value.median)} ({_number(value.low)} to {_number(value.high)})"


def _target(target: Target | None) -> str:
    if target is None:
        return "-"
    return f"{'at most ' if target.at_most else ''}{target.floor:g} / {target.goal:g}"


def _number(value: float) -> str:
    """Return three digits that matter, and no fraction from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - as the docstring says
