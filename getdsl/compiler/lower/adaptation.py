"""What a plan makes of a model beside the values of its weights, as data that a checkpoint carries along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from torch import nn

from getdsl.compiler.lower.freezing import keep_in_eval
from getdsl.compiler.lower.low_rank import LowRankSettings, attach, named_parameters
from getdsl.compiler.plan.plan import Plan
from getdsl.diagnostics import UserError


class AdapterRecord(TypedDict):
    rank: int
    alpha: float
    dropout: float


class AdaptationRecord(TypedDict, total=False):
    """An adaptation as JSON; a file without one of the entries has none of them."""

    adapters: dict[str, AdapterRecord]
    frozen: list[str]
    frozen_parts: list[str]


class LoadedFile(TypedDict):
    """A file whose tensors a model took, as the record of a run names it, and how many they were."""

    location: str
    format: str
    sha256: str | None
    tensors: int


@dataclass(frozen=True)
class Adaptation:
    """Adapters by the weights that they adapt, weights that are frozen, and parts that stay in eval."""

    adapters: Mapping[str, LowRankSettings] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    frozen_parts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.adapters or self.frozen or self.frozen_parts)

    def joined(self, other: Adaptation) -> Adaptation:
        return Adaptation(
            {**self.adapters, **other.adapters},
            tuple(dict.fromkeys((*self.frozen, *other.frozen))),
            tuple(dict.fromkeys((*self.frozen_parts, *other.frozen_parts))),
        )

    def as_json(self) -> AdaptationRecord:
        return {
            "adapters": {name: _adapter_record(settings) for name, settings in self.adapters.items()},
            "frozen": list(self.frozen),
            "frozen_parts": list(self.frozen_parts),
        }

    @staticmethod
    def of_json(record: AdaptationRecord) -> Adaptation:
        adapters = {name: LowRankSettings(**item) for name, item in record.get("adapters", {}).items()}
        return Adaptation(adapters, tuple(record.get("frozen", ())), tuple(record.get("frozen_parts", ())))

    @staticmethod
    def of_plan(plan: Plan) -> Adaptation:
        tensors = plan.tensors.values()
        return Adaptation(
            {
                tensor.name: LowRankSettings(
                    tensor.adapter.rank, tensor.adapter.alpha, tensor.adapter.dropout
                )
                for tensor in tensors
                if tensor.adapter is not None
            },
            tuple(tensor.name for tensor in tensors if tensor.kind == "weight" and tensor.frozen),
            plan.frozen_parts,
        )

    def carry_out(self, module: nn.Module, seed: int | None = None) -> None:
        """Attaches the adapters and freezes. A frozen weight has no gradient and no optimizer touches it.

        Raises UserError, and leaves the model as it is, where it lacks a weight or a part.
        """
        self._refuse_strangers(module)
        for name, settings in self.adapters.items():
            attach(module, name, settings, seed)
        frozen = set(self.frozen)
        for name, parameter in named_parameters(module):
            if name in frozen:
                parameter.requires_grad_(False)
        for part in self.frozen_parts:
            keep_in_eval(module.get_submodule(part))

    def _refuse_strangers(self, module: nn.Module) -> None:
        weights = {name for name, _ in named_parameters(module)}
        parts = {name for name, _ in module.named_modules()}
        strangers = [name for name in (*self.adapters, *self.frozen) if name not in weights]
        strangers += [name for name in self.frozen_parts if name not in parts]
        if strangers:
            raise UserError(
                f"the model has no `{strangers[0]}` to adapt or to freeze",
                "the plan or the checkpoint belongs to another model",
            )


def _adapter_record(settings: LowRankSettings) -> AdapterRecord:
    return {"rank": settings.rank, "alpha": settings.alpha, "dropout": settings.dropout}
