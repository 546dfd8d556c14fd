"""No message lists without a bound, whoever gives it how many names."""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Sized
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from getdsl.data.errors import suggest
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.diagnostic import Label
from getdsl.diagnostics.mistakes import __all__ as MODULES
from getdsl.text.source import SourceFile, Span

ROOM = Path(__file__).parents[2] / "getdsl" / "diagnostics" / "mistakes"
MANY = [f"part{number}.name{number}" for number in range(2_000)]
PLACE = Span(SourceFile("spec.get", "model M {}"), 0, 5)
LARGEST = 2_500  # letters of a message with its notes and helps
PASTED = {"on", "drop", "absent"}  # patterns that a person pastes: a part of them would be wrong
FEW = {"shape", "where", "notes", "labels", "words"}  # as many as a tensor has axes, a call lines
VALUES: dict[Any, Any] = {
    str: "name",
    int: 3,
    float: 2.0,
    bool: False,
    object: "thing",
    Span: PLACE,
    Span | None: PLACE,
    str | None: "text",
    int | None: 3,
    Iterable[str]: MANY,
    Sequence[str]: MANY,
    Collection[str]: MANY,
    Iterable[object]: MANY,
    Sequence[object]: MANY,
    Iterable[int]: range(2_000),
    Sequence[int]: range(2_000),
    Mapping[str, str]: {name: name for name in MANY},
    Mapping[str, object]: {name: name for name in MANY},
    Mapping[str, Iterable[int]]: dict.fromkeys(MANY, (1, 2)),
    Iterable[Span]: [PLACE],
    Sequence[Span]: [PLACE],
    Iterable[Label]: [],
    Sized: MANY,
}


def constructors() -> list[Callable[..., Any]]:
    """The constructors whose arguments are plain, and of which one is a list that may be long."""
    found = []
    for name in MODULES:
        module = import_module(f"getdsl.diagnostics.mistakes.{name}")
        for _, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not function.__name__.startswith("_"):
                hints = _hints(function)
                if all(hint in VALUES for hint in hints.values()) and _takes_many(hints):
                    found.append(function)
    return found


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: hint
        for name, hint in typing.get_type_hints(function).items()
        if name not in {"return", *PASTED, *FEW}
    }


def _takes_many(hints: dict[str, Any]) -> bool:
    return any(len(VALUES[hint]) > 100 for hint in hints.values() if hasattr(VALUES[hint], "__len__"))


def test_the_constructors_are_found() -> None:
    assert len(constructors()) > 30


@pytest.mark.parametrize("make", constructors(), ids=lambda make: make.__name__)
def test_a_message_stays_short_whatever_it_is_given(make: Callable[..., Any]) -> None:
    arguments = {name: VALUES[hint] for name, hint in _hints(make).items()}
    arguments |= {name: ["part"] for name in inspect.signature(make).parameters if name in PASTED}
    arguments |= {name: [] for name in inspect.signature(make).parameters if name in FEW}
    made = make(**arguments)
    assert len(said(made)) < LARGEST, said(made)[:500]


def said(made: Any) -> str:
    if isinstance(made, Diagnostic):
        return "\n".join([made.message, *made.notes, made.help or ""])
    return "\n".join(map(str, made)) if isinstance(made, list) else str(made)


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.stem)
def test_lists_are_joined_with_a_bound(path: Path) -> None:
    """`joined`, `first_of`, `listed`: what joins by itself with more than a line's end has no bound."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if _joins_words(call)] == []


def _joins_words(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr="join", value=ast.Constant(value=str(between))):
            return " " in between
    return False


def test_the_measure_itself() -> None:
    assert _joins_words(ast.parse("', '.join(x)", mode="eval").body)  # type: ignore[arg-type]
    assert not _joins_words(ast.parse("'\\n'.join(x)", mode="eval").body)  # type: ignore[arg-type]


FEW_BY_NATURE = {  # functions that raise, and join no more than there are words in the language, or axes
    "cli/init.py: _ask",
    "cli/train.py: run",
    "compiler/graph/dimensions.py: evaluate",  # an error of ours, not of a user
    "compiler/sections/declare.py: __init__",
    "data/declared_shapes.py: refuse_other_shapes",
    "data/region_motif/older.py: _both_strands",
    "data/region_motif/store.py: _refuse_others",
    "data/region_motif/store.py: genes",
    "formats/genes.py: __init__",  # twelve columns
    "formats/genes.py: called",
    "formats/genes.py: read_genes",  # twelve kinds of features
    "formats/layouts.py: _refuse_row",
    "grammar/node.py: __init__",
    "kernels/motif_scan/arguments.py: _check_strands",
    "kernels/segment_pool/arguments.py: check_lengths_form",
    "runs/training/readiness.py: _refuse_incomplete",
    "runs/starting/kinds.py: refuse_other",
}


def test_errors_join_with_a_bound() -> None:
    """A function that raises joins words by `joined` or `first_of`, wherever it stands."""
    package = ROOM.parents[1]
    found = {
        f"{path.relative_to(package).as_posix()}: {function.name}"
        for path in package.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and _raises_and_joins(function)
    }
    assert found == FEW_BY_NATURE


def _raises_and_joins(function: ast.FunctionDef) -> bool:
    nodes = [*ast.walk(function)]
    return any(isinstance(node, ast.Raise) for node in nodes) and any(
        isinstance(node, ast.Call) and _joins_words(node) for node in nodes
    )


def test_names_of_data_are_bounded() -> None:
    said = suggest("chr1", [f"scaffold{number}" for number in range(5_000)])
    assert said.endswith("scaffold11 and 4988 more")
    assert suggest("chr4", ["chrIV", "chrV"]) == "did you mean chrIV? there are: chrIV, chrV"
