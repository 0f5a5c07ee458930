"""Presto killed while it is asked for the report: that fails whole, and the report of before stays."""

import json
import subprocess
from pathlib import Path

from pipectl.errors import NotRunning
from pipectl.report.render import NOTEBOOK, PAGE
from pipectl.waiting import wait_until
from tests.harness import PIPECTL, Stack

_FIGURES_ASKED = """
    SELECT count(*) FROM system.runtime.queries
    WHERE created > :begun AND query LIKE '%traffic = ''player''%' AND query NOT LIKE '%system.runtime%'
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_report_that_loses_presto_halfway_leaves_the_one_of_before(stack: Stack) -> None:
    folder = stack.home / "cut off"
    folder.mkdir()
    for name in (PAGE, NOTEBOOK):
        (folder / name).write_text("of before", "utf-8")
    before = contents(folder)
    begun = stack.presto.query("SELECT localtimestamp").scalar()
    command = (PIPECTL, "report", "--out", folder, "--json")
    with subprocess.Popen(command, env=stack.environment, stdout=subprocess.PIPE, text=True) as report:
        wait_until(
            lambda: stack.presto.query(_FIGURES_ASKED, begun=begun).scalar(),
            timeout_seconds=120,
            message="The report asks for no figure.",
        )
        stack.processes("presto")[0].kill()
        told, _ = report.communicate(timeout=120)
    stack.pipectl("up")
    assert report.returncode == NotRunning.exit_code
    assert "Presto does not answer" in json.loads(told)["error"]["message"]
    assert contents(folder) == before
