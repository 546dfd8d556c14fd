"""Numbers recorded from GET: a committed subset beside this file, all of them in ../shared/golden.

A case is one safetensors file; what is in it is told by the prefix of its keys and by its JSON metadata.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

COMMITTED = Path(__file__).parent
SHARED = COMMITTED.parents[2] / "shared" / "golden"


@dataclass(frozen=True)
class Case:
    """One recorded call."""

    name: str
    meta: dict[str, Any]
    groups: dict[str, dict[str, Tensor]]

    @property
    def config(self) -> dict[str, Any]:
        """The arguments of GET's class."""
        config: dict[str, Any] = self.meta["config"]
        return config

    def __getitem__(self, prefix: str) -> dict[str, Tensor]:
        """The tensors under a prefix: in, w (weights), out, cot (cotangents), grad, gin (input gradients)."""
        return self.groups.get(prefix, {})


def find(relative: str) -> Path:
    """A file of the golden tree; skips the test where only ../shared has it and is absent."""
    for root in (COMMITTED, SHARED):
        if (root / relative).exists():
            return root / relative
    return pytest.skip(f"{relative} is neither committed nor in ../shared/golden")


def names(kind: str) -> list[str]:
    """The names of all cases at hand of a kind, `components` or `models`."""
    found = {path.stem for root in (COMMITTED, SHARED) for path in (root / kind).glob("*.safetensors")}
    return sorted(found)


def load(name: str, kind: str = "components") -> Case:
    """The case `kind/name.safetensors`."""
    tensors, meta = _read(find(f"{kind}/{name}.safetensors"))
    for key, reference in meta.get("shared_weights", {}).items():
        tensors[key] = _read(find(reference["file"]))[0][reference["key"]]
    groups: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        prefix, _, rest = key.partition(".")
        groups.setdefault(prefix, {})[rest] = tensor
    return Case(name, meta, groups)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    with safe_open(path, "pt") as file:
        meta = json.loads((file.metadata() or {}).get("golden", "{}"))
        return {key: file.get_tensor(key) for key in file.keys()}, meta  # noqa: SIM118


def leaf(x: Tensor) -> Tensor:
    """A copy of an input that gradients flow to."""
    return x.clone().requires_grad_()


def peak_lengths(case: Case) -> Tensor:
    """The lengths [B, R] that a component was called with."""
    return lengths_of(case["in"])


def lengths_of(given: Mapping[str, Tensor]) -> Tensor:
    """GET's flat `chunk_size` (each sample's peaks, then one entry of padding) as lengths [B, R]."""
    sizes = given["chunk_size"] if "chunk_size" in given else given["peak_split"]
    counts = given["n_peaks"].tolist()
    lengths = torch.zeros(len(counts), int(given["max_n_peaks"]), dtype=torch.int64)
    if sizes.ndim == 0:
        for row, count in zip(lengths, counts, strict=True):
            row[:count] = sizes
        return lengths
    chunks = iter(sizes.tolist())
    for row, count in zip(lengths, counts, strict=True):
        for i in range(count):
            row[i] = next(chunks)
        next(chunks)
    return lengths


def check(
    case: Case,
    outputs: Mapping[str, Tensor],
    module: nn.Module | None = None,
    inputs: Mapping[str, Tensor] | None = None,
    prefix: str = "",
) -> None:
    """Holds outputs, and gradients for the recorded cotangents, against the case.

    `outputs` and `inputs` (leaves that need a gradient) go by GET's names; `prefix` is where GET's weights
    stand in the module. Every recorded output and gradient must be there.
    """
    bounds = case.meta["tol"]["out"]
    problems = []
    for name, want in case["out"].items():
        if name not in bounds:  # a mask that GET passes on
            problems += [] if torch.equal(outputs[name], want) else [f"output {name}: differs"]
            continue
        problems += _problems(f"output {name}", outputs[name], want, bounds[name])
    pairs = [(outputs[name] * cotangent).sum() for name, cotangent in case["cot"].items()]
    if pairs:
        torch.stack(pairs).sum().backward()
    problems += _gradient_problems(case, module, inputs or {}, prefix)
    assert not problems, "\n".join(problems)


def check_after(case: Case, module: nn.Module, prefix: str = "") -> None:
    """Holds the buffers that the call changed."""
    state = module.state_dict()
    bounds = case.meta["tol"].get("after", {"rtol": 1e-4, "atol": 1e-6})
    problems = []
    for name, want in case["after"].items():
        problems += _problems(f"{name} afterwards", state[f"{prefix}{name}"], want, bounds)
    assert not problems, "\n".join(problems)


def _gradient_problems(
    case: Case, module: nn.Module | None, inputs: Mapping[str, Tensor], prefix: str
) -> list[str]:
    parameters = dict(module.named_parameters()) if module is not None else {}
    found = {f"gin.{name}": tensor.grad for name, tensor in inputs.items()}
    found |= {f"grad.{name.removeprefix(prefix)}": p.grad for name, p in parameters.items()}
    tolerance = case.meta["tol"]["grad"]
    wanted = {f"gin.{name}": want for name, want in case["gin"].items()}
    wanted |= {f"grad.{name}": want for name, want in case["grad"].items()}
    problems = []
    for key, want in wanted.items():
        bounds = {"rtol": tolerance["rtol"], "atol": tolerance["atol"][key]}
        problems += _problems(key, found.get(key), want, bounds)
    for name, digest in case["grad_digest"].items():
        problems += _digest_problems(case, f"grad.{name}", found.get(f"grad.{name}"), digest)
    return problems


def _digest_problems(case: Case, key: str, got: Tensor | None, digest: Tensor) -> list[str]:
    """Large gradients are recorded as [sum, l2 norm, a strided sample of 512]."""
    if got is None:
        return [f"{key}: absent"]
    flat = got.double().flatten()
    stride = int(case.meta["digested_grads"][key]["layout"].split("flat[::")[1].split("]")[0])
    tolerance = {"rtol": 1e-3, "atol": case.meta["tol"]["grad"]["atol"][key]}
    norm = {"rtol": 1e-4, "atol": 0.0}
    sample = flat[::stride][:512]
    return [
        *_problems(f"{key}, a sample", sample, digest[2:], tolerance),
        *_problems(f"{key}, its norm", flat.norm(), digest[1], norm),
    ]


def _problems(name: str, got: Tensor | None, want: Tensor, tolerance: Mapping[str, float]) -> list[str]:
    """What is wrong, if anything. The rule: |got - want| <= atol + rtol * |want|."""
    if got is None:
        return [f"{name}: absent"]
    if got.shape != want.shape:
        return [f"{name}: shape {list(got.shape)}, not {list(want.shape)}"]
    got, want = got.detach().double(), want.double()
    off = (got - want).abs()
    bad = ~(off <= tolerance["atol"] + tolerance["rtol"] * want.abs())
    if not bad.any():
        return []
    return [f"{name}: off by up to {off.max():.2e} in {int(bad.sum())} of {bad.numel()}"]
