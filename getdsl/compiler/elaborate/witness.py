"""What became of each piece of syntax, for tools that show it beside the text; off unless one asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Value
from getdsl.grammar import syntax

KEPT = 8  # values of one node, which a loop and each call of a block may give others


@dataclass
class Witness:
    """The values of expressions, and of the names that statements bind, by their nodes, in order."""

    values: dict[syntax.Node, list[Value]] = field(default_factory=dict)

    def saw(self, node: syntax.Node, value: Value) -> None:
        found = self.values.setdefault(node, [])
        if len(found) < KEPT:
            found.append(value)

    def saw_statement(self, statement: syntax.Statement, frame: Frame) -> None:
        """Notes what the name of a declaration means after it."""
        match statement:
            case syntax.Param(name=name) if name in frame.params.values:
                self.saw(statement, frame.params.values[name])
            case syntax.Input(name=name) if name in frame.scope.values:
                self.saw(statement, frame.scope.values[name])
            case syntax.Output(name=name) if (ref := frame.draft.outputs.get(name or "")) is not None:
                self.saw(statement, frame.draft.tensor(ref, statement.span))
