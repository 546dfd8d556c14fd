"""A model in ONNX, as onnxruntime and others run it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.lower.export.traced import quiet, settled, traced
from getdsl.compiler.lower.export.trials import Held, hold, trials
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.repeats import Outputs
from getdsl.diagnostics import UserError

NAME = "model.onnx"
WEIGHTS = "model.onnx.data"  # beside it, where the weights are more than one file of ONNX holds
LARGEST = 1_500_000_000  # bytes
LIBRARIES = ("onnx", "onnxscript", "onnxruntime")


def write_onnx(model: Model, folder: Path) -> tuple[Held, list[str]]:
    """Writes the model, runs it by onnxruntime and holds it against the model; also what is settled.

    Raises UserError where a library is absent, or where ONNX has no operation for a step.
    """
    libraries = {name: _library(name) for name in LIBRARIES}
    found = trials(model)
    program = traced(model, found[0].inputs)
    _convert(program, folder / NAME, list(found[0].inputs), list(found[0].outputs))
    _name_axes(libraries["onnx"], folder / NAME, program, model.spec.graph)
    session = libraries["onnxruntime"].InferenceSession(folder / NAME, providers=["CPUExecutionProvider"])
    notes = settled(program, model.spec.graph)
    held = hold(lambda inputs: _run(session, inputs), found[:1] if notes else found, "the file of ONNX")
    return held, notes


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            f"`--format onnx` needs {name}, which cannot be imported ({error})",
            "run `pip install 'getdsl[onnx]'`",
        ) from error


def _convert(program: ExportedProgram, path: Path, inputs: list[str], outputs: list[str]) -> None:
    weighs = sum(tensor.nbytes for tensor in program.state_dict.values())
    try:
        with quiet():
            torch.onnx.export(
                program,
                f=path,
                input_names=inputs,
                output_names=outputs,
                verbose=False,
                external_data=weighs > LARGEST,
            )
    except Exception as error:
        raise UserError(
            f"PyTorch cannot write this model in ONNX: {_missing(error)}",
            "`--format pt2` and `--format standalone` do without ONNX",
        ) from error


def _missing(error: BaseException) -> str:
    """The operation that ONNX does not have, else the first line of the innermost reason."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = str(error)
    operation = re.search(r"aten[.:]+\w+", text)
    return f"it has no operation `{operation[0]}`" if operation else text.strip().partition("\n")[0]


def _name_axes(onnx: Any, path: Path, program: ExportedProgram, graph: Graph) -> None:
    """Calls free axes as the spec does, `B` and `L`, where the trace calls them s0 and s67."""
    names = _symbols(program, graph)
    written = onnx.load(path, load_external_data=False)
    parts = written.graph
    for value in (*parts.input, *parts.output, *parts.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_param = re.sub(
                    r"[A-Za-z_]\w*", lambda found: names.get(found[0], found[0]), dim.dim_param
                )
    onnx.save(written, path)


def _symbols(program: ExportedProgram, graph: Graph) -> dict[str, str]:
    """The spec's name of each symbol of a trace, where an axis is one symbol in both."""
    named = {argument: name for name, argument in input_names(graph.inputs).items()}
    found: dict[str, str] = {}
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in named:
            for dim, size in zip(graph.inputs[named[node.name]].shape, node.meta["val"].shape, strict=True):
                if len(dim.symbols) == 1 and str(dim) in map(str, dim.symbols):
                    found.setdefault(str(size), str(dim))
    return found


def _run(session: Any, inputs: Mapping[str, Tensor]) -> Outputs:
    taken = {item.name for item in session.get_inputs()}
    names = [item.name for item in session.get_outputs()]
    given = {name: tensor.numpy() for name, tensor in inputs.items() if name in taken}
    return {
        name: torch.from_numpy(value) for name, value in zip(names, session.run(names, given), strict=True)
    }
