"""A shipped spec as the parent of an imported model: its params, bindings, calls and terms, as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from keyword import kwlist
from typing import Any

from getdsl.compiler import library
from getdsl.compiler.constants.evaluate import literal
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.elaborate.faces import inputs_of, params_of
from getdsl.compiler.elaborate.models import param_values
from getdsl.compiler.extend import flatten, lineage
from getdsl.compiler.program import Program, library_definition
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import syntax
from getdsl.text.source import squeezed


@dataclass(frozen=True)
class Argument:
    """A param of a block as one call gives it: at a position, by name, or not at all."""

    param: syntax.Param
    position: int | None
    given: syntax.Expr | None

    def constant(self) -> Any:
        """The value where it is a constant, else NOT_CONSTANT; what is not given is the default."""
        expr = self.given or self.param.default
        try:
            return literal(expr) if expr is not None else NOT_CONSTANT
        except ValueError:
            return NOT_CONSTANT


NOT_CONSTANT = object()


@dataclass(frozen=True)
class Bound:
    """A binding with the block that it holds."""

    binding: syntax.Binding
    call: syntax.Call
    block: syntax.Definition
    piped: bool  # the first input comes by an arrow

    @property
    def name(self) -> str:
        return self.binding.name

    def argument(self, name: str) -> Argument | None:
        """None where the block has no such param."""
        param = params_of(self.block).get(name)
        if param is None:
            return None
        for keyword in self.call.keywords:
            if keyword.name == name:
                return Argument(param, None, keyword.value)
        required = sum(not item.type.optional for item in inputs_of(self.block))
        first = required - 1 if self.piped else 0  # without an arrow it is a module, bound without inputs
        position = first + list(params_of(self.block)).index(name)
        if position < len(self.call.args):
            return Argument(param, position, self.call.args[position])
        return Argument(param, None, None)

    def rewritten(self, changes: Mapping[str, str]) -> str:
        """The binding's expression on one line, with arguments changed or added."""
        positional = [item.span.text for item in self.call.args]
        named = {keyword.name: keyword.value.span.text for keyword in self.call.keywords}
        for name, text in changes.items():
            argument = self.argument(name)
            assert argument is not None
            if argument.position is not None:
                positional[argument.position] = text
            else:
                named[name] = text
        arguments = [*positional, *(f"{name} = {text}" for name, text in named.items())]
        call = f"{self.block.name}({', '.join(arguments)})"
        whole, inner = self.binding.value.span, self.call.span
        start, end = inner.start - whole.start, inner.end - whole.start
        return squeezed(whole.text[:start] + call + whole.text[end:])


class Parent:
    """The main model of a shipped spec."""

    def __init__(self, use: str) -> None:
        self.use = use
        diagnostics = Diagnostics()
        self.program = Program.of_text(f'use "{use}"\n', "import", diagnostics)
        model = self.program.main_model(None)
        assert model is not None, use
        flat = flatten(self.program, model)
        assert flat is not None, use
        assert not diagnostics.errors, use
        self.model, self.flat = model, flat
        self.name = model.name

    @cached_property
    def params(self) -> dict[str, syntax.Param]:
        return params_of(self.flat)

    @cached_property
    def bindings(self) -> dict[str, syntax.Binding]:
        nodes = [node for item in self.flat.body for node in syntax.walk(item)]
        return {node.name: node for node in nodes if isinstance(node, syntax.Binding) and not node.indices}

    @cached_property
    def bound(self) -> dict[str, Bound]:
        """The bindings that hold a block of the library."""
        found = {}
        for name, binding in self.bindings.items():
            value = binding.value
            piped = isinstance(value, syntax.Arrow)
            call = value.target if isinstance(value, syntax.Arrow) else value
            if isinstance(call, syntax.Call) and isinstance(call.callee, syntax.Name):
                block = library_definition(call.callee.id)
                if block is not None:
                    found[name] = Bound(binding, call, block, piped)
        return found

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every param's value where some are given: defaults may depend on other params."""
        overrides = Overrides()
        for name, value in given.items():
            overrides.add(Override(name, value, None, "import"))
        program = Program(Diagnostics(), self.program.unit, self.program.units)
        return param_values(program, self.flat, overrides)

    def terms(self, section: str) -> dict[str, syntax.Setting]:
        """The terms of `loss` or `metrics`, a child's over its parent's."""
        found: dict[str, syntax.Setting] = {}
        for ancestor in reversed(lineage(self.program, self.model) or []):
            unit = self.program.unit_of(ancestor)
            for item in unit.sections() if unit is not None else ():
                if isinstance(item, syntax.Section) and item.keyword == section:
                    for entry in item.entries:
                        if isinstance(entry, syntax.Remove):
                            found.pop(entry.name, None)
                        elif isinstance(entry, syntax.Setting):
                            found[entry.name] = entry
        return found

    def reads(self) -> set[str]:
        """The keys of the batch that the model and its loss cannot do without."""
        inputs = self._inputs()
        plain = {item.name for item in inputs if item.value is None and not item.type.optional}
        return plain.union(*(_keys_in(part) for part in self._readings(inputs)))

    def spare_reads(self) -> set[str]:
        """The keys that something else stands in for where a batch lacks them."""
        return {key for part in self._readings(self._inputs()) for key in _spare(part)}

    def _inputs(self) -> list[syntax.Input]:
        return [
            item for node in self.flat.body for item in syntax.walk(node) if isinstance(item, syntax.Input)
        ]

    def _readings(self, inputs: list[syntax.Input]) -> list[syntax.Expr]:
        """What reads the batch: derived inputs, and the terms of the loss."""
        terms = [part for item in self.terms("loss").values() for part in (item.value, item.where) if part]
        return [*(item.value for item in inputs if item.value is not None), *terms]

    def taken_names(self) -> set[str]:
        """What a child's name would hide: blocks, and what the spec itself names, its sizes among them."""
        nodes = [node for item in self.flat.body for node in syntax.walk(item)]
        said = {node.id for node in nodes if isinstance(node, syntax.Name)}
        return said | self.program.names() | set(library.index()) | set(kwlist)


def _keys_in(expr: syntax.Expr) -> set[str]:
    """The keys of `batch` that an expression needs."""
    return set(_keys(expr)) - _spare(expr)


def _spare(expr: syntax.Expr) -> set[str]:
    return {
        key for item in syntax.walk(expr) if isinstance(item, syntax.Coalesce) for key in _keys(item.value)
    }


def _keys(expr: syntax.Expr) -> list[str]:
    return [
        item.name
        for item in syntax.walk(expr)
        if isinstance(item, syntax.Attribute)
        and isinstance(item.value, syntax.Name)
        and item.value.id == "batch"
    ]
