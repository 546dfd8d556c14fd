"""`getdsl blocks [NAME]`: the library, read from its faces."""

from __future__ import annotations

import argparse

from getdsl.compiler import library
from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.program import library_definition
from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.grammar import syntax


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
        print(page(definition))
        return 0
    width = max(map(len, library.index()))
    for name in sorted(library.index(), key=str.lower):
        definition = library_definition(name)
        assert definition is not None
        print(f"{name.ljust(width)}  {(definition.doc or '').splitlines()[0]}")
    return 0


def page(definition: syntax.Definition) -> str:
    """The face as a page: what it does, how it is called, inputs, params, outputs, weights."""
    head = f"{definition.kind} {definition.name}\n\n{definition.doc or ''}\n\n    {usage(definition)}"
    nodes = [node for statement in definition.body for node in syntax.walk(statement)]
    outputs = (node.span.text.removeprefix("output") for node in nodes if isinstance(node, syntax.Output))
    states = (node for node in nodes if isinstance(node, syntax.State))
    parts = {
        "inputs": [f"  {item.name}: {item.type.span.text}" for item in inputs_of(definition)],
        "params": list(map(_param, params_of(definition).values())),
        "outputs": [f"  {text.strip()}" for text in outputs],
        "weights": [f"  {node.kind} {node.name}: {node.type.span.text}" for node in states],
    }
    return "\n\n".join([head, *("\n".join([title, *items]) for title, items in parts.items() if items)])


def _param(item: syntax.Param) -> str:
    default = f" = {item.default.span.text}" if item.default is not None else "  (required)"
    doc = " ".join((item.doc or "").split())
    return f"  {item.name}: {item.type.span.text}{default}" + (f"\n      {doc}" if doc else "")
