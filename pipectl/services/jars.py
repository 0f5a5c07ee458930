"""Engine jars: resolved by Maven from the poms beside the recipes into a per-user cache, once.

A finished folder is named by the content of its pom and appears by one rename, so a download that was
cut off is never taken for a finished one, and a changed pom never meets old jars. Maven's own settings
and mirrors apply; checksums are enforced (`-C`).
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from pipectl.errors import OperationFailed, ToolMissing
from pipectl.waiting import one_at_a_time

POMS = Path(__file__).resolve().parent
_LAST_LINES = 12
_DISK_FULL = "No space left on device"


def pom(name: str) -> Path:
    """Return the pom of one set of jars, such as `kafka` or `presto-iceberg`."""
    return POMS / f"{name}.pom.xml"


def jars_folder(pom_file: Path, cache: Path) -> Path:
    """Return where the jars of a pom are, or will be; nothing is looked at or downloaded."""
    digest = hashlib.sha256(pom_file.read_bytes()).hexdigest()[:12]
    return cache.expanduser().absolute() / "engines" / f"{pom_file.name.removesuffix('.pom.xml')}-{digest}"


def ensure_jars(pom_file: Path, cache: Path) -> Path:
    """Return the folder of a pom's jars, downloading them first if they are not there; blocks for that.

    May be called by several processes at once: one downloads, the others wait for it.
    Raises ToolMissing without Maven, and OperationFailed with Maven's last lines if it fails.
    """
    folder = jars_folder(pom_file, cache)
    if folder.is_dir():
        return folder
    with one_at_a_time(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _download(pom_file, folder)
    return folder


def _download(pom_file: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as unfinished:
        target = Path(unfinished) / "lib"
        target.mkdir()
        _run_maven(pom_file, target)
        for archive in target.glob("*.zip"):
            shutil.unpack_archive(archive, target)  # a plugin of Presto: one folder of jars
            archive.unlink()
        target.rename(folder)


def _run_maven(pom_file: Path, target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ToolMissing("Maven is not installed.", do_next="Run: make setup   (or: apt-get install maven)")
    command = [maven, "-B", "-C", "-f", str(pom_file), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise _download_failed(pom_file, done.stdout + done.stderr)


def _download_failed(pom_file: Path, output: str) -> OperationFailed:
    lines = [line for line in output.splitlines() if "ERROR" in line or _DISK_FULL in line]
    next_step = "Check the network (and ~/.m2/settings.xml), then run the same command again."
    if _DISK_FULL in output:
        next_step = "Free some disk space, then run the same command again."
    name = pom_file.name.removesuffix(".pom.xml")
    return OperationFailed(
        f"Maven could not fetch the jars of {name}.",
        evidence="\n".join(lines[:_LAST_LINES]),
        do_next=next_step,
    )
