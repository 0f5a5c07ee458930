"""`make setup`, with every program that it calls replaced by one that writes down how it was called."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASICS = ("bash", "dirname", "sha256sum", "rm", "mkdir", "cp", "chmod")
TOOLS = ("java", "mvn", "ab", "redis-server")
PYTHON = """\
#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$*" in
  -VV) echo "Python 3.11.9" ;;
  "-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$STUB" .venv/bin/python ;;
  *--require-hashes*) exit "${PIP_EXIT:-0}" ;;
esac
"""


@dataclass
class Machine:
    """A folder with the script, and the only programs that it can see."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def add(self, name: str, text: str = "#!/usr/bin/env bash\n") -> None:
        (self.bin / name).write_text(text, "utf-8")
        (self.bin / name).chmod(0o755)

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script; what Python was asked before is forgotten."""
        (self.folder / "calls").unlink(missing_ok=True)
        return subprocess.run(
            [self.bin / "bash", self.folder / "tools" / "setup.sh"],
            env={
                "PATH": str(self.bin),
                "CALLS": str(self.folder / "calls"),
                "STUB": str(self.bin / "python3.11"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> str:
        calls = self.folder / "calls"
        return calls.read_text("utf-8") if calls.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with nothing but a shell."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", tmp_path / "tools")
    (tmp_path / "requirements.lock").write_text("one==1\n", "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", "utf-8")
    for name in (*BASICS, "env"):
        found = shutil.which(name)
        assert found, name
        (tmp_path / "bin" / name).symlink_to(os.path.realpath(found))
    return Machine(tmp_path)


@pytest.fixture
def complete(machine: Machine) -> Machine:
    """A machine with all tools and a Python."""
    for tool in TOOLS:
        machine.add(tool)
    machine.add("python3.11", PYTHON)
    return machine


def test_without_a_right_python_it_says_which_and_what_to_type(machine: Machine) -> None:
    done = machine.setup()

    assert done.returncode == 1
    assert "no Python 3.11 or 3.12" in done.stderr
    assert "sudo apt-get install" in done.stderr


def test_without_root_the_one_command_for_all_missing_packages_is_printed(machine: Machine) -> None:
    machine.add("python3.11", PYTHON)

    done = machine.setup()

    packages = "openjdk-17-jre-headless maven apache2-utils redis-server"
    assert done.returncode == 1
    assert f"Type: sudo apt-get install {packages}\n" in done.stderr
    assert not (machine.folder / ".venv").exists()


def test_the_second_run_changes_nothing(complete: Machine) -> None:
    assert complete.setup().returncode == 0
    assert "--require-hashes" in complete.calls()

    assert complete.setup().returncode == 0
    assert "-m " not in complete.calls()


def test_a_half_finished_environment_is_made_anew(complete: Machine) -> None:
    assert complete.setup(PIP_EXIT="1").returncode != 0
    assert (complete.folder / ".venv" / "bin" / "python").exists()

    assert complete.setup().returncode == 0
    assert "-m venv --clear .venv" in complete.calls()


def test_another_lock_makes_the_environment_anew(complete: Machine) -> None:
    complete.setup()
    (complete.folder / "requirements.lock").write_text("one==2\n", "utf-8")

    complete.setup()

    assert "-m venv --clear .venv" in complete.calls()


def test_another_pyproject_only_installs_the_project_again(complete: Machine) -> None:
    complete.setup()
    (complete.folder / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")

    complete.setup()

    assert "--editable" in complete.calls()
    assert "--require-hashes" not in complete.calls()
