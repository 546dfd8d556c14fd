"""The names that a torch pickle may speak of, and what each stands for here."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from typing import Any

from getdsl.weights.dtypes import STORAGES, TORCH
from getdsl.weights.pickled.claims import Function, Opaque
from getdsl.weights.pickled.rebuilds import REBUILDS

Name = tuple[str, str]  # a module, and a name in it

KNOWN: dict[Name, Any] = {
    **{(module, name): Opaque(name) for module in ("torch", "torch.cuda") for name in STORAGES},
    **{("torch", name): Opaque(f"torch.{name}") for name in (*TORCH, "Size", "device")},
    **{("torch._utils", name): Function(make) for name, make in REBUILDS.items()},
    ("torch.storage", "UntypedStorage"): Opaque("UntypedStorage"),
    ("torch.serialization", "_get_layout"): Opaque("torch._get_layout"),
    ("collections", "OrderedDict"): Function(OrderedDict),
    ("collections", "Counter"): Function(Counter),
    ("builtins", "set"): Function(set),
}
UNSUPPORTED: dict[Name, str] = {  # harmless, and in torch's own list, but no plain tensor
    ("torch._utils", "_rebuild_qtensor"): "quantized",
    ("torch._utils", "_rebuild_sparse_tensor"): "sparse",
    ("torch._utils", "_rebuild_nested_tensor"): "nested",
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): "empty (meta)",
    ("torch._utils", "_rebuild_wrapper_subclass"): "wrapped",
    ("torch._tensor", "_rebuild_from_type_v2"): "subclassed",
}


def of_python_3(module: str, name: str) -> Name:
    """A name as Python 3 has it; protocols below 3 write it as Python 2 did."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
