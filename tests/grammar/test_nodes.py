"""Nodes of the syntax tree: frozen, equal to themselves alone, and the same again after a cache."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from getdsl.compiler import library
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax, tables
from getdsl.grammar.serialise import data_to_file, file_to_data
from getdsl.text.source import SourceFile, Span

FILE = SourceFile("spec.get", "x = 1\n")
SPAN = Span(FILE, 0, 1)
ROOT = Path(__file__).parents[2]


def test_a_node_is_frozen_and_equal_to_itself_alone() -> None:
    name = syntax.Name(SPAN, "x")
    assert name == name
    assert name != syntax.Name(SPAN, "x")
    assert hash(name) != hash(syntax.Name(SPAN, "x"))
    with pytest.raises(FrozenInstanceError):
        name.id = "y"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del name.id
    assert name.id == "x"


def test_a_node_is_a_dataclass_to_those_who_ask() -> None:
    call = syntax.Call(SPAN, syntax.Name(SPAN, "f"), (), keywords=())
    assert [field.name for field in fields(call)] == ["span", "callee", "args", "keywords"]
    other = replace(call, args=(syntax.Number(SPAN, 1),))
    assert other.callee is call.callee
    assert [type(child) for child in syntax.children(other)] == [syntax.Name, syntax.Number]
    assert repr(syntax.Number(SPAN, 1)) == f"Number(span={SPAN!r}, value=1)"
    match call:
        case syntax.Call(callee=syntax.Name(id=found)):
            assert found == "f"
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize("values", [(), (SPAN,), (SPAN, "x", "y")])
def test_a_node_has_all_of_its_fields_and_no_others(values: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match="Name takes span, id"):
        syntax.Name(*values)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Name takes span, id"):
        syntax.Name(SPAN, "x", id="y")  # type: ignore[misc]


def test_each_field_that_may_hold_nodes_is_walked() -> None:
    plain = {
        "span",
        "name",
        "word",
        "id",
        "kind",
        "operator",
        "optional",
        "doc",
        "message",
        "names",
        "path",
        "target",
    }
    for made in vars(syntax).values():
        if isinstance(made, type) and issubclass(made, syntax.Node):
            for field in fields(made):
                text = str(field.type)
                holds = any(
                    word in text
                    for word in (
                        "Expr",
                        "Type",
                        "Statement",
                        "Entry",
                        "Setting",
                        "Pair",
                        "Keyword",
                        "Permute",
                        "Of |",
                    )
                )
                assert (field.name in made.node_fields) is holds, f"{made.__name__}.{field.name}"
                assert not (holds and field.name in plain - {"target", "kind"})


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.get")), ids=lambda path: path.stem)
def test_a_tree_is_the_same_after_a_cache(path: Path) -> None:
    source = SourceFile(path.name, path.read_text())
    file = parse(source, Diagnostics())
    again = data_to_file(json.loads(json.dumps(file_to_data(file))), source)
    assert repr(again.items) == repr(file.items)
    assert again.source is source
    nodes = [node for item in again.items for node in syntax.walk(item)]
    assert len(nodes) == len([node for item in file.items for node in syntax.walk(item)]) > 10


def test_broken_statements_survive_a_cache() -> None:
    source = SourceFile("spec.get", "model M {\n    a = relu(\n}\n")
    file = parse(source, Diagnostics())
    (model,) = data_to_file(json.loads(json.dumps(file_to_data(file))), source).items
    assert isinstance(model, syntax.Definition)
    assert [item.names for item in model.body if isinstance(item, syntax.Broken)] == [("a",)]


def test_the_parser_is_made_of_its_kept_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    text = library.index()["MotifScanner"].read_text()
    fresh = tables.parser_of.__wrapped__("start").parse(text)
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(tables, "_made", lambda *arguments: pytest.fail("made again"))
    assert tables.parser_of.__wrapped__("start").parse(text) == fresh
    monkeypatch.undo()
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    kept.write_text("{}")
    assert tables.parser_of.__wrapped__("start").parse(text) == fresh
    assert kept.read_text() != "{}"
