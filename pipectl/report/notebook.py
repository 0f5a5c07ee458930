"""The notebook: a rendered template cut into cells, executed against the running Presto and Kafka.

The template begins each cell with `{{ markdown }}` or `{{ code }}`: marks with a random part, new for
each rendering, so no text of a stranger can begin a cell.
"""

import pickle
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from pipectl.errors import NotRunning, OperationFailed

_CELL_TIMEOUT_SECONDS = 300
_KEEP = """\
import pickle

with open({file!r}, "wb") as file:
    pickle.dump(({value}), file)
"""
"""A last cell, which is run and is not part of the notebook."""

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


class CellMarks:
    """The marks that begin a cell in one rendering of the template."""

    def __init__(self) -> None:
        """Make marks that nobody can guess."""
        self._secret = secrets.token_hex(16)

    def names(self) -> Mapping[str, str]:
        """Return what the template knows the marks by."""
        return {kind: f"\n%%{self._secret} {kind}\n" for kind in ("markdown", "code")}

    def cells(self, rendered: str) -> Iterator[tuple[str, str]]:
        """Yield (kind, source) of each cell; empty ones are left out."""
        _before, *parts = re.split(rf"^%%{self._secret} (\w+)$", rendered, flags=re.MULTILINE)
        for kind, source in zip(parts[::2], parts[1::2], strict=True):
            if source.strip():
                yield kind, source.strip()


def build_notebook(cells: Iterator[tuple[str, str]]) -> Any:
    """Return the notebook of these cells, not executed yet."""
    makers = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": _KERNEL})
    for number, (kind, source) in enumerate(cells):
        notebook.cells.append(makers[kind](source, id=f"cell-{number:02}"))
    return notebook


def execute(notebook: Any, folder: Path, value_of: str) -> Any:
    """Run every cell, with `folder` as the working directory, and return the value of an expression; blocks.

    Raises NotRunning when a cell met an absent engine, else OperationFailed with the reason of the first cell
    that fails; there is no half-run notebook.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-") as name:
            kept = Path(name) / "kept"
            notebook.cells.append(nbformat.v4.new_code_cell(_KEEP.format(file=str(kept), value=value_of)))
            _client(notebook, folder, Path(name)).execute()
            notebook.cells.pop()
            return pickle.loads(kept.read_bytes())  # noqa: S301 - written by our own cell
    except CellExecutionError as error:
        if error.ename == NotRunning.__name__:
            raise NotRunning(error.evalue, do_next="Run: pipectl up") from error
        raise _failed(f"{error.ename}: {error.evalue}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise _failed(str(error)) from error


def take_outputs(notebook: Any, executed: Any) -> None:
    """Give the cells of a notebook what those of another, of the same code, have put out."""
    cells, ran = ([cell for cell in each.cells if cell.cell_type == "code"] for each in (notebook, executed))
    for cell, done in zip(cells, ran, strict=True):
        if cell.source != done.source:
            raise ValueError(f"{cell.id} is not what was run")
        cell.update(outputs=done.outputs, execution_count=done.execution_count, metadata=done.metadata)


def _client(notebook: Any, folder: Path, sockets: Path) -> NotebookClient:
    """Return what runs the cells; it talks to its kernel through files, so that no port is opened."""
    kernel = {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
    return NotebookClient(
        notebook,
        timeout=_CELL_TIMEOUT_SECONDS,
        kernel_name=_KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        config=Config(KernelManager=kernel),
    )


def write(notebook: Any, file: Path) -> None:
    """Write the notebook as Jupyter reads it; raises if it is not valid."""
    nbformat.validate(notebook)
    nbformat.write(notebook, file)


def _failed(reason: str) -> OperationFailed:
    return OperationFailed(
        "The report's notebook did not run to its end.",
        evidence=reason,
        do_next="Run: pipectl status   (then: pipectl report)",
    )
