"""What is told of a whole document."""

from typing import Any

from lsprotocol import types

from tests.lsp.editor import Editor

SPEC = """\
# one
# two
model M {
    input x: [B, 8]
    head = x -> Linear(4)
    output y = softplus(
        head)
}
train { epochs = 3 }
"""


def asked(editor: Editor, method: str, kind: type[Any], **more: Any) -> Any:
    editor.open("a.get", SPEC)
    return editor.ask(method, kind(text_document=types.TextDocumentIdentifier(editor.uri("a.get")), **more))


def test_the_outline(editor: Editor) -> None:
    model, train = asked(editor, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams)
    assert [(item.name, item.detail) for item in model.children] == [
        ("x", "[B, 8]"),
        ("head", "[B, 4]"),
        ("y", "[B, 4]"),
    ]
    assert [item.name for item in train.children] == ["epochs"]
    [found] = editor.ask(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams("m"))
    assert found.name == "M"


def test_hints_are_the_shapes_of_nodes(editor: Editor) -> None:
    whole = types.Range(types.Position(0, 0), types.Position(5, 0))
    found = asked(editor, types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams, range=whole)
    assert [(item.position.line, item.label) for item in found] == [(4, "[B, 4]")]


def test_what_folds(editor: Editor) -> None:
    found = asked(editor, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams)
    assert [(item.start_line, item.end_line) for item in found] == [(0, 1), (2, 7), (5, 6)]


def test_tokens_are_in_order_and_none_overlaps(editor: Editor) -> None:
    found = asked(editor, types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensParams)
    lines = SPEC.splitlines()
    line = character = 0
    names = []
    for down, along, length, _, _ in zip(*[iter(found.data)] * 5, strict=True):
        line, character = line + down, along if down else character + along
        names.append(lines[line][character : character + length])
    assert names == ["M", "x", "B", "head", "x", "Linear", "y", "softplus", "head"]


def test_a_type_is_no_function(editor: Editor) -> None:
    assert editor.hover("a.get", editor.open("a.get", "model M { param n: in|t = 1 }")) == ""
    assert "int" in editor.hover("b.get", editor.open("b.get", "model M { param n: int = i|nt(1.5) }"))
