"""Run a real ab: start it, follow what it says on the way, read its report, end it on Ctrl-C."""

import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipectl.bench.ab import BODY_FILE, PERCENTILES_FILE, AbReport, AbRun, parse_report
from pipectl.errors import ToolMissing

Ending = Literal["done", "interrupted", "broken"]

_REPORT_FILE = "report.txt"
_COMPLETED = re.compile(r"Completed (\d+) requests")
_STOP_SECONDS = 5  # for its report after Ctrl-C; it takes milliseconds


@dataclass(frozen=True, kw_only=True)
class AbOutcome:
    """How a run ended, ab's report if there is one, and what ab complained about."""

    ending: Ending
    report: AbReport | None
    complaint: str = ""


def check_ab() -> None:
    """Make sure that ab is there; raises ToolMissing with the package to install."""
    if shutil.which("ab") is None:
        raise ToolMissing("Apache Bench (ab) is not there.", do_next="Run: apt-get install apache2-utils")


def run_ab(run: AbRun, on_completed: Callable[[int], None] = lambda _: None) -> AbOutcome:
    """Run ab to its end and return what it says; blocks.

    `on_completed` hears the number of requests done, about ten times in a run of more than 150. Ctrl-C
    ends ab, which then reports what it has done so far; a few requests more may have been acknowledged.
    """
    with tempfile.TemporaryDirectory(prefix="pipectl-ab-") as name:
        folder = Path(name)
        if run.body is not None:
            (folder / BODY_FILE).write_bytes(run.body)
        ending, complaint = _follow(run.command(), folder, on_completed)
        report = parse_report(_text(folder / _REPORT_FILE), _text(folder / PERCENTILES_FILE))
    if ending == "done" and report is None:
        ending = "broken"
    return AbOutcome(ending=ending, report=report, complaint=complaint)


def _follow(command: list[str], folder: Path, on_completed: Callable[[int], None]) -> tuple[Ending, str]:
    complaints: list[str] = []
    with (
        (folder / _REPORT_FILE).open("wb") as report,
        subprocess.Popen(
            command, cwd=folder, stdout=report, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process,
    ):
        try:
            for line in process.stderr or ():
                if match := _COMPLETED.match(line):
                    on_completed(int(match[1]))
                elif line.strip() and not line.startswith("Finished"):
                    complaints.append(line.strip())
            ended_well = process.wait() == 0
        except KeyboardInterrupt:
            _stop(process)
            return "interrupted", ""
        except BaseException:  # the listener failed: no ab is left behind
            _stop(process)
            raise
    return ("done" if ended_well else "broken"), "\n".join(complaints)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask ab for its report, as Ctrl-C does; on a terminal it may have heard that by itself."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _text(file: Path) -> str:
    return file.read_text("utf-8", errors="replace") if file.is_file() else ""
