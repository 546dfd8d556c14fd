"""How much elaborating one spec may take, so that a small file cannot take hours."""

from __future__ import annotations

from dataclasses import dataclass

from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import values
from getdsl.text.source import Span

STATEMENTS = 30_000  # that are elaborated, those of loops and of blocks once for each time
INSTANCES = 2_500  # of blocks that differ in their params or in the types of their inputs
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
    instances: int = 0

    def take_statement(self, place: Span) -> None:
        self.statements += 1
        if self.statements > STATEMENTS:
            raise ExhaustedError(values.too_much("statements", STATEMENTS, place))

    def has_room(self, other: Budget) -> bool:
        """Whether as much as another has used may be used as well."""
        return (
            self.statements + other.statements <= STATEMENTS
            and self.params + other.params <= PARAMS
            and self.instances + other.instances <= INSTANCES
        )

    def take(self, other: Budget) -> None:
        self.statements += other.statements
        self.params += other.params
        self.instances += other.instances

    def since(self, earlier: Budget) -> Budget:
        """What was used since it was the earlier one."""
        return Budget(
            self.statements - earlier.statements,
            self.params - earlier.params,
            self.instances - earlier.instances,
        )

    def take_params(self, number: int, place: Span | None) -> None:
        self.params += number
        if self.params > PARAMS:
            raise ExhaustedError(values.too_much("params", PARAMS, place))

    def take_instance(self, place: Span | None) -> None:
        self.instances += 1
        if self.instances > INSTANCES:
            raise ExhaustedError(values.too_much("blocks with other params or inputs", INSTANCES, place))

    def take_modules(self, number: int, place: Span | None) -> None:
        if number > MODULES:
            raise ExhaustedError(values.too_much("modules", MODULES, place))
