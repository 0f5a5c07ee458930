"""Room on the disk: engines that meet a full one die of it in many ways, none of which says so clearly."""

import shutil
from pathlib import Path

from pipectl.errors import OperationFailed

_LEAST_MB = 200  # what a stack writes before the first event comes: logs, formatted disks, catalogs


def free_mb(folder: Path) -> float:
    """Return the megabytes that are free where a folder is, or would be made."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free / 1e6


def check_space(folder: Path) -> None:
    """Raise OperationFailed if services that write to this folder could not even start."""
    free = free_mb(folder)
    if free < _LEAST_MB:
        raise OperationFailed(
            f"There is no space for the stack: the disk of {folder} is full.",
            evidence=f"{free:.0f} MB are free; a stack needs {_LEAST_MB} MB to start.",
            do_next="Free some space, or let PIPECTL_HOME name a folder on another disk.",
        )
