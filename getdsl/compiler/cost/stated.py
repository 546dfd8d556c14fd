"""What is stated of a step: by its operation's row, or by the file beside its block's body."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from getdsl.compiler.graph.graph import Module
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.work import Rule, Step

LIBRARY = "getdsl.blocks."
OF_TORCH = dict.fromkeys(("torch.nn:LSTM", "torch.nn:GRU"), f"{LIBRARY}recurrent")  # whoever declares them


def rule_of(step: Step) -> Rule | None:
    """The rule of an operation or a block; None where nobody has stated it."""
    if step.module is None:
        return OPERATIONS[step.what].rule
    path = path_of(step.module) if is_ours(step.module) else OF_TORCH.get(step.what)
    return block_rules(path).get(step.what) if path is not None else None


@cache
def block_rules(path: str) -> Mapping[str, Rule]:
    """The rules of the classes of `getdsl.blocks.name`, which `getdsl.blocks.name_cost` states as RULES."""
    if find_spec(f"{path}_cost") is None:
        return {}
    rules: Mapping[str, Rule] = importlib.import_module(f"{path}_cost").RULES
    return rules


def name_of(module: Module) -> str:
    """The class of a block's body; one from outside the library is named with its Python module."""
    extern = module.extern or ""
    return extern.rpartition(":")[2] if is_ours(module) else extern


def path_of(module: Module) -> str:
    return (module.extern or "").partition(":")[0]


def is_ours(module: Module) -> bool:
    return module.in_library and (module.extern or "").startswith(LIBRARY)
