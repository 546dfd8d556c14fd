"""A layout that the compiled code knows: its loops over pieces are unrolled, and 2.5 times as fast.

Each layout is compiled by itself, so it is for work that is worth a second or two of compilation.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import (
    NativeValue,
    models,
    overload_attribute,
    register_model,
    typeof_impl,
    unbox,
)

from getdsl.kernels.kmer_tables.layout import Layout


class FixedLayout:
    """To numba, a layout whose numbers are part of its type."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout


class FixedLayoutType(types.Type):
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(name=f"FixedLayout{tuple(layout)}")


@typeof_impl.register(FixedLayout)
def _typeof(value: FixedLayout, context: Any) -> FixedLayoutType:
    return FixedLayoutType(value.layout)


@register_model(FixedLayoutType)
class _FixedLayoutModel(models.OpaqueModel):
    pass


@unbox(FixedLayoutType)  # type: ignore[no-untyped-call, untyped-decorator]
def _unbox(kind: Any, value: Any, context: Any) -> NativeValue:
    return NativeValue(  # type: ignore[no-untyped-call]
        ir.Constant(ir.IntType(8).as_pointer(), None)
    )


def _constant(name: str) -> None:
    def attribute(layout: Any) -> Any:
        number = getattr(layout.layout, name)
        return lambda layout: number

    overload_attribute(FixedLayoutType, name, strict=False)(attribute)  # type: ignore[call-arg]


for _name in Layout._fields:
    _constant(_name)
