"""Which archive a JVM uses, and when it leaves one."""

import os
from pathlib import Path

import pytest

from jobs.class_archive import ClassArchive


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassArchive:
    for name in ("java/lib/server/libjvm.so", "jars/one.jar", "its own scratch/.here"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    return look_again(tmp_path)


def look_again(folder: Path) -> ClassArchive:
    return ClassArchive(
        folder=folder / "classes", jars=(folder / "jars/one.jar",), scratch=folder / "its own scratch"
    )


def end_jvm(folder: Path) -> None:
    """Write what a JVM writes when it ends by itself."""
    (folder / "its own scratch/classes.jsa").touch()


def test_the_first_jvm_leaves_its_classes_if_it_shall(archive: ClassArchive, tmp_path: Path) -> None:
    left = f"-XX:ArchiveClassesAtExit={tmp_path}/its own scratch/classes.jsa"
    assert left in archive.java_options(write=True)
    assert archive.java_options(write=False) == ()


@pytest.mark.parametrize("write", [True, False])
def test_the_next_jvm_uses_what_was_kept(archive: ClassArchive, tmp_path: Path, *, write: bool) -> None:
    end_jvm(tmp_path)
    archive.keep()
    (kept,) = (tmp_path / "classes").iterdir()
    assert f"-XX:SharedArchiveFile={kept}" in look_again(tmp_path).java_options(write=write)


def test_a_jvm_that_was_killed_leaves_nothing(archive: ClassArchive, tmp_path: Path) -> None:
    archive.keep()
    assert not (tmp_path / "classes").exists()


@pytest.mark.parametrize("changed", ["java/lib/server/libjvm.so", "jars/one.jar"])
def test_another_java_and_other_jars_have_an_archive_of_their_own(
    archive: ClassArchive, tmp_path: Path, changed: str
) -> None:
    end_jvm(tmp_path)
    archive.keep()
    os.utime(tmp_path / changed, ns=(0, 0))
    assert "SharedArchiveFile" not in " ".join(look_again(tmp_path).java_options(write=True))
