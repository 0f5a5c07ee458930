"""report: the page and the notebook about what the pipeline did."""

import difflib
import importlib.metadata
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from xml.etree import ElementTree as ET

import typer

from pipectl.cli import data
from pipectl.cli.session import Session, command
from pipectl.cli.transcripts import transcripts
from pipectl.errors import DifferenceFound, UsageFault
from pipectl.report.check import check_figures, load_expected
from pipectl.report.inputs import REPEAT, ReportInput, Step
from pipectl.services import jars
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.services.registry import stores_not_chosen
from pipectl.simulate.runs import answers_file
from pipectl.verify import Verification

if TYPE_CHECKING:
    from pipectl.report.render import Report

DEFAULT_OUT = Path("out/report")
_MOST_SHOWN = 5  # differences of one figure; --json has all of them

# Where the version of a component of pipectl/report/explain.py stands: artifact of a pom, package, program.
_ARTIFACTS = {
    "kafka": ("kafka", "kafka_2.13"),
    "hdfs": ("hdfs", "hadoop-hdfs"),
    "iceberg": ("spark", "iceberg-spark-runtime-4.1_2.13"),
    "presto": ("presto", "presto-main"),
    "cassandra": ("cassandra", "cassandra-all"),
}
_PACKAGES = {"collector": "granian", "spark": "pyspark"}
_PROGRAMS = {"ab": ("ab", "-V"), "redis": ("redis-server", "--version")}
_VERSION = re.compile(r"\d+(\.\d+)+")


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "report")(report)


def report(
    session: Session,
    *,
    out: Annotated[Path, typer.Option("--out", help="Where the report goes.")] = DEFAULT_OUT,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="Also make this folder, ready for a pull request, with the report."),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option("--check", help="Instead, compare the figures of this simulation; 4 if one differs."),
    ] = None,
) -> None:
    """Write the report: one page that opens offline, and the executed notebook behind it."""
    if check is not None:
        session.console.finish(check_and_show(session, check))
        return
    if bundle is not None:
        _check_folder(bundle)
    given = _given(session, REPEAT)
    made = _write_and_show(session, given, partial(data.verification_of, session), out)
    shown = {"report": [str(made.page), str(made.notebook)]}
    if bundle is not None:
        shown["bundle"] = [str(_bundle_and_show(session, given, made, bundle))]
    session.console.finish(shown)


def check_and_show(session: Session, run_id: str) -> dict[str, Any]:
    """Compare each player figure of a simulation with its expected answer; raises DifferenceFound."""
    file = answers_file(session.settings, run_id)
    if not file.exists():
        known = sorted(each.stem for each in file.parent.glob("*.json"))
        near = difflib.get_close_matches(run_id, known, n=1, cutoff=0) or ["none"]
        raise UsageFault(
            f"This stack has no simulation {run_id}.",
            evidence=f"{len(known)} are known; the nearest is {near[0]}",
            do_next="Run: pipectl simulate",
        )
    checked = []
    for figure in check_figures(connect(session.settings), load_expected(file)):
        checked.append(figure)
        show = session.console.bad if figure.differences else session.console.done
        show(figure.name, f"{figure.rows:,} rows, {len(figure.differences):,} differences")
    found = {figure.name: list(figure.differences) for figure in checked if figure.differences}
    if found:
        raise _difference(run_id, found)
    session.console.done(f"All {len(checked)} figures of {run_id} are as expected")
    return {"run_id": run_id, "figures": [figure.name for figure in checked]}


def _difference(run_id: str, found: Mapping[str, Sequence[str]]) -> DifferenceFound:
    lines = [f"{name}: {text}" for name, differences in found.items() for text in differences[:_MOST_SHOWN]]
    return DifferenceFound(
        f"{len(found)} figures of {run_id} differ from what its players did.",
        evidence="\n".join(lines),
        do_next=f"Has all of it landed? Run: pipectl drain, then pipectl report --check {run_id} --json",
        data={"run_id": run_id, "differences": found},
    )


def write_and_show(
    session: Session, out: Path, verification: Verification, steps: Sequence[Step] = REPEAT
) -> tuple[Path, ...]:
    """Write the report on what was verified and run, say where it is, and return its files."""
    made = _write_and_show(session, _given(session, steps), lambda: verification, out)
    return made.page, made.notebook


def _write_and_show(
    session: Session, given: ReportInput, verify: Callable[[], Verification], out: Path
) -> "Report":
    from pipectl.report.render import write_report  # noqa: PLC0415 - takes as long to import as all the rest

    with session.console.working("Writing the report: asking Presto and Kafka, running the notebook"):
        made = write_report(given, verify, out)
    session.console.done("The report is written", f"{made.page} and {made.notebook}")
    return made


def _check_folder(folder: Path) -> None:
    from pipectl.report.bundle import check_bundle_folder  # noqa: PLC0415 - as above

    check_bundle_folder(folder)


def _bundle_and_show(session: Session, given: ReportInput, made: "Report", folder: Path) -> Path:
    from pipectl.report.bundle import write_bundle  # noqa: PLC0415 - as above

    with session.console.working("Making the folder: asking each command for its output"):
        write_bundle(given, made, tuple(transcripts(session)), session.settings.catalog_file, folder)
    session.console.done("The folder for the pull request is made", f"begin with {folder / 'README.md'}")
    return folder


def _given(session: Session, steps: Sequence[Step]) -> ReportInput:
    settings = session.settings
    return ReportInput(
        stack=settings.stack,
        presto=connect(settings),
        bootstrap_servers=bootstrap_servers(settings),
        catalog=session.catalog,
        versions=component_versions(),
        absent=stores_not_chosen(settings),
        steps=tuple(steps),
    )


def component_versions() -> dict[str, str]:
    """Return the version of each component that has one: what is asked for, or what is installed."""
    packages = {key: importlib.metadata.version(package) for key, package in _PACKAGES.items()}
    artifacts = {key: _artifact_version(*place) for key, place in _ARTIFACTS.items()}
    programs = {key: _program_version(call) for key, call in _PROGRAMS.items()}
    return packages | artifacts | programs


def _artifact_version(pom: str, artifact: str) -> str:
    """Return the version that a pom asks for of one artifact; empty if it does not name it."""
    tree = ET.parse(jars.pom(pom))  # noqa: S314 - a file of our own
    for dependency in tree.iterfind(".//{*}dependency"):
        if dependency.findtext("{*}artifactId") == artifact:
            return dependency.findtext("{*}version", "")
    return ""


def _program_version(command: tuple[str, str]) -> str:
    """Return the first version that a program prints of itself; empty where it is not installed."""
    if not (program := shutil.which(command[0])):
        return ""
    shown = subprocess.run([program, command[1]], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(shown)
    return found[0] if found else ""
