"""Definition, references, renaming, hover: what names mean."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from getdsl.compiler.check import check_files, check_program
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.program import Program
from getdsl.diagnostics import Diagnostics
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.rename import rename
from tests.lsp.editor import Editor

SPECS = Path(__file__).parents[2] / "specs"
SPEC = """\
model M {
    param width: int = 4   { \"\"\"of the head\"\"\" }
    input x: [B, 8]
    head = x -> Linear(width)
    y = tanh(head)
    y = relu(y)
    for i in 0..2 {
        layers[i] = y -> Linear(width)
    }
    if width > 9 { z = layers[0] } else { z = layers[1] }
    output out = z
}
loss { out = MSE(out, batch.target) }
optimizer = AdamW(lr = 1e-3, lr_of = { head = 1e-4 })
freeze = [layers]
"""


def cursor(text: str, before: str) -> str:
    """The text with a cursor behind what is found."""
    end = text.index(before) + len(before)
    return text[:end] + "|" + text[end:]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("relu(y", 4),  # the binding above, not the one it stands in
        ("layers[i] = y", 5),
        ("Linear(width", 1),
        ("layers[1]", 7),
        ("MSE(out", 10),
        ("lr_of = { head", 3),
        ("freeze = [layers", 7),
    ],
)
def test_the_nearest_definition_above(editor: Editor, before: str, line: int) -> None:
    position = editor.open("a.get", cursor(SPEC, before).replace("layers[1]|", "layers|[1]"))
    assert editor.defined("a.get", position) == [("a.get", str(line))]


def test_definitions_in_other_files(editor: Editor) -> None:
    (editor.folder / "base.get").write_text("block Half {\n input x: [B, D]\n output y = x / 2\n}\n")
    main = 'use "base.get"\nmodel M {\n input x: [B, 8]\n output y = x -> Half() -> Dropout(0.1)\n}\n'
    assert editor.defined("m.get", editor.open("m.get", cursor(main, "Half"))) == [("base.get", "0")]
    assert editor.defined("m.get", editor.open("m.get", cursor(main, "Dropout"))) == [("dropout.get", "0")]
    assert editor.defined("m.get", editor.open("m.get", cursor(main, "base"))) == [("base.get", "0")]


def test_hover_says_shape_weights_and_doc(editor: Editor) -> None:
    assert "y: [B, 4]" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "    y")))
    published = editor.published[editor.uri("a.get")].diagnostics
    assert all(item.severity != types.DiagnosticSeverity.Error for item in published)
    assert "layers: [B, 4]" in (text := editor.hover("a.get", editor.open("a.get", cursor(SPEC, "layers"))))
    assert "40 parameters" in text
    assert "of the head" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "Linear(width")))
    assert "Linear(" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "Lin")))
    assert "relu(x)" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "rel")))
    assert "learning rate" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "AdamW(l")))
    assert "batch.target: [B, 4]" in editor.hover("a.get", editor.open("a.get", cursor(SPEC, "batch.tar")))


def test_rename_reaches_branches_sections_and_settings(editor: Editor) -> None:
    found = editor.rename("a.get", editor.open("a.get", cursor(SPEC, "layers")), "tower")
    assert found == {"a.get": SPEC.replace("layers", "tower")}
    found = editor.rename("a.get", editor.open("a.get", cursor(SPEC, "    head")), "hidden")
    assert "lr_of = { hidden = 1e-4 }" in found["a.get"]
    assert "tanh(hidden)" in found["a.get"]


def test_rename_goes_through_open_files(editor: Editor) -> None:
    base = "block Half {\n param by: int = 2\n input x: [B, D]\n output y = x / by\n}\n"
    (editor.folder / "base.get").write_text(base)
    editor.open("main.get", 'use "base.get"\nmodel M {\n input x: [B, 8]\n output y = x -> Half(by = 3)\n}\n')
    found = editor.rename("base.get", editor.open("base.get", cursor(base, "param b")), "factor")
    assert found["base.get"] == base.replace("by", "factor")
    assert "Half(factor = 3)" in found["main.get"]


@pytest.mark.parametrize(
    ("before", "name", "said"),
    [
        ("Linea", "Dense", "comes with getdsl"),
        ("rel", "gelu", "a word of the language"),
        ("    y", "x", "something else already"),
        ("    y", "for", "is no name"),
        ("    y", "a b", "is no name"),
        ("    y", "Y", "a capital letter is a size"),
    ],
)
def test_what_cannot_be_renamed(editor: Editor, before: str, name: str, said: str) -> None:
    position = editor.open("a.get", cursor(SPEC, before))
    with pytest.raises(JsonRpcInvalidParams, match=said):
        editor.rename("a.get", position, name)


@pytest.mark.parametrize("name", ["zoo/akita", "zoo/distillation", "my_model", "zoo/mixture_of_experts"])
def test_a_spec_whose_names_were_changed_checks_all_the_same(name: str) -> None:
    """The compiler is the oracle: it takes the spec after any name of its own was changed."""
    path = (SPECS / f"{name}.get").resolve()
    program = Program.load(path, Diagnostics())
    witness = Witness()
    analysis = Analysis(program.unit.file.source, program, check_program(program, witness), witness)
    assert analysis.errors == []
    entities = {
        item.entity: item.span.start
        for item in analysis.index.of_file(analysis.source)
        if item.defines and item.entity.kind in ("name", "param", "variable")
    }
    chosen = random.Random(name).sample(sorted(entities.values()), min(4, len(entities)))
    for offset in chosen:
        edits = rename(analysis, [], offset, "renamed")
        text = analysis.text
        for span, new in sorted(edits, key=lambda item: -item[0].start):
            assert span.file is analysis.source
            text = text[: span.start] + new + text[span.end :]
        checked = check_files({path: text}, Overrides())
        assert [item.message for item in checked.diagnostics if item.severity == "error"] == []


def test_references_and_highlights(editor: Editor) -> None:
    position = editor.open("a.get", cursor(SPEC, "param wid"))
    found = editor.at(
        types.ReferenceParams,
        types.TEXT_DOCUMENT_REFERENCES,
        "a.get",
        position,
        context=types.ReferenceContext(include_declaration=False),
    )
    assert [item.range.start.line for item in found] == [3, 7, 9]
    marked = editor.at(
        types.DocumentHighlightParams, types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, "a.get", position
    )
    assert [item.kind.name for item in marked] == ["Write", "Read", "Read", "Read"]
