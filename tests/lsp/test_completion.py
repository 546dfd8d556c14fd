"""What is offered, in text that is being written."""

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor

TAIL = "\n    output y = x\n}\n"
HEAD = "model M {\n    param width: int = 4\n    input x: [B, 8]\n    encoder = x -> Linear(width)\n    "


@pytest.mark.parametrize(
    ("text", "offered", "not_offered"),
    [
        ("mod|", ["model", "use", "train"], ["Linear"]),
        (HEAD + "|", ["param", "input", "for", "encoder"], ["epochs"]),
        (HEAD + "z = encoder -> Lin|", ["Linear", "relu"], ["train"]),
        (HEAD + "z = encoder -> Linear(|", ["width", "bias"], []),
        (HEAD + "z = enc|" + TAIL, ["encoder", "width", "x"], []),
        (HEAD + "z: [B, |", ["B", "width"], ["Linear"]),
        (HEAD + "input z: |", ["onehot", "lengths"], ["operation"]),
        (HEAD + "param z: |", ["int", "block"], ["onehot"]),
        (HEAD + 'z = x -> Conv1d(3, padding = "|', ["same", "valid"], ["encoder"]),
        (HEAD + "output y = encoder\n}\nloss { y = |", ["MSE", "y"], ["epochs"]),
        (HEAD + "output y = encoder\n}\nloss { y = MSE(y, batch.|", ["x"], ["MSE"]),
        (HEAD + "output y = encoder\n}\nloss { y = MSE(y, batch.z) |", ["where", "weight"], []),
        (HEAD + "output y = encoder\n}\nmetrics { y = [pear|", ["pearson", "r2"], ["Linear"]),
        (HEAD + "output y = encoder\n}\ntrain {\n    ep|", ["epochs", "batch_size"], ["encoder"]),
        (HEAD + 'output y = encoder\n}\ntrain {\n    precision = "|', ["bf16-mixed"], []),
        (HEAD + "output y = encoder\n}\noptimizer = |", ["AdamW"], ["epochs"]),
        (HEAD + "output y = encoder\n}\noptimizer = AdamW(|", ["lr", "weight_decay"], []),
        (HEAD + "output y = encoder\n}\nfreeze = [|", ["encoder"], ["MSE"]),
        (HEAD + "output y = encoder\n}\ndata { batch { |", ["x"], []),
        (HEAD + "output y = encoder\n}\ndata { batch { x = |", ["Sequence", "Column"], ["Linear"]),
        (HEAD + "output y = encoder\n}\ndata { hold_out = { |", ["chromosomes"], ["regions ="]),
        ('use "getdsl:zoo/|', ["enformer.get"], []),
        ('use "|', ["other.get", "getdsl:"], ["a.get"]),
        ("model A {}\nmodel B extends |", ["A"], ["Linear"]),
        (HEAD + "# here |", [], ["encoder", "param"]),
    ],
)
def test_what_is_offered(editor: Editor, text: str, offered: list[str], not_offered: list[str]) -> None:
    (editor.folder / "other.get").write_text("")
    found = editor.labels("a.get", editor.open("a.get", text))
    assert [name for name in offered if name not in found] == []
    assert [name for name in not_offered if name in found] == []
    assert editor.log == []


def test_an_item_replaces_what_is_begun(editor: Editor) -> None:
    position = editor.open("a.get", HEAD + "z = encoder -> Linear(bi|")
    found = editor.at(types.CompletionParams, types.TEXT_DOCUMENT_COMPLETION, "a.get", position)
    [item] = [item for item in found.items if item.label == "bias"]
    assert item.text_edit.new_text == "bias = "
    assert item.text_edit.range.end == position
    assert item.text_edit.range.start.character == position.character - 2
    assert "bool" in item.detail


def test_shapes_stand_beside_nodes(editor: Editor) -> None:
    editor.open("a.get", HEAD + "z = encoder" + TAIL)
    text = HEAD + "z = encoder\n    w = "
    editor.write("a.get", text + TAIL)
    position = editor.place("a.get", len(text))
    found = editor.at(types.CompletionParams, types.TEXT_DOCUMENT_COMPLETION, "a.get", position)
    assert {item.label: item.detail for item in found.items}["encoder"] == "[B, 4]"


def test_signatures_follow_the_argument(editor: Editor) -> None:
    def signature(text: str) -> types.SignatureHelp:
        position = editor.open("a.get", HEAD + text)
        found = editor.at(types.SignatureHelpParams, types.TEXT_DOCUMENT_SIGNATURE_HELP, "a.get", position)
        assert isinstance(found, types.SignatureHelp)
        return found

    first = signature("z = encoder -> Conv1d(|")
    assert first.signatures[0].label.startswith("Conv1d(out_channels")
    assert first.active_parameter == 0
    assert signature("z = encoder -> Conv1d(8, |").active_parameter == 1
    named = signature("z = encoder -> Conv1d(8, padding = |")
    names = named.signatures[0].label.split(", ")
    assert names[named.active_parameter or 0].startswith("padding")
    assert signature("z = concat([x, x], |").signatures[0].label.startswith("concat(")
