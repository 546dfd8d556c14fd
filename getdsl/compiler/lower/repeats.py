"""A written package, imported and held against the model that it was written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from getdsl.compiler.lower.dummy import dummy_inputs
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.model import Model
from getdsl.text.opener import SHIPPED, read_text

NEAR = 1e-5  # of the largest value: a product with a frozen weight may go another way
BASES = (200, 4_000)  # lengths of DNA to try: a crop may need the longer one

Outputs = Mapping[str, Tensor]


@dataclass(frozen=True)
class Compared:
    """That a written module repeats the outputs of its model, or why that could not be seen."""

    why_not: str = ""

    def in_words(self) -> str:
        return f"not with the model: {self.why_not}" if self.why_not else "its outputs are the model's"


def repeats(compiled: Model, path: Path) -> Compared:
    """Imports a written module and compares its outputs with the model's: dummy batch, evaluation mode.

    The model is left as it is. Raises RuntimeError where they differ.
    """
    written: nn.Module = imported(path).load(path.parent)
    try:
        inputs, wanted = _trial(compiled)
    except Exception as error:  # whatever a block says of sizes that it cannot take
        return Compared(str(error).partition("\n")[0] or type(error).__name__)
    if _near(outputs_of(written, inputs), wanted):
        return Compared()
    if not _near(outputs_of(compiled.module, inputs), wanted):
        return Compared("its outputs are not the same twice")
    raise RuntimeError("the emitted module does not repeat the outputs of its model")


def _trial(compiled: Model) -> tuple[Outputs, Outputs]:
    """Inputs that the model takes, and its outputs. Raises whatever it does where no size suits it."""
    for bases in BASES:
        drawn = dummy_inputs(compiled.spec, seed=0, bases=bases)
        inputs = {argument: drawn[name] for name, argument in input_names(drawn).items()}
        try:
            return inputs, outputs_of(compiled.module, inputs)
        except Exception:
            if bases == BASES[-1]:
                raise
    raise AssertionError("there are sizes to try")


def imported(path: Path) -> ModuleType:
    """A module from its file, which leaves no trace among the imported ones or beside the file."""
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(read_text(path, SHIPPED), path, "exec"), module.__dict__)
    return module


def outputs_of(module: nn.Module, inputs: Mapping[str, Tensor]) -> Outputs:
    """What a module gives in evaluation mode, from one seed; it is left as it was."""
    device = next((tensor.device for tensor in module.state_dict().values()), torch.device("cpu"))
    with torch.no_grad(), torch.random.fork_rng(devices=[]), _untouched(module):
        torch.manual_seed(0)
        outputs: Outputs = module.eval()(**{name: tensor.to(device) for name, tensor in inputs.items()})
        return {name: tensor.cpu() for name, tensor in outputs.items()}


@contextmanager
def _untouched(module: nn.Module) -> Iterator[None]:
    """Gives a module its modes and buffers back: some move in evaluation mode too."""
    modes = [(part, part.training) for part in module.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for buffer, value in buffers:
            buffer.copy_(value)


def _near(found: Outputs, wanted: Outputs) -> bool:
    return found.keys() == wanted.keys() and all(_same(found[name], wanted[name]) for name in wanted)


def _same(found: Tensor, wanted: Tensor) -> bool:
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    if not wanted.is_floating_point():
        return torch.equal(found, wanted)
    finite = wanted[wanted.isfinite()].abs()
    scale = float(finite.max()) if finite.numel() else 1.0
    return torch.allclose(found, wanted, rtol=NEAR, atol=NEAR * scale, equal_nan=True)
