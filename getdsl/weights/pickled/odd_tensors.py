"""Tensors of torch's that are no plain numbers in a storage: told by name, and never loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import TORCH
from getdsl.weights.pickled.claims import Function, Leaf, Opaque

SPARSE = "a sparse tensor: save it anew with `to_dense()`"
QUANTIZED = "a quantized tensor: save it anew with `dequantize()`"
NESTED = "a nested tensor: save its parts one by one"
META = "a tensor on the meta device, which has no values"
WRAPPED = "a tensor of a class of its own: save its plain values"


def sparse(layout: Any, parts: Any, *rest: Any) -> Leaf:
    """`parts`: indices (one array, or for compressed layouts two), values, size."""
    parts = parts if isinstance(parts, tuple) else ()
    values = next((part for part in reversed(parts) if isinstance(part, Leaf) and part.info), None)
    sizes = [part for part in parts if isinstance(part, tuple)]
    return _odd(sizes[-1] if sizes else (), values.info.dtype if values and values.info else "", SPARSE)


def quantized(storage: Any, offset: Any = 0, size: Any = (), *rest: Any) -> Leaf:
    return _odd(size, "", QUANTIZED)


def nested(*parts: Any) -> Leaf:
    return _odd((), "", NESTED)


def meta(dtype: Any, size: Any = (), *rest: Any) -> Leaf:
    name = TORCH.get(dtype.name.removeprefix("torch.")) if isinstance(dtype, Opaque) else None
    return _odd(size, name or "", META)


def wrapped(kind: Any, dtype: Any = None, size: Any = (), *rest: Any) -> Leaf:
    return _odd(size, "", WRAPPED)


def subclassed(rebuild: Any, kind: Any, arguments: Any, *rest: Any) -> Leaf:
    """A tensor of a subclass is made as a plain one is, and then given its class."""
    if isinstance(rebuild, Function) and isinstance(arguments, tuple):
        made = rebuild(*arguments)
        if isinstance(made, Leaf):
            return made
    return _odd((), "", WRAPPED)


def _odd(size: Any, dtype: str, why: str) -> Leaf:
    shape = size if isinstance(size, tuple) and all(isinstance(axis, int) for axis in size) else ()
    return Leaf(TensorInfo(shape, dtype or "F32", why))


ODD: dict[tuple[str, str], Callable[..., Leaf]] = {
    ("torch._utils", "_rebuild_sparse_tensor"): sparse,
    ("torch._utils", "_rebuild_sparse_csr_tensor"): sparse,
    ("torch._utils", "_rebuild_qtensor"): quantized,
    ("torch._utils", "_rebuild_nested_tensor"): nested,
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): meta,
    ("torch._utils", "_rebuild_wrapper_subclass"): wrapped,
    ("torch._tensor", "_rebuild_from_type_v2"): subclassed,
}
