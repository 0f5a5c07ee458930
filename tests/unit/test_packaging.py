"""The wheel: one name in site-packages, everything inside it, and it works from another folder."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BORROWED = "borrowed.pth"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel in it; it borrows the dependencies of the running one."""
    folder = tmp_path_factory.mktemp("packaging")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", *options, "--wheel-dir", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    clean = folder / "clean"
    venv.create(clean, with_pip=False, symlinks=True)
    subprocess.run(
        [*pip, "--python", clean, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True
    )
    (_site_packages(clean) / BORROWED).write_text(sysconfig.get_path("purelib"), "utf-8")
    return clean


def _site_packages(clean: Path) -> Path:
    (found,) = clean.glob("lib/python3*/site-packages")
    return found


def test_site_packages_gets_exactly_one_name(installed: Path) -> None:
    names = {path.name for path in _site_packages(installed).iterdir()} - {BORROWED, "__pycache__"}

    assert {name for name in names if not name.endswith(".dist-info")} == {"pipectl"}


@pytest.mark.parametrize(
    "name",
    [
        "jobs",
        "jobs/stream.py",
        "ab",
        "bench/reference",
        "reports",
        "reports/sql",
        "events.toml",
        "pipectl.toml",
    ],
)
def test_the_wheel_carries_what_lies_at_the_repositorys_top(installed: Path, name: str) -> None:
    code = f"from pipectl.bundled import bundled; path = bundled({name!r}); assert path.exists(), path"

    _run(installed, "python", "-I", "-c", code)


def test_every_pom_is_beside_its_recipe(installed: Path) -> None:
    poms = {path.name for path in (_site_packages(installed) / "pipectl" / "services").glob("*.pom.xml")}

    assert poms == {path.name for path in (ROOT / "pipectl" / "services").glob("*.pom.xml")}


def test_the_command_line_answers_from_another_folder(installed: Path) -> None:
    assert "demo" in _run(installed, "pipectl", "--help")
    assert "purchase_sword" in _run(installed, "pipectl", "catalog", "ls")


def _run(clean: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [clean / "bin" / program, *arguments], cwd=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
