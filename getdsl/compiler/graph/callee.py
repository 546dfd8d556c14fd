"""An operation or a block as a value: `param act: operation = gelu`."""

from __future__ import annotations

from getdsl.grammar import syntax


class Callee(str):
    """What may be called, by its name, which is all that plain data keeps of it.

    A block has its definition, since the same name may be another block in another file.
    """

    definition: syntax.Definition | None

    @classmethod
    def of(cls, name: str, definition: syntax.Definition | None) -> Callee:
        made = cls(name)
        made.definition = definition
        return made

    @property
    def kind(self) -> str:
        return "operation" if self.definition is None else "block"
