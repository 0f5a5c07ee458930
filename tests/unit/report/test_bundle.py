"""The folder for a pull request, from a report that is made already."""

import re
import shlex
from pathlib import Path

import pytest

from pipectl.bundled import bundled
from pipectl.cli.transcripts import ASKED
from pipectl.errors import UsageFault
from pipectl.report.bundle import CONTENTS, check_bundle_folder, write_bundle
from pipectl.report.explain import ENHANCEMENTS
from pipectl.report.facts import Facts
from pipectl.report.inputs import ReportInput, Transcript
from pipectl.report.render import NOTEBOOK, PAGE, Report
from tests.unit.test_docs import COMMANDS

FENCE = "```\n# no end <script>"


@pytest.fixture
def report(tmp_path: Path, facts: Facts) -> Report:
    made = tmp_path / "made"
    made.mkdir()
    for name in (PAGE, NOTEBOOK):
        (made / name).write_text(f"the {name}", "utf-8")
    return Report(page=made / PAGE, notebook=made / NOTEBOOK, facts=facts)


def write(given: ReportInput, report: Report, folder: Path) -> Path:
    asked = [
        Transcript(command="pipectl status", purpose="What runs", output=FENCE, exit_code=0),
        Transcript(command="pipectl verify", purpose="The proof", output="✗ differs\n", exit_code=4),
    ]
    return write_bundle(given, report, asked, bundled("events.toml"), folder)


def test_a_bundle_holds_what_its_readme_lists_and_nothing_else(
    given: ReportInput, report: Report, tmp_path: Path
) -> None:
    folder = write(given, report, tmp_path / "hand-in")
    readme = (folder / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[`([^`]+)`\]", readme, re.MULTILINE)
    assert listed == list(CONTENTS)
    assert {each.name for each in folder.iterdir()} == {*CONTENTS, "README.md"}
    assert (folder / PAGE).read_text("utf-8") == "the report.html"
    assert not list(folder.rglob("__pycache__"))
    assert list(tmp_path.glob(".*")) == []


def test_the_readme_says_how_to_hand_in(given: ReportInput, report: Report, tmp_path: Path) -> None:
    readme = (write(given, report, tmp_path / "hand-in") / "README.md").read_text("utf-8")
    for step in ("git switch -c", "git add hand-in", "git push", "pull request", "reviewer"):
        assert step in readme


def test_output_is_shown_as_it_was_and_a_failure_with_its_code(
    given: ReportInput, report: Report, tmp_path: Path
) -> None:
    commands = (write(given, report, tmp_path / "hand-in") / "commands.md").read_text("utf-8")
    assert f"````text\n$ pipectl status\n{FENCE}\n````" in commands
    assert "(exit code 4)" in commands
    assert "&lt;script&gt;" not in commands


def test_every_enhancement_is_in_the_folder(given: ReportInput, report: Report, tmp_path: Path) -> None:
    folder = write(given, report, tmp_path / "hand-in")
    text = (folder / "ENHANCEMENTS.md").read_text("utf-8")
    for enhancement in ENHANCEMENTS:
        assert (folder / enhancement.where).exists(), enhancement.where
        assert enhancement.where in text


def test_a_second_bundle_replaces_the_first(given: ReportInput, report: Report, tmp_path: Path) -> None:
    folder = write(given, report, tmp_path / "hand-in")
    (folder / PAGE).write_text("old", "utf-8")
    write(given, report, folder)
    assert (folder / PAGE).read_text("utf-8") == "the report.html"
    assert {each.name for each in tmp_path.iterdir()} == {"made", "hand-in"}


def test_a_folder_with_anything_else_is_refused_and_left(
    given: ReportInput, report: Report, tmp_path: Path
) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter-1.tex").write_text("mine", "utf-8")
    with pytest.raises(UsageFault, match="left as it is") as refused:
        write(given, report, folder)
    assert "chapter-1.tex" in refused.value.evidence
    assert [each.name for each in folder.iterdir()] == ["chapter-1.tex"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine", "utf-8")
    with pytest.raises(UsageFault, match="left as it is"):
        check_bundle_folder(tmp_path / "notes")


def test_commands_that_are_asked_change_nothing() -> None:
    assert {command.split()[1] for command in ASKED} == {
        "status",
        "verify",
        "catalog",
        "lake",
        "sql",
        "rejected",
    }


@pytest.mark.parametrize("command", [*ASKED, *(enhancement.shown_by for enhancement in ENHANCEMENTS)])
def test_every_command_of_a_bundle_can_be_typed(command: str) -> None:
    words = shlex.split(command)
    assert any(" ".join(words[:length]) in COMMANDS for length in (2, 3))
