"""What the server does not check again after an edit, and what it must."""

from pathlib import Path

import numpy as np
import pytest

from getdsl.compiler import check
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from tests.lsp.editor import Editor

SPEC = """block Small {
    input x: [B, D]
    wide = x -> Linear(3)
    output y = wide
}

model Other {
    input x: [B, 8]
    small = x -> Small()
    output y = small
}

model Third {
    input x: [B, 8]
    output y = relu(x)
}

model Main {
    param width: int = 4
    input x: [B, 8]
    head = x -> Linear(width)
    output y = head
}

loss { y = MSE(y, batch.y) }
"""


@pytest.fixture
def elaborated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the models that are elaborated."""
    names: list[str] = []
    elaborate = check.elaborate_model

    def spy(engine: Engine, program: Program, model: syntax.Definition) -> Frame:
        names.append(model.name)
        return elaborate(engine, program, model)

    monkeypatch.setattr(check, "elaborate_model", spy)
    return names


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("block Small {", "# a remark\n\nblock Small {", []),
        ("head = x -> Linear", "head   = x  # here\n        -> Linear", []),
        ("relu(x)", "gelu(x)", ["Third"]),
        ("Linear(3)", "Linear(5)", ["Other", "Main"]),
        ("= 4", "= 5", ["Main"]),
        ("MSE", "MAE", ["Main"]),
        ("Linear(3)", "Linear(3.0)", ["Other", "Main"]),
        ("small = x", "small = z", ["Other", "Main"]),
    ],
)
def test_only_what_an_edit_can_change_is_elaborated(
    editor: Editor, elaborated: list[str], old: str, new: str, again: list[str]
) -> None:
    editor.open_text("a.get", SPEC)
    elaborated.clear()
    editor.write("a.get", SPEC.replace(old, new))
    assert elaborated == again


def test_a_name_that_another_definition_takes_is_looked_up_anew(editor: Editor) -> None:
    editor.open_text("a.get", SPEC)
    assert editor.codes("a.get") == []
    taken = "block Linear {\n    input x: [B, D]\n    output y: [B, 2, D] = x\n}\n"
    editor.write("a.get", taken + SPEC)
    assert editor.codes("a.get")
    editor.write("a.get", SPEC)
    assert editor.codes("a.get") == []


def test_what_is_shown_moves_with_the_text(editor: Editor) -> None:
    editor.open_text("a.get", SPEC)
    for marked in (SPEC, f"# a remark\n{SPEC}"):
        editor.write("a.get", marked)
        assert "[B, 3]" in editor.hover("a.get", editor.place("a.get", marked.index("small")))
        assert "36 parameters" in editor.hover("a.get", editor.place("a.get", marked.index("head")))
        assert "MSE(y, batch.y)" in editor.hover("a.get", editor.place("a.get", marked.index("y = MSE")))


def test_a_file_of_weights_that_goes_is_missed(editor: Editor, tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"")
    text = f'load "{weights}" {{}}\n\n{SPEC}'
    editor.open_text("a.get", text)
    before = editor.codes("a.get")
    weights.unlink()
    editor.write("a.get", f"# a remark\n{text}")
    assert editor.codes("a.get") != before


def test_what_was_said_is_said_again(editor: Editor) -> None:
    wrong = SPEC.replace("relu(x)", "relu(z)").replace("MSE", "MSEE")
    editor.open_text("a.get", wrong)
    before = editor.codes("a.get")
    assert len(before) == 2
    editor.write("a.get", f"# a remark\n{wrong}")
    assert editor.codes("a.get") == before


def test_a_used_file_that_changes_is_seen(editor: Editor, tmp_path: Path) -> None:
    block = "block Far {\n    input x: [B, D]\n    output y = x\n}\n"
    editor.open_text("far.get", block)
    text = (
        'use "far.get"\nmodel A {\n    input x: [B, 8]\n    far = x -> Far()\n    output y: [B, 8] = far\n}\n'
    )
    editor.open_text("a.get", text)
    assert editor.codes("a.get") == []
    editor.write("far.get", block.replace("= x", "= concat([x, x], dim = 1)"))
    editor.write("a.get", f"# a remark\n{text}")
    assert editor.codes("a.get")


def test_a_file_that_is_read_is_read_again(editor: Editor, tmp_path: Path) -> None:
    table = tmp_path / "table.npy"
    np.save(table, np.zeros((2, 3), np.float32))
    body = f'    t = Buffer(read("{table}"))\n    output y: [B, 3] = matmul(x, t)\n'
    text = f"model A {{\n    input x: [B, 2]\n{body}}}\n"
    editor.open_text("a.get", text)
    assert editor.codes("a.get") == []
    np.save(table, np.zeros((2, 4), np.float32))
    editor.write("a.get", f"# a remark\n{text}")
    assert editor.codes("a.get")
