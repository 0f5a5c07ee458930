"""When something is wrong: one clear message, the exit code of the design, nothing half-started left."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipectl.errors import OperationFailed, PortTaken, ToolMissing, UsageFault
from pipectl.runtimes.marks import marked
from tests.harness import RUNTIME, Stack, new_stack, remove


@pytest.fixture
def fresh() -> Iterator[Stack]:
    """A stack that was never started, and must leave nothing behind."""
    stack = new_stack()
    yield stack
    assert marked(stack.folder) == []
    remove(stack)


def test_a_taken_port_names_its_owner(fresh: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh.ports["redis"]))
        taken.listen()
        told = fresh.pipectl("up", expect=PortTaken.exit_code).stderr
    assert str(fresh.ports["redis"]) in told
    assert f"pid {os.getpid()}" in told


@pytest.mark.skipif(RUNTIME == "docker", reason="containers have a Java of their own")
def test_a_wrong_java_is_named_with_what_to_install(fresh: Stack, tmp_path: Path) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"25.0.1\"' >&2\n")
    java.chmod(0o755)
    told = fresh.pipectl("up", expect=ToolMissing.exit_code, JAVA_HOME=str(tmp_path)).stderr
    assert "25" in told
    assert "openjdk-17" in told


def test_a_missing_ab_names_its_package(fresh: Stack, tmp_path: Path) -> None:
    told = fresh.pipectl(
        "load", "--profile", "smoke", expect=ToolMissing.exit_code, PATH=str(tmp_path)
    ).stderr
    assert "apache2-utils" in told


def test_no_network_at_the_first_start_leaves_no_half_download(fresh: Stack, tmp_path: Path) -> None:
    nowhere = "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9 -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9"
    options = f"{nowhere} -Dmaven.repo.local={tmp_path}/m2"
    cache = tmp_path / "cache"
    told = fresh.pipectl("up", expect=OperationFailed.exit_code, MAVEN_OPTS=options, PIPECTL_CACHE=str(cache))
    assert "network" in told.stderr
    assert [path.name for path in (cache / "engines").iterdir() if path.is_dir()] == []


def test_a_broken_settings_file_names_the_line(fresh: Stack, tmp_path: Path) -> None:
    file = tmp_path / "pipectl.toml"
    file.write_text("[kafka\n")
    told = fresh.pipectl("status", "--config", str(file), expect=UsageFault.exit_code).stderr
    assert "line 1" in told


def test_an_unknown_setting_names_the_nearest_one(fresh: Stack, tmp_path: Path) -> None:
    file = tmp_path / "pipectl.toml"
    file.write_text("[kafka]\npartition = 3\n")
    told = fresh.pipectl("status", "--config", str(file), expect=UsageFault.exit_code).stderr
    assert "kafka.partitions" in told


def test_an_unknown_event_type_in_a_profile_names_the_nearest_one(fresh: Stack, tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('summary = "x"\n[[step]]\nevent = "purchase_swor"\nplayers = ["a"]\nrequests = 1\n')
    told = fresh.pipectl("load", "--profile", str(profile), expect=UsageFault.exit_code).stderr
    assert "purchase_sword" in told


@pytest.mark.parametrize(
    "words", [("drain",), ("verify",), ("status",), ("stream", "start"), ("sql", "select 1")]
)
def test_what_needs_a_stack_says_that_none_is_running(fresh: Stack, words: tuple[str, ...]) -> None:
    told = fresh.pipectl(*words, expect=3).stderr
    assert "pipectl up" in told or "pipectl stream start" in told


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can be mounted by root only")
def test_a_full_disk_is_named_and_leaves_nothing_running(fresh: Stack, tmp_path: Path) -> None:
    """Put the stack on a file system of 1 MB."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        told = fresh.pipectl("up", expect=OperationFailed.exit_code, PIPECTL_HOME=str(small)).stderr
        assert "space" in told
        assert marked(small / "test") == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_missing_maven_names_its_package(fresh: Stack, tmp_path: Path) -> None:
    for program in ("java", "redis-server"):
        (tmp_path / program).symlink_to(shutil.which(program) or "/")
    cache = {"PATH": str(tmp_path), "PIPECTL_CACHE": str(tmp_path / "cache")}
    assert "maven" in fresh.pipectl("up", expect=ToolMissing.exit_code, **cache).stderr
