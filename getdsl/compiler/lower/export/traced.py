"""A model traced by torch.export, its declared sizes left free."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import PurePath

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.lower.export.plain_graph import plain_module
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.model import Model
from getdsl.diagnostics import UserError


def traced(model: Model, inputs: Mapping[str, Tensor]) -> ExportedProgram:
    """The program of a model in PyTorch's own operations; it takes the inputs by name, in all sizes.

    Raises UserError, which names the step, where the model does what no traced program can.
    """
    module = plain_module(model)
    try:
        with quiet(), torch.no_grad():
            return torch.export.export(
                module, (), dict(inputs), dynamic_shapes=_free_axes(model.spec.graph), strict=False
            )
    except Exception as error:
        raise UserError(
            f"PyTorch cannot trace {_step(error, module, model.spec.graph)}: {_reason(error)}",
            "`--format standalone` writes the model as Python, which needs no trace",
        ) from error


def _free_axes(graph: Graph) -> dict[str, dict[int, object]]:
    """The axes of each input whose size the spec does not settle."""
    return {
        argument: {axis: Dim.AUTO for axis, dim in enumerate(graph.inputs[name].shape) if dim.value is None}
        for name, argument in input_names(graph.inputs).items()
    }


def settled(program: ExportedProgram, graph: Graph) -> list[str]:
    """What a program takes in one size alone though the spec leaves it open, each in words."""
    named = {argument: name for name, argument in input_names(graph.inputs).items()}
    found = []
    for node in program.graph.nodes:
        if node.op != "placeholder" or node.name not in named:
            continue
        type = graph.inputs[named[node.name]]
        for axis, (dim, size) in enumerate(zip(type.shape, node.meta["val"].shape, strict=True)):
            if dim.value is None and str(size).isdecimal():
                found.append(f"{dim} is {size} in `{named[node.name]}: {type}` (axis {axis})")
    return found


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences what PyTorch prints, logs and warns of while it traces."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _reason(error: BaseException) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__).rstrip(".")


def _step(error: BaseException, module: nn.Module, graph: Graph) -> str:
    """The innermost part of the model in which a trace ended, and the line of the spec that binds it."""
    names = {id(part): name for name, part in module.named_modules() if name}
    found = ""
    cause: BaseException | None = error
    while cause is not None:
        frame = cause.__traceback__
        while frame is not None:
            found = names.get(id(frame.tb_frame.f_locals.get("self")), found)
            frame = frame.tb_next
        cause = cause.__cause__ or cause.__context__
    blocks = dict(graph.walk_modules())
    if found not in blocks:
        return f"a step of {graph.name}"
    first = next(name for name in graph.modules if f"{found}.".startswith(f"{name}."))
    span = graph.modules[first].span
    place = f" ({PurePath(span.file.name).name}:{span.line})" if span is not None else ""
    return f"`{found}`{place}, a {blocks[found].block}"
