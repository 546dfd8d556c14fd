"""Every operation on every combination of element types, numbers and left-out arguments, beside PyTorch.

What is accepted runs, with the shape and element type that is declared; what is refused, PyTorch refuses too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import Argument, Ref, SliceArgument
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.lower.operations import DTYPES, MADE
from getdsl.compiler.lower.operations import OPERATIONS as HALVES
from getdsl.compiler.operations import OPERATIONS, Operand, ShapeError
from getdsl.compiler.operations.operand import kinds_of
from tests.compiler.test_operations import SIZES, node_of, spec_of

TYPES: tuple[DType, ...] = ("float", "int", "bool")
NUMBERS = (1, 1.5, True)
NO_POWERS = (("bool", "bool"), ("True", "bool"))  # which PyTorch refuses too
STRICTER: dict[tuple[str, tuple[str, ...]], str] = {  # what PyTorch takes and we refuse, by kinds of operands
    ("matmul", ("int", "int")): "a GPU has no product of matrices of integers",
    **{
        ("pow", kinds): "some fail in the backward pass, some by an assertion"
        for kinds in product((*TYPES, "1", "1.5", "True"), repeat=2)
        if {"bool", "True"} & set(kinds) and set(kinds) & set(TYPES) and kinds not in NO_POWERS
    },
    ("clamp", ("bool", "bool")): "refused where both bounds are given",
    **{("leaky_relu", ("float", kind)): "a tensor would lose its gradient" for kind in (*TYPES, "True")},
    **{("one_hot", (kind,)): "places are integers" for kind in ("float", "bool")},
    **{("irfft", (kind,)): "frequencies are floats" for kind in ("int", "bool")},
    **{
        ("complex_product", kinds): "complex numbers are pairs of floats"
        for kinds in product(TYPES, repeat=2)
        if kinds not in (("float", "float"), ("bool", "bool"))
    },
    **{("full", (kind,)): "a tensor would lose its gradient" for kind in TYPES},
    **{("full_like", kinds): "a tensor would lose its gradient" for kinds in product(TYPES, repeat=2)},
}
PLACED = ("take", "gather", "scatter_add")
Kind = DType | int | float
Call = tuple[list[Any], dict[str, Any]]


def bound(name: str) -> dict[str, Argument]:
    """The arguments of the example, by name; several of one name as a tuple."""
    node = node_of(name)
    return dict(OPERATIONS[name].signature.bind(*node.args, **node.kwargs).arguments)


def slots(name: str, arguments: dict[str, Argument]) -> list[Argument]:
    """The tensors of a call, and the numbers that stand for one, in order."""
    return [item for key, value in arguments.items() for item in _slots(value, takes_numbers(name, key))]


def _slots(argument: Argument, numbers: bool) -> list[Argument]:
    if isinstance(argument, tuple):
        return [slot for item in argument for slot in _slots(item, numbers)]
    return [argument] if isinstance(argument, Ref) or (numbers and argument is not None) else []


def takes_numbers(name: str, key: str) -> bool:
    """Whether an argument is a value among others, and no axis or side."""
    return float in kinds_of(OPERATIONS[name].signature.parameters[key].annotation)


def left_out(name: str) -> Iterator[dict[str, Argument]]:
    """The arguments, without each set of those that have a default."""
    arguments = bound(name)
    parameters = OPERATIONS[name].signature.parameters
    optional = [key for key in arguments if parameters[key].default is not parameters[key].empty]
    for count in range(len(optional) + 1):
        for dropped in combinations(optional, count):
            yield {key: value for key, value in arguments.items() if key not in dropped}


def calls(name: str) -> Iterator[tuple[dict[str, Argument], tuple[Kind, ...]]]:
    for arguments in left_out(name):
        for kinds in product((*TYPES, *NUMBERS), repeat=len(slots(name, arguments))):
            yield arguments, kinds


def filled(name: str, arguments: dict[str, Argument], values: list[Any]) -> Call:
    """The call with these values in the place of its tensors, keywords where the operation has defaults."""
    waiting = iter(values)
    whole = name == "getitem"

    def fill(item: Argument, numbers: bool) -> Any:
        if _slots(item, numbers) == [item]:
            return next(waiting)
        if isinstance(item, tuple):
            parts = [fill(each, numbers) for each in item]
            return tuple(parts) if whole else parts
        return item

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for key, value in arguments.items():
        parameter = OPERATIONS[name].signature.parameters[key]
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += [fill(each, False) for each in value]  # type: ignore[union-attr]
        elif parameter.default is parameter.empty:
            args.append(fill(value, takes_numbers(name, key)))
        else:
            kwargs[key] = fill(value, takes_numbers(name, key))
    return args, kwargs


def shape_of(name: str, slot: Argument) -> tuple[Dim, ...]:
    """That of the example's tensor; where it has a number, of a scalar."""
    return spec_of(name).graph.type_of(slot).shape if isinstance(slot, Ref) else ()


def declared(name: str, arguments: dict[str, Argument], kinds: tuple[Kind, ...]) -> TensorType | None:
    """The type that the table gives, None where it refuses."""
    values: list[Operand] = [
        TensorType(shape_of(name, slot), kind) if isinstance(kind, str) else kind
        for slot, kind in zip(slots(name, arguments), kinds, strict=True)
    ]
    args, kwargs = filled(name, arguments, values)
    try:
        return OPERATIONS[name].result(args, kwargs)
    except (ShapeError, TypeError):
        return None


def computed(name: str, arguments: dict[str, Argument], kinds: tuple[Kind, ...]) -> Tensor | None:
    """What PyTorch makes of it, None where it refuses. Integers are positive, masks true throughout."""
    values = [
        drawn(kind, [side.evaluate(SIZES) for side in shape_of(name, slot)])
        if isinstance(kind, str)
        else kind
        for slot, kind in zip(slots(name, arguments), kinds, strict=True)
    ]
    if name in PLACED:
        values[1] = values[1].clamp(max=1) if kinds[1] == "int" else values[1]
    args, kwargs = filled(name, arguments, values)
    args, kwargs = sized(args), {key: sized(value) for key, value in kwargs.items()}
    if name in MADE:
        kwargs |= {"dtype": DTYPES["float" if name == "eye" else "int"], "device": torch.device("cpu")}
    if name == "full":
        value = kwargs.get("value", args[-1])
        kwargs["dtype"] = DTYPES["bool" if value is True else "int" if isinstance(value, int) else "float"]
    try:
        result = HALVES[name](*args, **kwargs)
    except (RuntimeError, TypeError, IndexError, AttributeError):
        return None
    return result if isinstance(result, Tensor) else None


def drawn(kind: str, shape: list[int]) -> Tensor:
    if kind == "float":
        return torch.rand(shape) + 0.5
    return torch.randint(1, 4, shape) if kind == "int" else torch.ones(shape, dtype=torch.bool)


def sized(value: Any) -> Any:
    """Sizes as numbers, slices as Python's."""
    if isinstance(value, list | tuple):
        return type(value)(map(sized, value))
    if hasattr(value, "evaluate"):
        return value.evaluate(SIZES)
    return slice(sized(value.start), sized(value.stop)) if hasattr(value, "stop") else value


@pytest.mark.parametrize("name", sorted(HALVES.keys() - {"einsum", "read"}))
def test_the_table_says_what_pytorch_does(name: str) -> None:
    for arguments, kinds in calls(name):
        want, got = declared(name, arguments, kinds), computed(name, arguments, kinds)
        told = f"{name} of {kinds}, given {list(arguments)}"
        if want is None:
            assert got is None or (name, tuple(map(str, kinds))) in STRICTER, f"{told} is refused, and runs"
        else:
            assert got is not None, f"{told} is {want}, and fails"
            assert got.dtype == DTYPES[want.dtype], told
            assert list(got.shape) == [side.evaluate(SIZES) for side in want.shape], told


def test_what_is_stricter_is_so() -> None:
    for name, kinds in STRICTER:
        found = [(given, each) for given, each in calls(name) if tuple(map(str, each)) == kinds]
        assert any(declared(name, *call) is None and computed(name, *call) is not None for call in found), (
            name,
            kinds,
        )


# ---- what the differences are, one by one


@pytest.mark.parametrize(
    ("call", "message", "help"),
    [
        ("softmax(ids, dim = -1)", "`softmax` takes floats, got int[B, R]", "`to_float(x)`"),
        ("relu(mask)", "`relu` takes numbers, not true and false, got bool[B, R]", "`to_float(x)`"),
        ("abs(mask)", "`abs` takes numbers", "`to_int(x)`"),
        ("mask - 1", "`sub` takes numbers", "`to_float(x)`"),
        ("1 - mask", "`sub` takes numbers", "`to_float(x)`"),
        ("x - true", "`right` must be a tensor or a number", "sub(left, right)"),
        ("round(mask)", "`round` takes numbers", "`to_float(x)`"),
        ("var(ids)", "`var` takes floats", "`to_float(x)`"),
        ("matmul(ids, ids)", "`matmul` takes floats", "`to_float(x)`"),
        ("matmul(x, to_float(ids) > 0)", "`matmul` takes floats", "`to_float(x)`"),
        ("select(x, 1, 0)", "`select` takes a mask of true and false, got [B, R]", "`x > 0`"),
        ("mask // mask", "`floordiv` takes numbers, and all operands are true and false", "`to_int(x)`"),
        ("ids // 0", "integers are divided by 0", None),
        ("ids ** -1", "integers have no power -1", "`to_float(x)`"),
        ("maximum(1, 2)", "one of the operands must be a tensor", "maximum(left, right)"),
        ("outer_product(x, -1)", "`y` must be a tensor or none", "outer_product(x, y = none)"),
        ("sum(x, keepdim = 3)", "`keepdim` must be true or false", "sum(x, dim = none"),
        ("clamp(x, min = \"a\")", "`min` must be a tensor or a number or true or false or none", "clamp(x"),
        ("sum(x, dim = [1, -1])", "axis -1 is named twice", None),
        ("sum(x, dim = [])", "`dim` names no axis", None),
        ("x[..., ..., 0]", "an index has at most one `...`", None),
        ("masked_mean(x, outer_sum(x) > 0)", "has more axes", None),
        ("masked_mean(x[:, :1], mask)", "the mask bool[B, R] has other sides than [B, 1]", None),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_with_its_mend(call: str, message: str, help: str | None) -> None:
    text = (
        "model M {\n    input x: [B, R]\n    input ids: int[B, R]\n    input mask: bool[B, R]\n"
        f"    output y = {call}\n}}\n"
    )
    [found] = check_text(text).diagnostics
    assert message in found.message
    assert help is None or help in (found.help or "")


def test_a_batch_value_of_no_declared_type_may_be_anything() -> None:
    unknown = TensorType(None)
    assert OPERATIONS["select"].result([unknown, unknown, 0.0], {}) == unknown
    assert OPERATIONS["masked_mean"].result([unknown, unknown], {}) == unknown
    with pytest.raises(ShapeError, match="takes floats"):
        OPERATIONS["softmax"].result([TensorType(None, "int")], {})


ANYTHING = [
    1,
    -1,
    0.5,
    True,
    None,
    "a",
    [],
    [1],
    ["a"],
    (1,),
    Dim.symbol("B"),
    Dim.of(3),
    ...,
    SliceArgument(1, None),
]


def outcome(name: str, args: list[Any], kwargs: dict[str, Any]) -> str:
    try:
        return str(OPERATIONS[name].result(args, kwargs))
    except (ShapeError, TypeError) as reason:
        return str(reason)


@pytest.mark.parametrize("name", sorted(HALVES.keys() - {"einsum", "read"}))
def test_no_argument_crashes_a_rule(name: str) -> None:
    """Each argument of the example in turn is something else: a type comes out, or a reason."""
    tensors: list[Operand] = [
        TensorType(tuple(map(Dim.of, sides)), kind) for sides in ((), (3,), (0, 2)) for kind in TYPES
    ]
    for key in bound(name):
        for value in [*ANYTHING, *tensors, tensors[:2]]:
            several = OPERATIONS[name].signature.parameters[key].kind is inspect.Parameter.VAR_POSITIONAL
            arguments = {**bound(name), key: (value, 1) if several else value}
            args, kwargs = filled(
                name, arguments, [TensorType(shape_of(name, slot)) for slot in slots(name, arguments)]
            )
            assert outcome(name, args, kwargs)
