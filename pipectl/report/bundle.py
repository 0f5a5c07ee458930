"""The folder for a pull request: the report, what it is about, and the commands with their output.

It is made beside its place and then takes it, so it is there whole or not at all. Made again, it replaces
what it wrote before; a folder that holds anything else is refused.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipectl import collector
from pipectl.bundled import bundled
from pipectl.errors import UsageFault
from pipectl.report.explain import ENHANCEMENTS
from pipectl.report.inputs import ReportInput, Transcript
from pipectl.report.render import NOTEBOOK, PAGE, Report, commands_of, environment

CONTENTS: Mapping[str, str] = MappingProxyType(
    {
        PAGE: "the report: one page, opens offline",
        NOTEBOOK: "the same as an executed notebook",
        "commands.md": "the commands, with what they answered",
        "ENHANCEMENTS.md": "what goes beyond the assignment, and where it is",
        "events.toml": "the catalog: every event type, its routes, fields and state rules",
        "compose": "the stack for docker compose: compose file, Dockerfile, settings of each service",
        "collector": "the API: HTTP in, Kafka out",
        "jobs": "what Spark runs: selection, checks, duplicates, landing, player state",
        "sql": "every figure of the report, one query a file",
        "ab": "the load profiles for Apache Bench",
    }
)
"""What the folder holds, in the order in which its README lists it."""

_README = "README.md"
_MOST_NAMED = 3
_LEFT_OUT = shutil.ignore_patterns("__pycache__")


def check_bundle_folder(folder: Path) -> None:
    """Make sure that the folder is free, or holds only what a bundle wrote; raises UsageFault."""
    if hindrance := _hindrance(folder):
        raise UsageFault(
            f"{folder} is no bundle of pipectl, and is left as it is.",
            evidence=hindrance,
            do_next="Name a new folder: pipectl report --bundle DIR",
        )


def _hindrance(folder: Path) -> str:
    if not folder.is_dir():
        return "it is a file" if folder.exists() else ""
    foreign = sorted({each.name for each in folder.iterdir()} - {*CONTENTS, _README})
    return f"it also holds {', '.join(foreign[:_MOST_NAMED])}" if foreign else ""


def write_bundle(
    given: ReportInput, report: Report, transcripts: Sequence[Transcript], catalog: Path, folder: Path
) -> Path:
    """Put the report and everything around it into `folder`, and return it; raises UsageFault.

    `catalog` is the file of the catalog in force.
    """
    folder = folder.resolve()
    check_bundle_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        unfinished, replaced = Path(name) / "new", Path(name) / "old"
        unfinished.mkdir()
        _copy(report, catalog, unfinished)
        _render(given, report, transcripts, unfinished, folder.name)
        if folder.exists():
            folder.rename(replaced)
        unfinished.rename(folder)
    return folder


def _copy(report: Report, catalog: Path, folder: Path) -> None:
    files = {PAGE: report.page, NOTEBOOK: report.notebook, "events.toml": catalog}
    for name, file in files.items():
        shutil.copyfile(file, folder / name)
    folders = {
        "collector": Path(collector.__file__).parent,
        "sql": bundled("reports/sql"),
        **{name: bundled(name) for name in ("compose", "jobs", "ab")},
    }
    for name, source in folders.items():
        shutil.copytree(source, folder / name, ignore=_LEFT_OUT)


def _render(
    given: ReportInput, report: Report, transcripts: Sequence[Transcript], folder: Path, name: str
) -> None:
    context: dict[str, Any] = {
        "stack": given.stack,
        "made_at": report.facts.made_at,
        "folder": name,
        "contents": CONTENTS.items(),
        "enhancements": ENHANCEMENTS,
        "steps_were_run": given.steps_were_run,
        "commands": commands_of(given),
        "transcripts": transcripts,
    }
    templates = environment()
    for file in (_README, "commands.md", "ENHANCEMENTS.md"):
        text = templates.get_template(f"bundle/{file}.j2").render(context)
        (folder / file).write_text(text.rstrip() + "\n", "utf-8")
