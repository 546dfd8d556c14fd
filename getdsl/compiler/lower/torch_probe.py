"""What a module of `torch.nn` owns and returns, found on tensors without memory.

As a process of its own it takes a request a line on the standard input, as JSON, and answers on the standard
output. So `check`, which never imports torch, can hold a face against the module that it names.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

DTYPES = {torch.int64: "int", torch.bool: "bool"}
MADE = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """`state`, the rows of the state dict, and `returned`, a shape and an element type; or a `problem`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _answer(request)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    found = getattr(nn, name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        return {"problem": "absent", "known": sorted(_modules())}
    with torch.device("meta"):
        try:
            module = found(*request["args"], **request["kwargs"])
        except Exception as error:  # whatever a constructor says of its arguments
            return {"problem": "refused", "text": _said(error), "takes": _signature(found)}
        if any(
            isinstance(item, UninitializedBuffer | UninitializedParameter)
            for item in module.state_dict().values()
        ):
            return {"problem": "lazy"}
        told: dict[str, Any] = {"state": _state(module)}
        return told | (_returned(module, request) if request["forward"] is not None else {})


def _modules() -> list[str]:
    return [name for name, item in vars(nn).items() if isinstance(item, type) and issubclass(item, nn.Module)]


def _signature(found: type[nn.Module]) -> str:
    for base in found.__mro__:  # recurrent modules take what the class above them takes
        parameters = inspect.signature(base.__init__).parameters.values()  # type: ignore[misc]
        kinds = {item.kind for item in parameters}
        if inspect.Parameter.VAR_POSITIONAL not in kinds:
            names = [item.name for item in parameters if item.name not in ("self", "mode", "device", "dtype")]
            return ", ".join(names)
    return ""


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def _state(module: nn.Module) -> list[list[Any]]:
    weights = dict(module.named_parameters(remove_duplicate=False))
    return [
        [name, list(item.shape), "weight" if name in weights else "buffer", DTYPES.get(item.dtype, "float")]
        for name, item in module.state_dict().items()
    ]


def _returned(module: nn.Module, request: dict[str, Any]) -> dict[str, Any]:
    tensors = {
        name: torch.empty(shape, dtype=MADE[dtype]) for name, (shape, dtype) in request["inputs"].items()
    }

    def value(item: Any) -> Any:
        return tensors[item["input"]] if isinstance(item, dict) else item

    args, kwargs = request["forward"]
    try:
        found = module(*map(value, args), **{name: value(item) for name, item in kwargs.items()})
    except NotImplementedError:  # by its kernel, for tensors without memory: a run holds it
        return {}
    except Exception as error:  # whatever a module says of its inputs
        return {"problem": "unfit", "text": _said(error)}
    return _taken(found, request["take"])


def _taken(found: Any, take: int | None) -> dict[str, Any]:
    several = isinstance(found, tuple | list)
    if several and take is None:
        return {"problem": "several", "count": len(found)}
    if take is not None:
        if not several:
            return {"problem": "single"}
        if take >= len(found):
            return {"problem": "beyond", "count": len(found)}
        found = found[take]
    if not isinstance(found, Tensor):
        return {"problem": "no tensor", "text": type(found).__name__}
    return {"returned": [list(found.shape), DTYPES.get(found.dtype, "float")]}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
