"""What is known of one version of a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.program import Program, Unit
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostic
from getdsl.grammar import syntax
from getdsl.lsp.names import Index
from getdsl.text.source import SourceFile


@dataclass(frozen=True)
class Analysis:
    """A document's text, read, and checked as `getdsl check` does."""

    source: SourceFile
    program: Program
    checked: Checked
    witness: Witness

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.checked.diagnostics

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]

    @property
    def unit(self) -> Unit:
        assert self.program.unit is not None
        return self.program.unit

    @cached_property
    def index(self) -> Index:
        return Index(self.program)

    def values(self, node: syntax.Node) -> list[Value]:
        """What a piece of syntax was found to be, where it was elaborated."""
        return self.witness.values.get(node, [])

    def path_to(self, offset: int) -> list[syntax.Node]:
        """The nodes that hold a place, outermost first; a place right behind a node is in it."""
        found: list[syntax.Node] = []
        inside: Iterable[syntax.Node] = self.unit.file.items
        while (node := _holding(inside, offset)) is not None:
            found.append(node)
            inside = syntax.children(node)
        return found


def _holding(nodes: Iterable[syntax.Node], offset: int) -> syntax.Node | None:
    """Of two that touch at a place, the one that begins there."""
    holding = [node for node in nodes if node.span.start <= offset <= node.span.end]
    return holding[-1] if holding else None
