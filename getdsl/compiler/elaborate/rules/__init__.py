"""What each piece of syntax becomes: a file for what belongs together, none of which imports another."""

from getdsl.compiler.elaborate.engine import RULES
from getdsl.compiler.elaborate.rules import (
    access,
    bindings,
    calling,
    control,
    declared_inputs,
    declared_outputs,
    externs,
    literals,
    names,
    operators,
    torch_statements,
)

__all__ = [
    "RULES",
    "access",
    "bindings",
    "calling",
    "control",
    "declared_inputs",
    "declared_outputs",
    "externs",
    "literals",
    "names",
    "operators",
    "torch_statements",
]
