"""What the inputs of a graph are called in Python: by a GraphModule, and by the module that is emitted."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.compiler.lower.python_text import fresh, identifier

IN_FORWARDS = (  # what a forward itself reads, ours and that of torch.fx
    "self torch functional operations float device inf nan NoneType fx_pytree pytree getattr slice operator"
).split()


def input_names(targets: Iterable[str]) -> dict[str, str]:
    """Inputs by the names of their arguments: `batch.peaks` is `batch_peaks`, and `class` is `class_`."""
    taken = set(IN_FORWARDS)
    return {target: fresh(identifier(target), taken) for target in targets}
