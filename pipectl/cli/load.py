"""load: Apache Bench sends requests to the collector, and what came of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipectl.bench.load import (
    LoadProgress,
    LoadRequest,
    OnProgress,
    count_landed,
    loads_folder,
    run_load,
    save_result,
)
from pipectl.bench.load_compare import Compared, Comparison, compare, find_result, read_result
from pipectl.bench.load_summary import Figures, LoadResult
from pipectl.bench.profiles import load_profile
from pipectl.cli.session import Session, command, default_command
from pipectl.errors import Interrupted, NotRunning, OperationFailed, PipectlError, QueryFailed
from pipectl.services.collector import collector_url
from pipectl.services.presto import connect


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    noun = typer.Typer()
    default_command(noun)(load)
    command(noun, "compare")(compare_loads)
    app.add_typer(noun, name="load")


def load(
    session: Session,
    *,
    profile: Annotated[str, typer.Option(help="Its name in ab/, or a path to a TOML file.")] = "smoke",
    url: Annotated[str | None, typer.Option(help="The collector; without it, this stack's.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Repeat the steps for so long.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to save the result as JSON.")] = None,
) -> None:
    """Send the requests of a profile with ab; exits 1 if one was not answered 2xx."""
    session.console.finish(load_and_show(session, profile, url=url, seconds=seconds, out=out))


def compare_loads(
    session: Session,
    *,
    first: Annotated[str, typer.Argument(help="A saved load: the name of its run, or its file.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
) -> None:
    """Show two saved loads side by side, step by step."""
    folder = loads_folder(session.settings)
    results = [read_result(find_result(folder, name)) for name in (first, second)]
    comparison = compare(*results)
    _show_comparison(session, comparison)
    session.console.finish({"first": results[0].run_id, "second": results[1].run_id, **asdict(comparison)})


def _show_comparison(session: Session, comparison: Comparison) -> None:
    columns = ("requests", "req/s", "ratio", "p50 ms", "p95 ms", "p99 ms")
    rows = [_compared(each) for each in (*comparison.steps, comparison.total)]
    session.console.table(columns, rows)
    if comparison.unmatched:
        session.console.warning(f"Only one of the two has: {', '.join(comparison.unmatched)}")
    session.console.line("Two single runs tell no more than a direction; see also: pipectl bench")


def _compared(each: Compared) -> tuple[str | None, ...]:
    figures = (each.first, each.second)
    pairs = [[getattr(one, name) for one in figures] for name in ("p50_ms", "p95_ms", "p99_ms")]
    rates = " → ".join(f"{one.requests_per_second:,.0f}" for one in figures)
    ratio = None if each.rate_ratio is None else f"{each.rate_ratio:.2f}x"
    times = (None if None in pair else " → ".join(f"{value:.2f}" for value in pair) for pair in pairs)
    return (each.route, rates, ratio, *times)


def load_and_show(
    session: Session,
    profile: str,
    *,
    url: str | None = None,
    seconds: float | None = None,
    out: Path | None = None,
) -> dict[str, Any]:
    """Run a load, show and save its figures, and return what `--json` says of it.

    Raises OperationFailed if a request was not acknowledged, Interrupted after Ctrl-C.
    """
    result = _run_and_show(session, load_request(session, profile, url=url, seconds=seconds))
    data = _save_and_count(session, result, out)
    if not result.is_good:
        raise failure_of(result, data)
    return data


def load_request(
    session: Session, profile: str, *, url: str | None = None, seconds: float | None = None
) -> LoadRequest:
    """Return the load that these words ask for; raises UsageFault where the profile has a mistake."""
    catalog = session.catalog
    return LoadRequest(
        profile=load_profile(profile, catalog),
        catalog=catalog,
        url=(url or collector_url(session.settings)).rstrip("/"),
        seconds=seconds,
        write_key=session.settings.collector.key,
    )


def _run_and_show(session: Session, request: LoadRequest) -> LoadResult:
    """Run a load with a live display, and show its figures."""
    profile = request.profile
    session.console.heading(f"Load {profile.name}: {profile.summary}")
    session.console.line(f"Run {request.run_id} to {request.url}")
    with _display(session, request) as on_progress:
        result = run_load(request, on_progress)
    _show_figures(session, result)
    return result


def _save_and_count(session: Session, result: LoadResult, out: Path | None) -> dict[str, Any]:
    """Save a result, say where, and how much of it has landed; return what `--json` says of it all."""
    file = out or loads_folder(session.settings) / f"{result.run_id}.json"
    save_result(result, file)
    session.console.line(f"Saved: {file}")
    return {**result.as_data(), "file": str(file), "landed": _show_landed(session, result)}


@contextmanager
def _display(session: Session, request: LoadRequest) -> Iterator[OnProgress]:
    """Show a bar of requests, or of seconds where the clock ends the load."""
    total = int(request.limit_seconds or request.planned)
    with session.console.progress("ab", total) as bar:

        def show(progress: LoadProgress) -> None:
            done = int(progress.elapsed_seconds) if request.limit_seconds else progress.completed
            bar.show(min(done, total), f"{progress.completed:,} requests, {progress.text}")

        yield show


def _show_figures(session: Session, result: LoadResult) -> None:
    columns = ("requests", "count", "non-2xx", "req/s", "p50 ms", "p95 ms", "p99 ms")
    rows = [(step.route, *_figures(step.figures)) for step in result.steps if step.figures.runs]
    session.console.table(columns, [*rows, ("all", *_figures(result.total))])
    total = result.total
    session.console.done(
        f"{total.acknowledged:,} of {total.completed:,} requests acknowledged in {total.seconds:.1f} s",
        f"{total.requests_per_second:,.0f} requests/s, {total.runs} runs of ab",
    )
    if total.non_2xx or total.failed:
        session.console.warning(f"{total.non_2xx:,} non-2xx and {total.failed:,} failed, as ab counts them.")


def _figures(figures: Figures) -> tuple[Any, ...]:
    percentiles = (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    return (
        *(figures.completed, figures.non_2xx, round(figures.requests_per_second)),
        *(None if value is None else round(value, 2) for value in percentiles),
    )


def _show_landed(session: Session, result: LoadResult) -> int | None:
    """Say how many events of a load have landed so far, and return that; None if nobody can tell now."""
    try:
        landed = count_landed(connect(session.settings), result.run_id)
    except (NotRunning, QueryFailed) as error:
        session.console.line(
            f"How many have landed cannot be told now: {error.what} {error.do_next}".rstrip()
        )
        return None
    missing = "" if landed >= result.total.acknowledged else "  Next: pipectl drain"
    session.console.line(f"Landed so far: {landed:,} of {result.total.acknowledged:,} acknowledged.{missing}")
    return landed


def failure_of(result: LoadResult, data: Mapping[str, Any]) -> PipectlError:
    """Return why a load is not good, with its figures for `--json`."""
    total = result.total
    if result.ending == "interrupted":
        return Interrupted(
            "The load was interrupted.", do_next="The figures are those up to then.", data=data
        )
    if result.ending == "broken":
        return OperationFailed(
            "ab gave up.",
            evidence=result.complaint,
            do_next="Run: pipectl status, then pipectl logs collector",
            data=data,
        )
    return OperationFailed(
        f"{total.completed - total.acknowledged:,} of {total.completed:,} requests were not answered 2xx.",
        evidence=f"ab counts {total.non_2xx:,} non-2xx and {total.failed:,} failed",
        do_next="Run: pipectl logs collector",
        data=data,
    )
