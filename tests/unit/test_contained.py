"""What a container starts, run here as a plain process in a folder of the test."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipectl.runtimes import contained
from pipectl.waiting import wait_until

PROGRAM = """
import sys
from pathlib import Path
from pipectl.runtimes import contained
contained.STACK_FOLDER = Path(sys.argv[1])
contained.main(Path(sys.argv[2]))
"""


def start(
    tmp_path: Path, code: str, final: Sequence[int], *, timer_slack_ms: int = 0
) -> subprocess.Popen[str]:
    described = {
        "name": "sample",
        "command": [sys.executable, "-c", code],
        "files": {"etc/text": "hello"},
        "folders": ["tmp"],
        "first_time": [],
        "environment": {},
        "digest": "0",
        "final_exit_codes": list(final),
        "timer_slack_ms": timer_slack_ms,
    }
    description = tmp_path / "service.json"
    description.write_text(json.dumps(described))
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path), str(description)], text=True)


def kept(tmp_path: Path) -> Path:
    return tmp_path / "services/sample" / contained.EXIT_CODE_FILE


def test_a_service_finds_its_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "services/sample"
    code = "assert open('etc/text').read() == 'hello'"  # it begins in its own folder
    assert start(tmp_path, code, ()).wait(30) == 0
    assert (folder / "tmp").is_dir()


def test_a_final_exit_code_is_no_failure_to_the_daemon_and_is_kept(tmp_path: Path) -> None:
    assert start(tmp_path, "import sys; sys.exit(78)", (0, 78)).wait(30) == 0
    assert kept(tmp_path).read_text() == "78"


def test_any_other_exit_code_is_a_failure(tmp_path: Path) -> None:
    assert start(tmp_path, "import sys; sys.exit(5)", (0, 78)).wait(30) == 5
    assert not kept(tmp_path).exists()


@pytest.mark.parametrize("final", [(), (0, 78)])
def test_a_killed_service_is_a_failure(tmp_path: Path, final: Sequence[int]) -> None:
    code = start(tmp_path, "import os; os.kill(os.getpid(), 9)", final).wait(30)
    assert code in (128 + signal.SIGKILL, -signal.SIGKILL)


def test_a_polite_end_reaches_the_service(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"""
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
pathlib.Path({str(ready)!r}).touch()
signal.pause()
"""
    running = start(tmp_path, code, (0, 78))
    wait_until(ready.exists, timeout_seconds=30, message="It does not start.")
    os.kill(running.pid, signal.SIGTERM)
    assert running.wait(30) == 0


@pytest.mark.parametrize("final", [(), (0, 78)], ids=["becomes the service", "awaits it"])
def test_timers_of_a_service_may_be_as_late_as_it_says(tmp_path: Path, final: Sequence[int]) -> None:
    code = "import sys; sys.exit(open('/proc/self/timerslack_ns').read() != '3000000\\n')"
    assert start(tmp_path, code, final, timer_slack_ms=3).wait(30) == 0
