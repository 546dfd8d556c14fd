"""Random calls of the library's blocks, from their faces alone: params by their types, inputs as declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random

from getdsl.compiler import library
from getdsl.grammar import syntax

INTEGERS = (1, 1, 2, 2, 3, 4, 6, 8, 12)
FLOATS = (0.0, 0.1, 0.5, 1.0, 1e-5, 2.0)
NAME = re.compile(r"\b[A-Za-z_]\w*\b")
SMALL = 16  # a default that is larger is always replaced
ELEMENTS = ("int", "bool", "lengths", "onehot", "mask")


@dataclass(frozen=True)
class BlockCall:
    """A call of a block: what it is given, and the declarations of the inputs that it is called on."""

    block: str
    params: Mapping[str, str]
    inputs: Mapping[str, str]  # of the program, by the name of the block's input: a type
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = field(default=("",))

    def text(self, names: Mapping[str, str]) -> str:
        """The call, on the program's values `names`."""
        first, *others = [names[name] for name in self.inputs if name not in self.optional]
        named = [f"{name} = {names[name]}" for name in self.inputs if name in self.optional]
        given = [*others, *(f"{name} = {value}" for name, value in self.params.items()), *named]
        return f"{first} -> {self.block}({', '.join(given)})"


@cache
def blocks() -> tuple[str, ...]:
    return tuple(sorted(name for name in library.index() if definition(name).kind == "block"))


@cache
def definition(name: str) -> syntax.Definition:
    items = library.face(library.index()[name]).items
    return next(item for item in items if isinstance(item, syntax.Definition) and item.name == name)


def draw_call(random: Random, name: str, *, wild: bool = True) -> BlockCall:
    """A call of a block; `wild`, its inputs are at times of another size, rank or element type."""
    body = definition(name).body
    inputs = [item for item in body if isinstance(item, syntax.Input)]
    wanted = {word for item in inputs for word in NAME.findall(item.type.span.text)}
    declared = [item for item in body if isinstance(item, syntax.Param)]
    params = dict(_params(random, declared, wanted))
    chosen = [item for item in inputs if not item.type.optional or random.random() < 0.4]
    lead = random.choice(("", "R", "B, R", "B, 2, R"))
    defaults = {item.name: item.default.span.text for item in declared if item.default is not None}
    sizes = params | {
        name: str(random.choice(INTEGERS)) for name in _widths(body) - defaults.keys() - params.keys()
    }
    types = {
        item.name: _type(_chosen(item.type, defaults | params).span.text, sizes, lead) for item in chosen
    }
    if wild:
        types = {key: _changed(random, text) for key, text in types.items()}
    optional = tuple(item.name for item in chosen if item.type.optional)
    outputs = tuple(item.name or "" for item in body if isinstance(item, syntax.Output))
    return BlockCall(name, params, types, optional, outputs)


def _widths(body: Sequence[syntax.Node]) -> set[str]:
    """Axes that weights have sides of, which must be known."""
    weights = [
        node
        for item in body
        for node in syntax.walk(item)
        if isinstance(node, (syntax.State, syntax.Construct))
    ]
    return {word for node in weights for word in NAME.findall(node.span.text) if len(word) == 1}


def _params(random: Random, declared: list[syntax.Param], wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Values for those without a default, with a large one, or that inputs speak of; for others at times."""
    for item in declared:
        must = item.default is None or item.name in wanted or _is_large(item.default)
        if must or random.random() < 0.3:
            value = _value(random, item.type.expr, item.type.optional)
            if value is not None:
                yield item.name, value


def _is_large(default: syntax.Expr) -> bool:
    return any(isinstance(node, syntax.Number) and node.value > SMALL for node in syntax.walk(default))


def _value(random: Random, type: syntax.Expr, optional: bool) -> str | None:
    """None for what cannot be drawn, such as the path of a file."""
    if optional and random.random() < 0.5:
        return "none"
    if isinstance(type, syntax.Union):
        type = random.choice(type.options)
    if isinstance(type, syntax.Index):
        return f"[{random.choice(INTEGERS)}, {random.choice(INTEGERS)}]"
    strings = [node.value for node in syntax.walk(type) if isinstance(node, syntax.String)]
    if strings:
        return f'"{random.choice(strings)}"'
    kind = type.id if isinstance(type, syntax.Name) else ""
    if kind == "int":
        return str(random.choice(INTEGERS))
    if kind == "float":
        return str(random.choice(FLOATS))
    return random.choice(("true", "false")) if kind == "bool" else None


def _chosen(type: syntax.Type, params: Mapping[str, str]) -> syntax.Node:
    """Of `if channels == "first" then … else …` the type that holds for these params."""
    match type.expr:
        case syntax.Choice(
            condition=syntax.Binary(operator="==", left=syntax.Name(id=name), right=wanted), yes=yes, no=no
        ):
            return yes if params.get(name) == wanted.span.text else no
        case _:
            return type


def _type(written: str, params: Mapping[str, str], lead: str) -> str:
    """A declared type in the program's terms."""
    text = NAME.sub(lambda found: params.get(found[0], found[0]), written.rstrip("?"))
    return text.replace("[...]", f"[{lead}]").replace("..., ", f"{lead}, " if lead else "")


def _changed(random: Random, text: str) -> str:
    """The type, or now and then another size, rank or element type."""
    drawn = random.random()
    if drawn < 0.12:
        symbols = sorted(set(re.findall(r"\b[A-Z]\b", text)))
        if symbols:
            text = re.sub(rf"\b{random.choice(symbols)}\b", random.choice("0112345"), text)
    elif drawn < 0.2:
        text = re.sub(r"^\w*\[", random.choice(("[", "int[", "bool[")), re.sub(r" of .*", "", text))
    elif drawn < 0.23:
        text = text.replace("[B, ", "[", 1)
    return text
