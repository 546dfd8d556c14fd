"""A model as torch.compile makes it, or as it is where that fails."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class CompiledModel:
    """Called as the model is. Where torch cannot compile it, `tell` is told so once, and the model runs."""

    def __init__(self, model: nn.Module, tell: Callable[[str], None]) -> None:
        self.model, self.tell = model, tell
        self.compiled: Callable[..., dict[str, Tensor]] | None = torch.compile(model)

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        if self.compiled is None:
            return self._itself(inputs)
        try:
            return self.compiled(**inputs)
        except Exception as error:
            outputs = self._itself(inputs)  # which raises what is not the compiler's fault
            self.compiled = None
            why = next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
            self.tell(f"`compile = true` goes without: torch.compile says `{why[:160]}`")
            return outputs

    def _itself(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs: dict[str, Tensor] = self.model(**inputs)
        return outputs
