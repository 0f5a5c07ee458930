"""What a container starts: writes the files that its service reads, then becomes the service.

    python3 -m pipectl.runtimes.contained DESCRIPTION

The description is put into the container when it is created. The daemon starts a container again when it
ends with a failure; a final exit code must not be taken for one. A service that has such codes is
therefore awaited here, and its code is kept in a file where the runtime finds it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from types import FrameType

from pipectl.runtimes.launch import launch, prepare, write_files

STACK_FOLDER = Path("/stack")
EXIT_CODE_FILE = "exit_code"


def main(description: Path) -> None:
    """Set up and run the service that a description tells of."""
    described = json.loads(description.read_text("utf-8"))
    folder = STACK_FOLDER / "services" / described["name"]
    write_files(folder, described)
    os.chdir(folder)  # Presto looks for its catalogs from there
    final = [code for code in described["final_exit_codes"] if code]
    if final:
        sys.exit(_await_end(described["name"], folder, final))
    launch(STACK_FOLDER, described["name"])


def _await_end(name: str, folder: Path, final: Collection[int]) -> int:
    """Run a service to its end; return 0 for a final exit code, which is kept in its file."""
    (folder / EXIT_CODE_FILE).unlink(missing_ok=True)
    command, environment = prepare(STACK_FOLDER, name)
    service = subprocess.Popen(command, env=environment)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        service.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    code = service.wait()
    if code in final:
        (folder / EXIT_CODE_FILE).write_text(str(code), "utf-8")
        return 0
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main(Path(sys.argv[1]))
