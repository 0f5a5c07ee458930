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
from pathlib import Path

from pipectl.runtimes.marks import DIGEST, MARK, end_all, mark_of, marked

LEFTOVER_GRACE_SECONDS = 3.0
SERVICE_FILE = "service.json"
_FORMATTED = "formatted"


def launch(stack_folder: Path, name: str) -> None:
    """Replace this process by the service; does not return."""
    folder = stack_folder / "services" / name
    service = json.loads((folder / SERVICE_FILE).read_text("utf-8"))
    end_all(marked(stack_folder, name), grace_seconds=LEFTOVER_GRACE_SECONDS)
    marks = {MARK: mark_of(stack_folder, name), DIGEST: service["digest"]}
    environment = {**os.environ, **service["environment"], **marks}
    if service["first_time"] and not (folder / _FORMATTED).exists():
        _first_time(folder, service["first_time"], environment)
    os.execvpe(service["command"][0], service["command"], environment)  # noqa: S606 - no shell is wanted


def _first_time(folder: Path, commands: list[list[str]], environment: Mapping[str, str]) -> None:
    """Format an empty data folder; the mark is written last, so a cut-off format is done again."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    (folder / "data").mkdir()
    for command in commands:
        subprocess.run(command, env=environment, check=True)
    (folder / _FORMATTED).touch()


if __name__ == "__main__":
    launch(Path(sys.argv[1]), sys.argv[2])
