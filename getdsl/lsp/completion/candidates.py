"""What is offered, with what is worth seeing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from getdsl.compiler import library
from getdsl.compiler.constants.functions import FUNCTIONS
from getdsl.compiler.elaborate.faces import usage
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from getdsl.lsp.features.hover import code, param
from getdsl.lsp.features.settings import Setting

Kind = Literal[
    "block",
    "model",
    "source",
    "operation",
    "function",
    "param",
    "node",
    "size",
    "key",
    "setting",
    "word",
    "file",
]


class Candidate(NamedTuple):
    """`insert` is what is written where that is not the label; those of a lower `rank` come first."""

    label: str
    kind: Kind
    detail: str = ""
    doc: str = ""
    insert: str = ""
    rank: int = 5


def definitions(program: Program, kinds: tuple[str, ...], rank: int = 6) -> Iterator[Candidate]:
    """The program's own models, blocks and sources, and those of the library."""
    for item in program.visible().values():
        if item.kind in kinds:
            yield of_definition(item, rank - 1)
    for name in library.index():
        definition = program.find(name)
        if definition is not None and definition.kind in kinds and program.unit_of(definition) is None:
            yield of_definition(definition, rank)


def of_definition(item: syntax.Definition, rank: int) -> Candidate:
    kind: Kind = "model" if item.kind == "model" else "source" if item.kind == "source" else "block"
    return Candidate(item.name, kind, usage(item), item.doc or "", rank=rank)


def operations(rank: int = 7) -> Iterator[Candidate]:
    for name, row in OPERATIONS.items():
        yield Candidate(name, "operation", row.usage(), f"{row.doc}\n\n{code(row.example)}", rank=rank)


def functions(rank: int = 8) -> Iterator[Candidate]:
    for name in FUNCTIONS:
        if name not in OPERATIONS:
            yield Candidate(name, "function", "of constants", rank=rank)


def of_params(params: Mapping[str, syntax.Param], given: set[str]) -> Iterator[Candidate]:
    for name, item in params.items():
        if name not in given:
            yield Candidate(name, "param", param(item), item.doc or "", f"{name} = ", rank=1)


def of_settings(settings: Mapping[str, Setting], given: set[str], equals: bool = True) -> Iterator[Candidate]:
    for name, item in settings.items():
        if name not in given:
            yield Candidate(
                name, "setting", item.what, f"{item.doc}\n\n{item.said}", f"{name} = " if equals else "", 2
            )


def words(names: Mapping[str, str], rank: int = 9) -> Iterator[Candidate]:
    """Words of the language, with what they mean."""
    for name, doc in names.items():
        yield Candidate(name, "word", doc=doc, rank=rank)
