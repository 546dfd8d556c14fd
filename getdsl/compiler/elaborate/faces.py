"""What a block's definition says of its calls: inputs, params, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from getdsl.compiler.elaborate.values import Given
from getdsl.grammar import syntax
from getdsl.text.source import Span


@dataclass(frozen=True)
class Bound:
    """A block that was bound to a name: what is needed to apply it."""

    definition: syntax.Definition
    given: dict[str, Given]
    name: str
    span: Span


@lru_cache(maxsize=4096)
def inputs_of(definition: syntax.Definition) -> list[syntax.Input]:
    """The inputs that a definition declares, those under an `if` too."""
    nodes = [node for statement in definition.body for node in syntax.walk(statement)]
    return [node for node in nodes if isinstance(node, syntax.Input)]


@lru_cache(maxsize=4096)
def required_inputs(definition: syntax.Definition) -> list[syntax.Input]:
    """The inputs that every call gives, by position; one under an `if` is given by name where it is there."""
    always = [item for item in definition.body if isinstance(item, syntax.Input)]
    return [item for item in always if not item.type.optional]


def params_of(definition: syntax.Definition) -> dict[str, syntax.Param]:
    return {item.name: item for item in definition.body if isinstance(item, syntax.Param)}


def usage(definition: syntax.Definition) -> str:
    """How a block is called, as help shows it."""
    required = [item.name for item in required_inputs(definition)]
    params = [name if item.default is None else f"{name} = …" for name, item in params_of(definition).items()]
    named = [f"{item.name} = …" for item in inputs_of(definition) if item.name not in required]
    shown = [*params[:6], *(["…"] if len(params) > 6 else []), *named]
    head = f"{required[0]} -> " if required else ""
    return f"{head}{definition.name}({', '.join([*required[1:], *shown])})"
