"""The engine: it knows which rule elaborates which syntax, and what it has elaborated already."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.budget import Budget
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.template import Template
from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.elaborate.witness import Witness
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.grammar.chains import BEGINNINGS, links

N = TypeVar("N", bound=syntax.Node)
ExpressionRule: TypeAlias = "Callable[[Engine, Frame, N, str | None], Value]"
StatementRule: TypeAlias = "Callable[[Engine, Frame, N], None]"
NO_EXPRESSIONS: dict[type[syntax.Node], str] = {syntax.Range: "a range", syntax.Union: "alternatives"}


class Rules:
    """The rules by the class of the syntax that they are for."""

    def __init__(self) -> None:
        self.expressions: dict[type[syntax.Node], ExpressionRule[Any]] = {}
        self.statements: dict[type[syntax.Node], StatementRule[Any]] = {}

    def expression(self, kind: type[N]) -> Callable[[ExpressionRule[N]], ExpressionRule[N]]:
        """For the value of an expression, POISON after a report; the hint names its node."""

        def add(rule: ExpressionRule[N]) -> ExpressionRule[N]:
            self.expressions[kind] = rule
            return rule

        return add

    def statement(self, kind: type[N]) -> Callable[[StatementRule[N]], StatementRule[N]]:
        def add(rule: StatementRule[N]) -> StatementRule[N]:
            self.statements[kind] = rule
            return rule

        return add


RULES = Rules()


@dataclass(frozen=True)
class Engine:
    """Elaborates all bodies of one spec.

    `templates` are the checked bodies of blocks by what they were called with, `called` the ids of the
    definitions that were called, and `weighted` says by their ids which may have weights. `begun` has the
    values of beginnings of the expression in hand, each until its rule asks for it. A `witness` is told what
    expressions and statements become, outside of the library.
    """

    overrides: Overrides
    rules: Rules
    templates: dict[tuple[object, ...], Template | None] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)
    weighted: dict[int, bool] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    begun: dict[syntax.Node, Value] = field(default_factory=dict)
    witness: Witness | None = None

    def evaluate(self, frame: Frame, expr: syntax.Expr, hint: str | None = None) -> Value:
        """The value of an expression, whose tensors become nodes of the frame's graph."""
        if expr in self.begun:
            return self.begun.pop(expr)
        if type(expr) in BEGINNINGS:
            inside = [*islice(links(expr), 1, None)]
            for first in reversed(inside):  # so that a chain of any length needs no depth
                self.begun[first] = self._by_rule(frame, first, None)
        return self._by_rule(frame, expr, hint)

    def _by_rule(self, frame: Frame, expr: syntax.Node, hint: str | None) -> Value:
        """The value of an expression; each rule asks at once for that of what the expression begins with."""
        rule = self.rules.expressions.get(type(expr))
        if rule is None:
            what = NO_EXPRESSIONS.get(type(expr), "this")
            return frame.wrong(mistakes.calls.not_an_expression(what, expr.span))
        value = rule(self, frame, expr, hint)
        if self.witness is not None and frame.call is None:
            self.witness.saw(expr, value)
        return value

    def execute(self, frame: Frame, statements: Iterable[syntax.Statement]) -> None:
        for statement in statements:
            self.budget.take_statement(statement.span)
            rule = self.rules.statements.get(type(statement))
            if rule is not None:  # params are resolved where they are asked for
                rule(self, frame, statement)
            if self.witness is not None and frame.call is None:
                self.witness.saw_statement(statement, frame)

    def aside(self) -> Engine:
        """For blocks that nobody calls, whose bodies are checked less strictly than those of calls."""
        return replace(self, templates={})

    def apart(self) -> Engine:
        """For a model beside the main one: nothing is set of it from outside, and it shares no bodies."""
        return replace(self, overrides=Overrides(), templates={}, called=set())
