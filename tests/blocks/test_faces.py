"""What a face says and what its Python body takes are the same."""

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.text.source import SourceFile

FACES = sorted((Path(__file__).parents[2] / "getdsl/blocks").glob("*.get"))
LITERALS = {"none": None, "true": True, "false": False}


def face(path: Path) -> syntax.Definition:
    diagnostics = Diagnostics()
    file = parse(SourceFile(path.name, path.read_text(), path), diagnostics)
    assert not list(diagnostics)
    (definition,) = file.items
    assert isinstance(definition, syntax.Definition)
    return definition


def found(definition: syntax.Definition, kind: type) -> list[Any]:
    return [node for node in syntax.walk(definition) if isinstance(node, kind)]


def extern_faces() -> list[Path]:
    return [path for path in FACES if 'extern "' in path.read_text()]


@pytest.mark.parametrize("path", FACES, ids=lambda path: path.stem)
def test_a_face_is_one_documented_block(path: Path) -> None:
    block = face(path)
    assert block.kind == "block"
    assert block.name.lower() == path.stem.replace("_", "")
    assert block.doc
    assert [param.name for param in found(block, syntax.Param) if not param.doc] == []


def takes(kind: type) -> dict[str, inspect.Parameter]:
    """The parameters of a constructor, and those of the class below, to which it hands on others."""
    own = dict(inspect.signature(kind).parameters)
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in own.values()):
        own = {name: item for name, item in own.items() if item.kind is not inspect.Parameter.VAR_KEYWORD}
        return takes(kind.__mro__[1]) | own
    return own


@pytest.mark.parametrize("path", extern_faces(), ids=lambda path: path.stem)
def test_the_constructor_takes_the_params_and_the_widths_of_the_weights(path: Path) -> None:
    block = face(path)
    params = {param.name: param for param in found(block, syntax.Param)}
    shapes = [state.type for state in found(block, syntax.State)]
    names = {name.id for shape in shapes for name in syntax.walk(shape) if isinstance(name, syntax.Name)}
    symbols = {name for name in names if name.isupper()}
    signature = takes(body(block, path))
    taken = {name: p for name, p in signature.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
    if not params and not symbols:
        assert not taken
        return
    assert set(taken) == set(params) | symbols
    assert set(signature) == set(taken)
    for name, param in params.items():
        default = param.default
        if default is None:
            assert taken[name].default is inspect.Parameter.empty
        elif isinstance(default, syntax.Number | syntax.String):
            assert taken[name].default == default.value
        elif isinstance(default, syntax.Name) and default.id in LITERALS:
            assert taken[name].default is LITERALS[default.id]


@pytest.mark.parametrize("path", extern_faces(), ids=lambda path: path.stem)
def test_forward_takes_the_inputs(path: Path) -> None:
    block = face(path)
    inputs = found(block, syntax.Input)
    signature = inspect.signature(getattr(body(block, path), "forward")).parameters  # noqa: B009
    positional = [name for name, p in signature.items() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    keyword = [name for name, p in signature.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    required = [item.name for item in inputs if not item.type.optional]
    several = ["outputs"] if len(found(block, syntax.Output)) > 1 else []
    # PyTorch's own layers call their one input `input`
    assert positional in (["self", *required], ["self", "input"])
    assert keyword == [item.name for item in inputs if item.type.optional] + several


def body(block: syntax.Definition, path: Path) -> type:
    (extern,) = found(block, syntax.Extern)
    module, _, name = extern.target.partition(":")
    assert module == f"getdsl.blocks.{path.stem}"
    result: type = getattr(importlib.import_module(module), name)
    return result
