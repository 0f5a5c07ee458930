"""What the supervisor starts for each service: ends what is left of it, then becomes it.

    python -m pipectl.runtimes.launch STACK_FOLDER SERVICE

A service is its whole process group. When only its leader dies (a worker of the collector goes on
answering, Spark's JVM outlives its Python by seconds), the supervisor starts this again, and the
leftovers are found by their mark, ended and awaited before the new one begins. The commands of the
very first start (formatting a disk) run here too, so that killing anything at any moment only means
that they are run again on an empty folder.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipectl.runtimes.marks import DIGEST, MARK, end_all, mark_of, marked

LEFTOVER_GRACE_SECONDS = 3.0
SERVICE_FILE = "service.json"
_TIMER_SLACK_FILE = Path("/proc/self/timerslack_ns")
_FORMATTED = "formatted"


def launch(stack_folder: Path, name: str) -> None:
    """Replace this process by the service; does not return."""
    command, environment = prepare(stack_folder, name)
    os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted


def prepare(stack_folder: Path, name: str) -> tuple[list[str], dict[str, str]]:
    """End what is left of a service, format an empty disk, and return its command and environment.

    This process and all that it starts or becomes get the service's timer slack.
    """
    folder = stack_folder / "services" / name
    service = json.loads((folder / SERVICE_FILE).read_text("utf-8"))
    end_all(marked(stack_folder, name), grace_seconds=LEFTOVER_GRACE_SECONDS)
    marks = {MARK: mark_of(stack_folder, name), DIGEST: service["digest"]}
    environment = {**os.environ, **service["environment"], **marks}
    if service["first_time"] and not (folder / _FORMATTED).exists():
        _first_time(folder, service["first_time"], environment)
    if service["timer_slack_ms"]:
        _slacken_timers(service["timer_slack_ms"])
    return service["command"], environment


def write_files(folder: Path, described: Mapping[str, Any]) -> None:
    """Write all that a service reads into its folder: its files, its folders and its description."""
    for name in described["folders"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    texts = {**described["files"], SERVICE_FILE: json.dumps(described, indent=2)}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def _slacken_timers(milliseconds: int) -> None:
    """Let timers be so late; a kernel without such a file only costs the wakings that it would have saved."""
    with suppress(OSError):
        _TIMER_SLACK_FILE.write_text(str(milliseconds * 1_000_000), "utf-8")


def _first_time(folder: Path, commands: list[list[str]], environment: Mapping[str, str]) -> None:
    """Format an empty data folder; the mark is written last, so a cut-off format is done again."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    (folder / "data").mkdir()
    for command in commands:
        subprocess.run(command, env=environment, check=True)
    (folder / _FORMATTED).touch()


if __name__ == "__main__":
    launch(Path(sys.argv[1]), sys.argv[2])
