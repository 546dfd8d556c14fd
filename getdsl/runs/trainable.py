"""What of a model is trained, in words."""

from __future__ import annotations

from getdsl.compiler.lower.compiled import Compiled
from getdsl.diagnostics import UserError


def refuse_untrainable(compiled: Compiled) -> None:
    """Raises UserError where no parameter of the model has a gradient."""
    if any(parameter.requires_grad for parameter in compiled.module.parameters()):
        return
    frozen = bool(compiled.adaptation.frozen)
    raise UserError(
        "the model has nothing to train: "
        + ("all of its weights are frozen" if frozen else "it has no weights that learn"),
        "freeze less of it, or add `lora`" if frozen else "make a part of it learnable",
    )


def trainable_line(compiled: Compiled, *, resumed: bool = False) -> str:
    """Such as `1,204 of 56,789 parameters are trained; 33 tensors loaded, 12 weights adapted`."""
    parameters = list(compiled.module.parameters())
    total = sum(parameter.numel() for parameter in parameters)
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    loaded = sum(file["tensors"] for file in compiled.loaded)
    adapted = len(compiled.adaptation.adapters)
    rest = ["all from the last checkpoint"] if resumed else []
    rest += [f"{loaded:,} tensors loaded"] if loaded and not resumed else []
    rest += [f"{adapted:,} weights adapted"] if adapted else []
    line = f"{trained:,} of {total:,} parameters are trained"
    return f"{line}; {', '.join(rest)}" if rest else line
