"""A face held against the module of `torch.nn` that it names: its weights, and the shape that it returns."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.elaborate.faces import inputs_of
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.torch_facts import torch_facts
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.graph.torch_call import InputName, TorchCall
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import torch_modules
from getdsl.grammar import syntax
from getdsl.text.source import Span

PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)  # sizes that are tried, each for a symbol


def settle_torch_module(frame: Frame, definition: syntax.Definition) -> bool:
    """Fills in the weights of the module; False after a report."""
    declared = frame.draft.declared
    if declared.poisoned:
        return False
    call = declared.torch
    assert call is not None
    module, place = (declared.extern or "").partition(":")[2], frame.params.call_span or definition.name_span
    sizes = _sizes(frame)
    optional = {item.name for item in inputs_of(definition) if item.type.optional}
    answer = torch_facts(_request(frame, module, call, sizes, optional))
    problem = answer.get("problem")
    if problem is not None:
        where = declared.origin if problem == "absent" and declared.origin is not None else place
        frame.wrong(torch_modules.of_problem(problem, module, answer, call.take, where))
        return False
    declared.state = [
        StateTensor(name, tuple(shape), kind, dtype) for name, shape, kind, dtype in answer["state"]
    ]
    return _returns_what_is_declared(frame, module, answer, sizes, place)


def _sizes(frame: Frame) -> dict[str, int] | None:
    """A size for each symbol of the inputs; None where the shape of one is not known."""
    types = [type for type in (frame.inputs or {}).values() if type is not None]
    if any(type.dims is None for type in types):
        return None
    symbols = sorted({str(symbol) for type in types for symbol in type.symbols})
    return dict(zip(symbols, PRIMES, strict=False)) if len(symbols) <= len(PRIMES) else None


def _request(
    frame: Frame, module: str, call: TorchCall, sizes: dict[str, int] | None, optional: set[str]
) -> dict[str, Any]:
    inputs = {name: type for name, type in (frame.inputs or {}).items() if type is not None}
    given = {name: InputName(name) for name in inputs}
    placed = [item for name, item in given.items() if name not in optional]
    args, kwargs = call.forward(placed, {name: given[name] for name in given.keys() & optional}, given)
    return {
        "name": module,
        "args": call.args,
        "kwargs": dict(call.kwargs),
        "inputs": {name: _tried(type, sizes) for name, type in inputs.items()} if sizes is not None else {},
        "forward": None
        if sizes is None
        else [[*map(_asked, args)], {name: _asked(item) for name, item in kwargs.items()}],
        "take": call.take,
    }


def _asked(item: Any) -> Any:
    return {"input": item.name} if isinstance(item, InputName) else item


def _tried(type: TensorType, sizes: dict[str, int]) -> tuple[list[int], str]:
    return [dim.evaluate(sizes) for dim in type.shape], type.dtype


def _returns_what_is_declared(
    frame: Frame, module: str, answer: dict[str, Any], sizes: dict[str, int] | None, place: Span
) -> bool:
    """Whether the one output has the shape that the module returns; what sizes do not tell is not held."""
    outputs = list(frame.draft.declared.outputs.values())
    if len(outputs) != 1:
        frame.wrong(torch_modules.one_output(module, place))
        return False
    [type] = outputs
    if sizes is None or "returned" not in answer or not {str(each) for each in type.symbols} <= sizes.keys():
        return True
    shape, dtype = answer["returned"]
    if (shape, dtype) == (_tried(type, sizes)[0], type.dtype):
        return True
    found = f"{'' if dtype == 'float' else dtype}[{', '.join(map(str, shape))}]"
    frame.wrong(torch_modules.other_shape(module, str(type.plain()), found, sizes, place))
    return False
