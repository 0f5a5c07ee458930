from pathlib import Path

import nbformat
import pytest

from pipectl.errors import OperationFailed
from pipectl.report.escaping import markdown_block, markdown_text, python_text
from pipectl.report.notebook import build_notebook, execute, take_outputs, write


def test_an_executed_notebook_has_its_results_and_can_be_read_again(tmp_path: Path) -> None:
    notebook = build_notebook(
        iter([("markdown", "# A"), ("code", "found = {'n': 6 * 7}\nprint(found['n'])")])
    )
    assert execute(notebook, tmp_path, value_of="found") == {"n": 42}
    write(notebook, tmp_path / "n.ipynb")
    again = nbformat.read(tmp_path / "n.ipynb", as_version=4)
    assert [cell.cell_type for cell in again.cells] == ["markdown", "code"]
    assert again.cells[1].outputs[0].text == "42\n"


def test_a_notebook_takes_the_outputs_of_its_draft_and_of_no_other(tmp_path: Path) -> None:
    draft = build_notebook(iter([("markdown", "a draft"), ("code", "print(6 * 7)")]))
    execute(draft, tmp_path, value_of="None")
    notebook = build_notebook(iter([("markdown", "what was found"), ("code", "print(6 * 7)")]))
    take_outputs(notebook, draft)
    write(notebook, tmp_path / "n.ipynb")
    assert notebook.cells[0].source == "what was found"
    assert notebook.cells[1].outputs[0].text == "42\n"
    with pytest.raises(ValueError, match="not what was run"):
        take_outputs(build_notebook(iter([("code", "print(6 * 8)")])), draft)


def test_a_cell_that_fails_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed) as failure:
        execute(build_notebook(iter([("code", "raise ValueError('no such table')")])), tmp_path, value_of="x")
    assert failure.value.evidence == "ValueError: no such table"


@pytest.mark.parametrize(
    "text", ["", "a", "a'b", 'a"', '"""', "a\\b", "SELECT\n  1", "\n", "x\x00", "a\r\nb"]
)
def test_python_text_is_the_text_itself(text: str) -> None:
    value = eval(python_text(text))  # noqa: S307 - exactly what is to be proven
    assert value.strip() == text.strip()


@pytest.mark.parametrize("text", ["`", "```", "a\n````\nb"])
def test_a_block_is_never_ended_by_its_own_text(text: str) -> None:
    fence = markdown_block(text).split("text\n", 1)[0]
    assert fence not in text
    assert markdown_block(text).endswith(f"\n{fence}")


def test_markdown_text_is_one_line_without_markup() -> None:
    assert markdown_text("a | *b*\n<i>") == r"a \| \*b\* &lt;i&gt;"
