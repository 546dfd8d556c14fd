"""What may be written in the body of a model, a block or a source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from getdsl.compiler.elaborate.faces import inputs_of, params_of
from getdsl.compiler.elaborate.param_kinds import KINDS, literals
from getdsl.compiler.elaborate.written_types import DTYPES
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from getdsl.lsp.completion.candidates import (
    Candidate,
    definitions,
    functions,
    of_params,
    operations,
    words,
)
from getdsl.lsp.completion.context import Context, Open
from getdsl.lsp.names.scopes import Scope

STATEMENTS = {
    "param": "a constant that can be set from outside",
    "input": "a tensor of the batch, or of the call",
    "output": "a result",
    "for": "once for each item; unrolled before anything is checked",
    "if": "decided before anything is checked",
    "require": "refuses what does not hold",
    "remove": "takes away what the parent declares",
    "extern": "the Python class that is the body",
    "weight": "a tensor that an extern body owns",
    "frozen": "a weight that is never trained",
    "buffer": "a tensor that is no weight",
}
VALUES = {"true": "", "false": "", "none": "", "batch": "the batch as it is read"}
INSIDE = {"if": "`if c then a else b`", "not": "", "given": "whether an optional input is there"}
CALLS = {"Parameter": "a tensor of weights", "Buffer": "a tensor that is computed once, of constants"}
NAMED = re.compile(  # what a text binds, whether it parses or not
    r"(?:^|[{\n])[ \t]*(?:(?P<word>param|input|output)[ \t]+)?"
    r"(?P<name>[A-Za-z_]\w*)(?:\[[^\]\n]*\])*[ \t]*[:=](?!=)"
    r"|\bfor[ \t]+(?P<one>\w+)(?:[ \t]*,[ \t]*(?P<other>\w+))?[ \t]+in\b"
)
SIZES = re.compile(r"\b[A-Z][A-Za-z0-9]?\b")


class Names:
    """The names that a body has where a place is: those of the text above, and those that it inherits."""

    def __init__(self, program: Program, text: str, offset: int, body: Open | None) -> None:
        self.program = program
        self.definition = _definition(program, body)
        start = body.start if body is not None else 0
        self.above = dict(_bound_in(text[start:offset]))
        self.scope = Scope(program, self.definition) if self.definition is not None else None
        self.sizes = sorted(set(SIZES.findall(text[start:offset])))

    def nodes(self, types: dict[str, str]) -> Iterator[Candidate]:
        """Params, inputs and nodes, with their types where those are known."""
        for name, kind in self.all().items():
            yield Candidate(name, "param" if kind == "param" else "node", types.get(name, ""), rank=3)

    def all(self) -> dict[str, str]:
        """Each name with the word that declares it, empty for a node."""
        inherited: dict[str, str] = {}
        if self.scope is not None:
            for name, declared in self.scope.body.items():
                word = type(declared[-1].node).__name__.lower()
                mine = declared[-1].owner is self.definition
                if not mine or word == "param":
                    inherited[name] = "" if word == "binding" else word
        return {**inherited, **self.above}

    def called(self, callee: str) -> syntax.Definition | None:
        """The block that a call is of."""
        if self.scope is None:
            return self.program.find(callee)
        found = self.scope.called(callee)
        if found is not None and isinstance(found.owner, syntax.Definition) and found.kind == "definition":
            return found.owner
        return self.scope.block_of(callee) or self.program.find(callee)


def _definition(program: Program, body: Open | None) -> syntax.Definition | None:
    if body is None or len(body.head) < 2 or program.unit is None:
        return None
    return program.unit.definitions.get(body.head[1])


def _bound_in(text: str) -> Iterator[tuple[str, str]]:
    for match in NAMED.finditer(text):
        if match["name"]:
            if match["word"] != "output":
                yield match["name"], match["word"] or ""
        else:
            yield match["one"], "variable"
            if match["other"]:
                yield match["other"], "variable"


def in_body(names: Names, context: Context, types: dict[str, str]) -> Iterator[Candidate]:
    """At the beginning of a statement, or inside of one."""
    inner = context.inner
    if inner.char == "{" and not inner.words:
        yield from words(STATEMENTS, rank=4)
        yield from names.nodes(types)
        return
    if inner.char == "(" and inner.callee:
        yield from in_call(names, inner)
    if _is_type(context):
        yield from of_type(names, context)
        return
    if context.before == ".":
        yield from members(names, context)
        return
    if context.before in ("param", "input", "output", "for", "remove"):
        return
    yield from in_expression(names, context, types)


def in_expression(names: Names, context: Context, types: dict[str, str]) -> Iterator[Candidate]:
    """A value, or behind an arrow what it may flow into."""
    if context.before != "->":
        yield from words(VALUES | INSIDE)
    yield from names.nodes(types)
    yield from words(CALLS, rank=6)
    yield from definitions(names.program, ("block",), 5 if context.before == "->" else 7)
    yield from operations()
    yield from functions()


def in_call(names: Names, call: Open) -> Iterator[Candidate]:
    """The params of what is called, where an argument begins; the values of one that has few."""
    block = names.called(call.callee)
    if not call.words:
        if block is not None:
            yield from of_params(params_of(block), call.given)
            for item in inputs_of(block):
                if item.type.optional and item.name not in call.given:
                    detail = f"{item.name}: {item.type.span.in_a_line}"
                    yield Candidate(item.name, "param", detail, "an input", f"{item.name} = ", 1)
        elif (row := OPERATIONS.get(call.callee)) is not None:
            for name, parameter in row.signature.parameters.items():
                if parameter.default is not parameter.empty and name not in call.given:
                    yield Candidate(name, "param", f"of {row.name}", "", f"{name} = ", 1)
    elif block is not None and call.words[-1] == "=" and len(call.words) > 1:
        found = params_of(block).get(call.words[-2])
        for option in literals(found.type.expr) if found is not None else ():
            yield Candidate(f'"{option}"', "word", rank=0)


def choices(names: Names, context: Context) -> Iterator[Candidate]:
    """Inside of a string: the words that a param may be."""
    call = context.inner
    block = names.called(call.callee) if call.char == "(" else None
    if block is None or len(call.words) < 2 or call.words[-1] != "=":
        return
    found = params_of(block).get(call.words[-2])
    for option in literals(found.type.expr) if found is not None else ():
        yield Candidate(option, "word", rank=0)


def members(names: Names, context: Context) -> Iterator[Candidate]:
    """Behind a dot: outputs and parts of the block that a node is made by."""
    words_before = context.inner.words
    root = next((word for word in reversed(words_before[:-1]) if word not in "])."), "")
    block = names.scope.block_of(root) if names.scope is not None else None
    if block is None:
        return
    inside = Scope(names.program, block)
    for name in inside.outputs:
        yield Candidate(name, "node", f"an output of {block.name}", rank=1)
    for name, declared in inside.body.items():
        if isinstance(declared[-1].node, syntax.Binding):
            yield Candidate(name, "node", f"a part of {block.name}", rank=2)


def _is_type(context: Context) -> bool:
    """Whether a type is written: behind `name:`, or in the brackets of one."""
    words_of = context.inner.words if context.inner.char == "{" else context.inner.head
    if context.inner.char == "[" and context.brackets[-2].char == "{":
        words_of = context.brackets[-2].words
    return ":" in words_of and "=" not in words_of and context.inner.char in ("{", "[")


def of_type(names: Names, context: Context) -> Iterator[Candidate]:
    if context.inner.char == "[":
        yield from (Candidate(size, "size", "a size of an input", rank=1) for size in names.sizes)
        yield from (
            Candidate(name, "param", rank=2) for name, kind in names.all().items() if kind in ("param", "")
        )
        return
    declares_param = context.inner.words[:1] == ["param"]
    kinds = [*KINDS, "operation", "block"] if declares_param else DTYPES
    yield from words(dict.fromkeys(kinds, ""), rank=1)
