"""`getdsl blocks [NAME]`: the library, read from its faces."""

from __future__ import annotations

import argparse
from typing import TypeVar

from getdsl.cli.printing import say
from getdsl.compiler import library
from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.program import library_definition
from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.grammar import syntax

Found = TypeVar("Found")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a block or data source; without one, all of them"
    )


def run(args: argparse.Namespace) -> int:
    if args.name is not None:
        definition = library_definition(args.name)
        if definition is None:
            raise UserError(
                f"there is no block `{args.name}`", suggestion_or_list(args.name, library.index(), "blocks")
            )
        say(page(definition))
        return 0
    width = max(map(len, library.index()))
    for name in sorted(library.index(), key=str.lower):
        definition = library_definition(name)
        assert definition is not None
        say(f"{name.ljust(width)}  {(definition.doc or '').splitlines()[0]}")
    return 0


def page(definition: syntax.Definition) -> str:
    """The face as a page: what it does, how it is called, inputs, params, outputs, weights."""
    head = f"{definition.kind} {definition.name}\n\n{definition.doc or ''}\n\n    {usage(definition)}"
    parts = {
        "inputs": [f"  {item.name}: {item.type.span.text}" for item in inputs_of(definition)],
        "params": list(map(_param, params_of(definition).values())),
        "outputs": list(map(_output, _written(definition, syntax.Output))),
        "weights": list(map(_weight, _written(definition, syntax.State))),
    }
    return "\n\n".join([head, *("\n".join([title, *items]) for title, items in parts.items() if items)])


def _written(definition: syntax.Definition, kind: type[Found]) -> list[Found]:
    """The nodes of a kind in a definition, in its order."""
    nodes = (node for statement in definition.body for node in syntax.walk(statement))
    return [node for node in nodes if isinstance(node, kind)]


def _output(node: syntax.Output) -> str:
    return f"  {node.span.text.removeprefix('output').strip()}"


def _weight(node: syntax.State) -> str:
    return f"  {node.kind} {node.name}: {node.type.span.text}"


def _param(item: syntax.Param) -> str:
    default = f" = {item.default.span.text}" if item.default is not None else "  (required)"
    doc = " ".join((item.doc or "").split())
    return f"  {item.name}: {item.type.span.text}{default}" + (f"\n      {doc}" if doc else "")
