"""report: the page and the notebook about what the pipeline did."""

import importlib.metadata
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree as ET

import typer

from pipectl.cli import data
from pipectl.cli.session import Session, command
from pipectl.report.inputs import REPEAT, ReportInput, Step
from pipectl.services import jars
from pipectl.services.kafka import bootstrap_servers
from pipectl.services.presto import connect
from pipectl.verify import Verification

DEFAULT_OUT = Path("out/report")

# Where the version of a component of pipectl/report/explain.py stands: artifact of a pom, package, program.
_ARTIFACTS = {
    "kafka": ("kafka", "kafka_2.13"),
    "hdfs": ("hdfs", "hadoop-hdfs"),
    "iceberg": ("spark", "iceberg-spark-runtime-4.1_2.13"),
    "presto": ("presto", "presto-main"),
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
) -> None:
    """Write the report: one page that opens offline, and the executed notebook behind it."""
    files = write_and_show(session, out, data.verification_of(session))
    session.console.finish({"report": [str(file) for file in files]})


def write_and_show(
    session: Session, out: Path, verification: Verification, steps: Sequence[Step] = REPEAT
) -> tuple[Path, ...]:
    """Write the report on what was verified and run, say where it is, and return its files."""
    from pipectl.report.render import write_report  # noqa: PLC0415 - takes as long to import as all the rest

    with session.console.working("Writing the report: asking Presto, running the notebook"):
        made = write_report(_given(session, verification, steps), out)
    session.console.done("The report is written", f"{made.page} and {made.notebook}")
    return made.page, made.notebook


def _given(session: Session, verification: Verification, steps: Sequence[Step]) -> ReportInput:
    settings = session.settings
    return ReportInput(
        stack=settings.stack,
        presto=connect(settings),
        bootstrap_servers=bootstrap_servers(settings),
        catalog=session.catalog,
        verification=verification,
        versions=component_versions(),
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
