"""A notebook in a kernel of its own, as Jupyter runs it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

SPEC = """model Scan {
    input dna: onehot[B, L, 4]
    hits = dna -> Conv1d(8, kernel_size = 9)
    output peaks = relu(hits)
}
"""
CELLS = (
    "%load_ext getdsl\nimport getdsl",
    f"%%get scan -o scan.get --graph\n{SPEC}",
    "getdsl.plan(scan)",
    "getdsl.compile_text('model Scan { }')",
    f"%%get wrong\n{SPEC.replace('relu', 'rleu')}",
    "'wrong' in dir(), (getdsl.check('scan.get').spec.parameters)",
)
FAIL = (3, 4)  # by their numbers


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[nbformat.NotebookNode]:
    """The cells, with their outputs."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    for number in FAIL:
        notebook.cells[number].metadata["tags"] = ["raises-exception"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
        cells: list[nbformat.NotebookNode] = client.execute().cells
    return cells


def test_what_cells_display(ran: list[nbformat.NotebookNode]) -> None:
    outline, picture = (output.data for output in ran[1].outputs)
    assert "onehot[B, L, 4]" in outline["text/html"]
    assert outline["text/plain"] == "<Scan: peaks [B, L, 8]; 296 parameters>"
    assert "<svg" in picture["text/html"]
    [plan] = ran[2].outputs
    assert "new 100 %" in plan.data["text/html"]
    assert plan.data["text/plain"] == "<Plan: 2 new; it can be carried out>"
    assert ran[5].outputs[0].data["text/plain"] == "(False, 296)"


def test_errors_have_their_places_and_no_traceback(ran: list[nbformat.NotebookNode]) -> None:
    [error] = ran[3].outputs
    assert error.ename == "SpecError"
    assert "no output" in "".join(error.traceback)
    told, stopped = ran[4].outputs
    assert "did you mean `relu`?" in told.data["text/html"]
    assert stopped.traceback == ["1 error in the cell's spec"]
    assert not any("Traceback" in line for each in (error, stopped) for line in each.traceback)
