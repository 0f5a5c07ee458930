"""Which runtime a new stack gets, for what the daemon says."""

from pathlib import Path
from typing import Self

import pytest

from pipectl.errors import NotRunning, OperationFailed, PipectlError, UsageFault
from pipectl.runtimes import choice, docker_engine
from pipectl.runtimes.docker_engine import Daemon
from pipectl.runtimes.stack import Stack
from pipectl.settings import load_settings

Flags = dict[str, object]


class _Engine:
    """A daemon that answers, or fails at one of the two questions."""

    def __init__(self, at_info: PipectlError | None = None, at_image: PipectlError | None = None) -> None:
        self._at_info, self._at_image = at_info, at_image

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def daemon(self) -> Daemon:
        if self._at_info:
            raise self._at_info
        return Daemon(version="27.0", root="/var/lib/docker", memory_bytes=1)

    def check_image(self, name: str) -> bool:
        assert name
        if self._at_image:
            raise self._at_image
        return True


def chosen(home: Path, engine: _Engine, monkeypatch: pytest.MonkeyPatch, **flags: object) -> choice.Choice:
    monkeypatch.setattr(docker_engine, "DockerEngine", lambda _: engine)
    return choice.choose_runtime(load_settings(flags={"home": home, **flags}).settings)


@pytest.mark.parametrize("flags", [{}, {"runtime": "auto"}])
def test_a_new_stack_is_in_docker_where_a_daemon_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: Flags
) -> None:
    found = chosen(tmp_path, _Engine(), monkeypatch, **flags)
    assert found.runtime == "docker"
    assert "27.0" in found.reason


@pytest.mark.parametrize(
    "engine",
    [
        _Engine(at_info=NotRunning("No daemon.", do_next="Start one.")),
        _Engine(at_image=OperationFailed("No base image.", do_next="Pull it.")),
    ],
)
def test_without_a_daemon_or_a_base_image_it_is_local_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: _Engine
) -> None:
    found = chosen(tmp_path, engine, monkeypatch)
    assert found.runtime == "local"
    assert found.reason.startswith("No ")


def test_what_is_set_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = _Engine(at_info=NotRunning("Not to be asked.", do_next=""))
    assert chosen(tmp_path, nobody, monkeypatch, runtime="docker").runtime == "docker"


def test_a_stack_keeps_its_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(flags={"home": tmp_path}).settings
    Stack.load_or_create(settings.stack_folder, runtime="local", partitions=1)
    assert chosen(tmp_path, _Engine(), monkeypatch).runtime == "local"
    with pytest.raises(UsageFault, match="made with runtime local"):
        chosen(tmp_path, _Engine(), monkeypatch, runtime="docker")
