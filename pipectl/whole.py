"""Files that are there whole or not at all, whatever happens while they are written."""

from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a text file beside its place, then move it there; makes its folder. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)
