"""Commands that are asked of the running stack, as a user types them, and what they print."""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from pipectl.cli.session import Session
from pipectl.report.inputs import Transcript

ASKED: Mapping[str, str] = MappingProxyType(
    {
        "pipectl status": "What runs, and whether it answers",
        "pipectl verify": "Every accepted record is in one class, and each landed one is there",
        "pipectl catalog ls": "The event types",
        "pipectl lake ls": "The tables, their files and snapshots",
        "pipectl sql 'select event_type, count(*) as events from events group by 1 order by 2 desc'": (
            "What has landed, as Presto sees it"
        ),
        "pipectl rejected ls --limit 5": "What could not be landed",
    }
)
"""What a reader of a bundle wants to have seen; none of them changes anything."""

_RUN = (sys.executable, "-c", "from pipectl.cli.app import main; main()")
_TIMEOUT_SECONDS = 120


def transcripts(session: Session) -> Iterator[Transcript]:
    """Run each command on this session's stack and yield what it printed; one that fails is shown so."""
    chosen = [("--stack", session.stack), ("--config", session.config)]
    options = [word for name, value in chosen if value is not None for word in (name, str(value))]
    for command, purpose in ASKED.items():
        words = [*shlex.split(command)[1:], *options]
        done = subprocess.run(
            [*_RUN, *words], capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS
        )
        output = (done.stdout + done.stderr).replace(str(Path.home()), "~")
        yield Transcript(command=command, purpose=purpose, output=output, exit_code=done.returncode)
