"""What of a model is trained."""

from __future__ import annotations

from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.cost.trace import trace
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.low_rank import named_parameters

ADAPTERS = (".lora_A", ".lora_B")  # which are named after their weight


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


def all_train_always(compiled: Compiled) -> bool:
    """Whether each step gives every trained weight a gradient, whatever optional keys a batch lacks.

    Python of a spec's own may leave weights aside without a word.
    """
    spec = compiled.spec
    trained = {name for name, value in named_parameters(compiled.module) if value.requires_grad}
    weights = {name.removesuffix(ADAPTERS[0]).removesuffix(ADAPTERS[1]) for name in trained}
    return not spec.foreign_code and all(
        weights <= gradients(trace(spec, absent=absent), weights).reached for absent in spec.stages.losses
    )
