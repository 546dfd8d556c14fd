"""The names that a torch pickle may speak of, and what each stands for here."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from typing import Any

from getdsl.weights.dtypes import STORAGES, TORCH
from getdsl.weights.pickled.arrays import Array, ArrayType, encoded, scalar
from getdsl.weights.pickled.claims import Function, Opaque
from getdsl.weights.pickled.inert import Name
from getdsl.weights.pickled.odd_tensors import ODD
from getdsl.weights.pickled.rebuilds import REBUILDS

# Of torch, beside its types; of quantized tensors how they are scaled.
PLAIN = ("device", "per_tensor_affine", "per_channel_affine", "per_channel_affine_float_qparams")
NUMPY_CORE = ("numpy.core.multiarray", "numpy._core.multiarray")

KNOWN: dict[Name, Any] = {  # what torch's own reader of data takes
    **{(module, name): Opaque(name) for module in ("torch", "torch.cuda") for name in STORAGES},
    **{("torch", name): Opaque(f"torch.{name}") for name in (*TORCH, *PLAIN)},
    **{("torch._utils", name): Function(make) for name, make in REBUILDS.items()},
    ("torch", "Size"): Function(tuple),
    ("torch.storage", "UntypedStorage"): Opaque("UntypedStorage"),
    ("torch.serialization", "_get_layout"): Opaque("torch._get_layout"),
    ("collections", "OrderedDict"): Function(OrderedDict),
    ("collections", "Counter"): Function(Counter),
    ("builtins", "set"): Function(set),
    ("_codecs", "encode"): Function(encoded),
}
BEYOND_TORCH: dict[Name, Any] = {  # what is read here alone
    **{name: Function(make) for name, make in ODD.items()},
    **{(module, "_reconstruct"): Function(Array) for module in NUMPY_CORE},
    **{(module, "scalar"): Function(scalar) for module in NUMPY_CORE},
    ("numpy", "dtype"): Function(ArrayType),
    ("numpy", "ndarray"): Opaque("numpy.ndarray"),
    ("torch", "Tensor"): Opaque("torch.Tensor"),
    ("torch.nn.parameter", "Parameter"): Opaque("torch.nn.Parameter"),
    ("torch.nn.parameter", "Buffer"): Opaque("torch.nn.Buffer"),
    ("builtins", "bytes"): Function(encoded),
}


def of_python_3(module: str, name: str) -> Name:
    """A name as Python 3 has it; protocols below 3 write it as Python 2 did."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
