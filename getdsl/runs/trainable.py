"""What of a model is trained, in words."""

from __future__ import annotations

from getdsl.compiler.lower.compiled import Compiled


def trainable_line(compiled: Compiled, stage: str = "", *, resumed: bool = False) -> str:
    """Such as `1,204 of 56,789 parameters are trained; 33 tensors loaded, 12 weights adapted`.

    That of a stage is about what it trains alone.
    """
    parameters = list(compiled.module.parameters())
    total = sum(parameter.numel() for parameter in parameters)
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    loaded = sum(file["tensors"] for file in compiled.loaded)
    adapted = len(compiled.adaptation.adapters)
    rest = ["all from the last checkpoint"] if resumed else []
    rest += [f"{loaded:,} tensors loaded"] if loaded and not resumed else []
    rest += [f"{adapted:,} weights adapted"] if adapted else []
    rest = [] if stage and not resumed else rest
    line = f"{f'stage {stage}: ' if stage else ''}{trained:,} of {total:,} parameters are trained"
    return f"{line}; {', '.join(rest)}" if rest else line
