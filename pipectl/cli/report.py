"""report: the page and the notebook about what the pipeline did."""

import importlib.metadata
import re
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

# Where the version of a component (see pipectl/report/explain.py) stands: an artifact of a pom, or a package.
_ARTIFACTS = {
    "kafka": ("kafka", "kafka_2.13"),
    "hdfs": ("hdfs", "hadoop-hdfs"),
    "iceberg": ("spark", "iceberg-spark-runtime-4.1_2.13"),
    "presto": ("presto", "presto-main"),
}
_PACKAGES = {"collector": "granian", "spark": "pyspark"}
_NAMESPACE = re.compile(r"^\{.*?\}")


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
        versions=_versions(),
        steps=tuple(steps),
    )


def _versions() -> dict[str, str]:
    packages = {key: importlib.metadata.version(package) for key, package in _PACKAGES.items()}
    return packages | {key: _artifact_version(*place) for key, place in _ARTIFACTS.items()}


def _artifact_version(pom: str, artifact: str) -> str:
    """Return the version that a pom asks for of one artifact; empty if it does not name it."""
    tree = ET.parse(jars.pom(pom))  # noqa: S314 - a file of our own
    for dependency in tree.iter("{*}dependency"):
        parts = {_NAMESPACE.sub("", part.tag): part.text or "" for part in dependency}
        if parts["artifactId"] == artifact:
            return parts["version"]
    return ""
