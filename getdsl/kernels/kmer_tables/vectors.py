"""Vectors of 16 float32 for numba: what its own vectoriser does not reliably find in these loops.

LLVM cuts them to the processor's width: one register with AVX-512, two with AVX2, four with NEON.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as numba_cgutils
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import models, overload, register_model

LANES = 16
cgutils: Any = numba_cgutils

_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)
_ZEROS = ir.Constant(_FLOATS, [0.0] * LANES)


def intrinsic(function: Callable[..., Any]) -> Any:
    """An intrinsic of numba; it is called without the `typing` that it is written with."""
    return numba_intrinsic(function)


class Vector(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Float32x16")


vector = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)  # type: ignore[no-untyped-call]


def _pointer(builder: Any, address: Any, index: Any) -> Any:
    floats = builder.inttoptr(address, ir.FloatType().as_pointer())
    return builder.bitcast(builder.gep(floats, [index]), _FLOATS.as_pointer())


def _lanes_below(builder: Any, count: Any) -> Any:
    """The mask of the first `count` lanes."""
    numbers = ir.VectorType(ir.IntType(64), LANES)
    lanes = ir.Constant(numbers, list(range(LANES)))
    first = builder.insert_element(ir.Constant(numbers, ir.Undefined), count, ir.IntType(32)(0))
    spread = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    counts = builder.shuffle_vector(first, ir.Constant(numbers, ir.Undefined), spread)
    return builder.icmp_unsigned("<", lanes, counts)


@intrinsic
def zeros(typing: Any) -> Any:
    """A vector of zeros."""
    return vector(), lambda context, builder, signature, args: _ZEROS


@intrinsic
def address(typing: Any, array: Any) -> Any:
    """Where an array's values start. In a loop, an array would be counted in and out."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.uintp(array), code


@intrinsic
def word_at(typing: Any, address: Any, index: Any) -> Any:
    """The `index`-th uint16 after an address."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        words = builder.inttoptr(args[0], ir.IntType(16).as_pointer())
        return builder.zext(builder.load(builder.gep(words, [args[1]])), ir.IntType(64))

    return types.uint64(types.uintp, types.uint64), code


@intrinsic
def load(typing: Any, address: Any, index: Any) -> Any:
    """16 float32 from the `index`-th after an address on. Nothing is checked."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, *args), align=4)

    return vector(types.uintp, types.uint64), code


@intrinsic
def store(typing: Any, address: Any, index: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(builder, *args[:2]), align=4)
        return context.get_dummy_value()

    return types.void(types.uintp, types.uint64, vector), code


@intrinsic
def load_some(typing: Any, address: Any, index: Any, count: Any) -> Any:
    """The first `count` lanes from memory, zeros beyond; what lies beyond is not touched."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(builder, *args[:2])
        kind = ir.FunctionType(_FLOATS, [pointer.type, ir.IntType(32), _MASK, _FLOATS])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}f32.p0")
        return builder.call(function, [pointer, ir.IntType(32)(4), _lanes_below(builder, args[2]), _ZEROS])

    return vector(types.uintp, types.uint64, types.uint64), code


@intrinsic
def store_some(typing: Any, address: Any, index: Any, count: Any, value: Any) -> Any:
    """The first `count` lanes to memory; what lies beyond is not touched."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(builder, *args[:2])
        kind = ir.FunctionType(ir.VoidType(), [_FLOATS, pointer.type, ir.IntType(32), _MASK])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{LANES}f32.p0")
        builder.call(function, [args[3], pointer, ir.IntType(32)(4), _lanes_below(builder, args[2])])
        return context.get_dummy_value()

    return types.void(types.uintp, types.uint64, types.uint64, vector), code


@intrinsic
def spread(typing: Any, value: Any) -> Any:
    """One float32 in all lanes."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.insert_element(ir.Constant(_FLOATS, ir.Undefined), args[0], ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, ir.Constant(_FLOATS, ir.Undefined), lanes)

    return vector(types.float32), code


@intrinsic
def _add(typing: Any, a: Any, b: Any) -> Any:
    return vector(vector, vector), lambda context, builder, signature, args: builder.fadd(*args)


@intrinsic
def _subtract(typing: Any, a: Any, b: Any) -> Any:
    return vector(vector, vector), lambda context, builder, signature, args: builder.fsub(*args)


@intrinsic
def _multiply(typing: Any, a: Any, b: Any) -> Any:
    return vector(vector, vector), lambda context, builder, signature, args: builder.fmul(*args)


@intrinsic
def relu(typing: Any, a: Any) -> Any:
    """The larger of zero and each lane; NaN stays, as in torch."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], _ZEROS), _ZEROS, args[0])

    return vector(vector), code


@intrinsic
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of two; NaN where either is."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right = args
        keep = builder.or_(builder.fcmp_ordered(">", left, right), builder.fcmp_unordered("uno", left, left))
        return builder.select(keep, left, right)

    return vector(vector, vector), code


@intrinsic
def where_positive(typing: Any, a: Any, value: Any) -> Any:
    """`value` where a is above zero (or NaN), else zero: the gradient of ReLU at a."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<=", args[0], _ZEROS), _ZEROS, args[1])

    return vector(vector, vector), code


@intrinsic
def where_same(typing: Any, a: Any, b: Any, value: Any) -> Any:
    """`value` where a equals b (or both are NaN), else zero."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, value = args
        nan = builder.and_(
            builder.fcmp_unordered("uno", left, left), builder.fcmp_unordered("uno", right, right)
        )
        return builder.select(builder.or_(builder.fcmp_ordered("==", left, right), nan), value, _ZEROS)

    return vector(vector, vector, vector), code


@intrinsic
def nonzero(typing: Any, a: Any) -> Any:
    """A bit for each lane that is not zero, lane 0 the lowest."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mask = builder.fcmp_unordered("!=", args[0], _ZEROS)
        return builder.zext(builder.bitcast(mask, ir.IntType(LANES)), ir.IntType(64))

    return types.uint64(vector), code


def _operator(function: Any) -> Any:
    def implement(a: Any, b: Any) -> Any:
        return (lambda a, b: function(a, b)) if a == vector and b == vector else None

    return implement


overload(operator.add, strict=False)(_operator(_add))
overload(operator.sub, strict=False)(_operator(_subtract))
overload(operator.mul, strict=False)(_operator(_multiply))


def aligned(size: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """float32 zeros at a multiple of 64 bytes: a load across two cache lines takes twice the time."""
    raw = np.zeros(size + LANES, np.float32)
    start = (-raw.ctypes.data % 64) // 4
    return raw[start : start + size]
