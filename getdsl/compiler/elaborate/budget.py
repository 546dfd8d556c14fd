"""How much elaborating one spec may take, so that a small file cannot take hours."""

from __future__ import annotations

from dataclasses import dataclass

from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import values
from getdsl.text.source import Span

STATEMENTS = 30_000  # that are elaborated, those of loops and of blocks once for each time
PARAMS = 250_000  # that are given values, in all calls
MODULES = 100_000  # of a model, those inside blocks too


class ExhaustedError(Exception):
    """A spec takes more than it may: why, as a diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass
class Budget:
    """What a spec has used so far. Each method raises ExhaustedError above its limit."""

    statements: int = 0
    params: int = 0

    def take_statement(self, place: Span) -> None:
        self.statements += 1
        if self.statements > STATEMENTS:
            raise ExhaustedError(values.too_much("statements", STATEMENTS, place))

    def take_params(self, number: int, place: Span | None) -> None:
        self.params += number
        if self.params > PARAMS:
            raise ExhaustedError(values.too_much("params", PARAMS, place))

    def take_modules(self, number: int, place: Span | None) -> None:
        if number > MODULES:
            raise ExhaustedError(values.too_much("modules", MODULES, place))
