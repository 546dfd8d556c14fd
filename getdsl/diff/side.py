"""One of the two specs that are compared, and what a checkpoint of it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from getdsl.compiler.directives.directives import read_directives
from getdsl.compiler.graph.types import DType
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Adapter, Plan, TensorPlan
from getdsl.compiler.spec import Spec
from getdsl.formats.checkpoint_header import Header, LoadRequest, TensorInfo
from getdsl.weights.adapter_config_file import with_adapter_config
from getdsl.weights.header import read_header

WRITTEN: dict[DType, str] = {"float": "F32", "int": "I64", "bool": "BOOL"}  # as a run writes them


@dataclass(frozen=True)
class Side:
    """A checked spec under the name that it was asked for by; of a run, the header of its checkpoint."""

    name: str
    spec: Spec
    header: Header | None = None

    @cached_property
    def plan(self) -> Plan:
        """What trains and what is adapted; no `load` is read, unless `lora` adapts what its file does."""
        lora = read_directives(self.spec).lora
        by_file = lora is not None and lora.on is None
        return make_plan(self.spec if by_file else replace(self.spec, loads=()), _read)

    @cached_property
    def checkpoint(self) -> Header:
        """The header of the run's checkpoint, or of one that a run of the spec would write."""
        if self.header is not None:
            return self.header
        tensors: dict[str, TensorInfo] = {}
        adapters: dict[str, Adapter] = {}
        for tensor in self.plan.tensors.values():
            tensors |= _written(tensor)
            if tensor.adapter is not None:
                adapters[tensor.name] = tensor.adapter
        request = LoadRequest(f"a checkpoint of {self.name}")
        return Header(request, (), "getdsl", tensors, record={"adaptation": {"adapters": _record(adapters)}})


def _read(request: LoadRequest) -> Header:
    return with_adapter_config(read_header(request, offline=True, verify=False))


def _written(tensor: TensorPlan) -> dict[str, TensorInfo]:
    """A tensor as a checkpoint holds it, and the two matrices of its adapter."""
    found = {tensor.name: TensorInfo(tensor.shape, WRITTEN[tensor.dtype])}
    if tensor.adapter is not None:
        rank, (out, *rest) = tensor.adapter.rank, tensor.shape
        found[f"{tensor.name}.lora_A"] = TensorInfo((rank, prod(rest)))
        found[f"{tensor.name}.lora_B"] = TensorInfo((out, rank))
    return found


def _record(adapters: Mapping[str, Adapter]) -> dict[str, dict[str, float]]:
    """Adapters as the record of a run has them."""
    return {name: {"rank": item.rank, "alpha": item.alpha} for name, item in adapters.items()}
