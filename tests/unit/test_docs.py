"""The documentation, held to the command line and to the files that it names."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from pipectl.cli.app import app
from pipectl.errors import PipectlError

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PARTS = ["## Context", "## Choice", "## What it costs"]


def _commands(command: Any, path: str = "pipectl") -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, with the words before its options."""
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    if command.invoke_without_command and command.callback and path != "pipectl":
        yield path, command
    context = typer.Context(command)
    for name in command.list_commands(context):
        yield from _commands(command.get_command(context, name), f"{path} {name}")


COMMANDS = dict(_commands(typer.main.get_command(app)))


def _shown_commands() -> list[str]:
    """What the pages tell a reader to type: lines of indented code, and code within a line."""
    shown = []
    for page in PAGES:
        text = page.read_text("utf-8")
        shown += re.findall(r"^ {4}(pipectl [^#\n]+)", text, flags=re.MULTILINE)
        shown += re.findall(r"`(pipectl [^`]+)`", text)
    return sorted({line.strip() for line in shown})


@pytest.mark.parametrize("line", _shown_commands())
def test_every_command_that_the_pages_show_can_be_typed(line: str) -> None:
    if line == "pipectl COMMAND --help":
        return
    words = shlex.split(line)
    path = next((p for p in (" ".join(words[:3]), " ".join(words[:2])) if p in COMMANDS), None)
    assert path, f"there is no command `{line}`"

    known = {name for parameter in COMMANDS[path].params for name in (*parameter.opts, "--help")}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_its_line_in_the_readme(path: str) -> None:
    assert re.search(rf"^\| `{path}\b", README, flags=re.MULTILINE)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does(path: str) -> None:
    assert COMMANDS[path].help


def test_the_readme_lists_every_exit_code_with_its_meaning() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \| \w", README, flags=re.MULTILINE)}
    raised = {kind.exit_code for kind in _all_errors(PipectlError)}

    assert listed == {0, 130} | raised


def _all_errors(kind: type[PipectlError]) -> Iterator[type[PipectlError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_errors(child)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.stem
)
def test_a_decision_says_context_choice_and_cost(page: Path) -> None:
    text = page.read_text("utf-8")

    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## .+", text, flags=re.MULTILINE) == PARTS


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_architecture_names_every_package_and_module_of_the_first_level() -> None:
    entries = {path for path in (ROOT / "pipectl").iterdir() if not path.name.startswith(("_", "."))}
    names = {f"{path.name}/" if path.is_dir() else path.name for path in entries}

    assert {name for name in names if name not in ARCHITECTURE} == set()


def test_make_knows_every_command_that_the_pages_tell_to_make() -> None:
    told = {name for page in PAGES for name in re.findall(r"(?:`| {4})make (\w+)", page.read_text("utf-8"))}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))

    assert told <= targets


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "## Unreleased" in changelog or f"## {version}" in changelog
