"""Every row of the table of operations: its example, its types, its gradient, and its torch half."""

from __future__ import annotations

import inspect
from functools import cache

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.graph import Argument, Node, Ref
from getdsl.compiler.lower import build
from getdsl.compiler.lower import operations as lowered
from getdsl.compiler.lower.operations import DTYPES
from getdsl.compiler.lower.operations import OPERATIONS as HALVES
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.spec import Spec

NAMES = sorted(OPERATIONS.keys() - {"read"})  # which test_buffers.py has
IN_GRAPHS = sorted(HALVES.keys() - {"read"})  # the others are ways to write these
MODEL = """model M {{
    input x: [B, R, 8]
    input y: [B, R, 8]
    input mask: bool[B, R]
    input ids: int[B, R]
    output z = {}
}}
"""
SIZES = {"B": 2, "R": 8}


@cache
def spec_of(name: str) -> Spec:
    checked = check_text(MODEL.format(OPERATIONS[name].example))
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def last_node(name: str) -> Node:
    """The node that the example ends with."""
    graph = spec_of(name).graph
    return graph.nodes[graph.outputs["z"].node]


def node_of(name: str) -> Node:
    """The node that the example ends with, which is the operation's."""
    node = last_node(name)
    assert (node.kind, node.target) == ("operation", name)
    return node


def batch() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    x, y = (torch.rand(2, 8, 8, generator=random, requires_grad=True) for _ in range(2))
    ids = torch.randint(0, 8, (2, 8), generator=random)
    return {"x": x, "y": y, "mask": torch.rand(2, 8, generator=random) > 0.5, "ids": ids}


def text_of(argument: Argument) -> str:
    """An argument of a node as a user would write it; results of other operations are bound as `n_…`."""
    match argument:
        case Ref():
            return argument.node if argument.node in batch() else f"n_{argument.node}"
        case tuple():
            return f"[{', '.join(map(text_of, argument))}]"
        case str():
            return f'"{argument}"'
        case bool() | None:
            return "none" if argument is None else str(argument).lower()
    return str(argument)


def named_spec(name: str) -> Spec:
    """The example with all arguments of the operation by name, the last first."""
    node = node_of(name)
    inner = [item for item in spec_of(name).graph.nodes.values() if item.kind == "operation" and item != node]
    bound = [f"n_{item.name} = {item.span.text}" for item in inner if item.span is not None]
    given = [*zip(OPERATIONS[name].signature.parameters, node.args, strict=False), *node.kwargs.items()]
    named = ", ".join(f"{key} = {text_of(value)}" for key, value in reversed(given))
    text = MODEL.format(f"{name}({named})").replace("    output", "\n".join([*bound, "    output"]))
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


@pytest.mark.parametrize(
    "name", sorted(set(IN_GRAPHS) - {"getitem", "permute", "reshape", "expand", "einsum"})
)
def test_arguments_by_name_are_those_by_position(name: str) -> None:
    """For all operations that take no `*sizes`; `getitem` has no call."""
    spec = named_spec(name)
    found, expected = (build(item).module.eval()(**batch())["z"] for item in (spec, spec_of(name)))
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
    needed = [item for item in OPERATIONS[name].signature.parameters.values() if item.default is item.empty]
    node = spec.graph.nodes[spec.graph.outputs["z"].node]
    assert len(node.args) == len(needed)


def test_every_row_has_a_torch_half() -> None:
    assert HALVES.keys() <= OPERATIONS.keys()
    assert all(OPERATIONS[name].spelled is not None for name in OPERATIONS.keys() - HALVES.keys())
    assert len(OPERATIONS) > 100


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_what_it_is(name: str) -> None:
    row = OPERATIONS[name]
    assert row.doc.endswith(".")
    assert row.usage().startswith(f"{name}(")
    assert last_node(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_computes_what_is_declared(name: str) -> None:
    declared = last_node(name).outputs[""]
    inputs = batch()
    result = build(spec_of(name)).module(**inputs)["z"]
    shape = tuple(dim.evaluate(SIZES) for dim in declared.shape)
    assert tuple(result.shape) == shape
    assert result.dtype == DTYPES[declared.dtype]
    floats = any(spec_of(name).graph.type_of(ref).dtype == "float" for ref in last_node(name).references())
    assert sends_a_gradient(result) == (OPERATIONS[name].gradient and declared.dtype == "float" and floats)


def sends_a_gradient(result: torch.Tensor) -> bool:
    """Whether autograd goes back from it: `//` of floats is followed, but has no derivative."""
    try:
        result.sum().backward()
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in NAMES if OPERATIONS[name].constant])
def test_what_is_constant_is_an_operand(name: str) -> None:
    assert set(OPERATIONS[name].constant) < set(OPERATIONS[name].signature.parameters)


OURS = [
    name
    for name in IN_GRAPHS
    if inspect.isfunction(HALVES[name]) and HALVES[name].__module__.startswith(lowered.__package__ or "")
]
CONSTANTS = {  # torch's own functions that take more than tensors
    "softmax": {"dim": -1},
    "log_softmax": {"dim": -1},
    "clamp": {"min": 0, "max": 6},
    "any": {"dim": 1, "keepdim": True},
    "all": {"dim": 1, "keepdim": True},
    "transpose": {"dim0": 1, "dim1": 2},
    "squeeze": {"dim": 1},
    "unsqueeze": {"dim": 1},
    "flatten": {"start_dim": 1, "end_dim": 2},
    "concat": {"dim": 0},
    "stack": {"dim": 0},
    "elu": {"alpha": 1.0},
    "leaky_relu": {"negative_slope": 0.1},
    "argmax": {"dim": 1, "keepdim": True},
    "argmin": {"dim": 1, "keepdim": True},
    "argsort": {"dim": 1, "descending": True},
    "unflatten": {"dim": 1, "sizes": (2, -1)},
}


@pytest.mark.parametrize("name", OURS)
def test_our_torch_halves_take_the_same_names(name: str) -> None:
    """Beside what the lowering tells them alone, by name: a type and a device, whether it trains."""
    taken = inspect.signature(HALVES[name]).parameters.values()
    shared = [item.name for item in taken if item.kind is not item.KEYWORD_ONLY]
    assert shared == list(OPERATIONS[name].signature.parameters)


@pytest.mark.parametrize("name", CONSTANTS)
def test_torchs_own_functions_take_the_same_names(name: str) -> None:
    _, *others = OPERATIONS[name].signature.parameters
    assert list(CONSTANTS[name]) == others
    x = batch()["x"].detach()
    first = [x, x] if name in ("concat", "stack") else x[:, :1] if name == "squeeze" else x
    assert isinstance(HALVES[name](first, **CONSTANTS[name]), torch.Tensor)


def test_the_rest_take_tensors_by_place() -> None:
    """Or sides, as permute, reshape and expand do."""
    rest = set(IN_GRAPHS) - set(OURS) - CONSTANTS.keys()
    names = {parameter for name in rest for parameter in OPERATIONS[name].signature.parameters}
    assert names == {"x", "left", "right", "dims", "shape", "items", "value", "operands"}
