"""The rules of the house that no other tool checks."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("pipectl", "jobs") for path in (ROOT / folder).rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
DOORS = ("cassandra", "kafka", "hdfs_native", "prestodb", "docker", "granian", "redis", "supervisor")
WRITER_AND_READER = {"pipectl/collector/producer.py", "pipectl/kafka_bulk.py"}
HIDDEN = (
    (r"/(?:home|Users)/\w", "a home folder"),
    (r"/root/\w", "a home folder"),
    (r"repo1?\.maven|pypi\.org|pythonhosted|artifactory|jfrog|registry\.npmjs", "a registry"),
)


def _tracked_files() -> list[Path]:
    """What git has or would take; in a copy without git, everything but what make made."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def _parsed() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def _imported(tree: ast.Module) -> set[str]:
    """The top-level names of everything that a module imports, also inside its functions."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    too_long = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in _parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]

    assert too_long == []


@pytest.mark.parametrize("package", DOORS)
def test_a_third_party_client_is_imported_by_one_module_only(package: str) -> None:
    doors = [name for name, tree in _parsed() if package in _imported(tree)]

    assert len(doors) <= 1, f"{package} has more than one door: {doors}"


def test_confluent_kafka_has_a_door_for_writing_and_one_for_reading() -> None:
    doors = {name for name, tree in _parsed() if "confluent_kafka" in _imported(tree)}

    assert doors == WRITER_AND_READER


def test_only_the_console_prints() -> None:
    prints = [
        f"{name}:{node.lineno}"
        for name, tree in _parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert [place for place in prints if not place.startswith("pipectl/console.py:")] == []


def test_every_exception_to_a_rule_names_the_rule_and_the_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(r"# (?:noqa|type: ignore)", line)
        and not re.search(r"# noqa: [A-Z0-9, ]+ - \w|# type: ignore\[[a-z, -]+\]", line)
        and path != Path(__file__)
    ]

    assert bare == []


def test_only_the_waiting_module_and_named_places_sleep() -> None:
    sleeps = [
        name
        for name, tree in _parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "sleep"
    ]

    # A log that is followed has no condition to wait for.
    assert set(sleeps) <= {"pipectl/waiting.py", "pipectl/runtimes/local.py"}


def test_no_tracked_file_names_a_home_folder_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}: {match[0]}"
        for path in _tracked_files()
        if path != Path(__file__)
        for pattern, what in HIDDEN
        if (match := re.search(pattern, path.read_text("utf-8", errors="replace")))
    ]

    assert found == []


def test_the_lock_has_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^[a-z0-9].*", lock, flags=re.MULTILINE)

    assert pins
    assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == []
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", lock) == []


def test_the_lock_pins_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[\[<>=~! ;]", line, maxsplit=1)[0].lower() for line in wanted}
    pinned = set(
        re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    )

    assert names - pinned == set()
