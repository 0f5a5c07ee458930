"""Files that are there whole or not at all, whatever happens while they are written."""

import os
import shutil
from pathlib import Path


def move_whole(source: Path, file: Path) -> None:
    """Move a file to its place, also from another file system; makes the folder. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.new")
    shutil.move(source, unfinished)
    unfinished.replace(file)


def write_whole(file: Path, text: str) -> None:
    """Write a text file beside its place, then move it there; makes its folder. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)
