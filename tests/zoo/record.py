"""Writes cases/ anew from the packages of `.[zoo]`: `python -m tests.zoo.record`."""

import json
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.zoo.packages import ENFORMER, all_cases, enformer_module

CASES = Path(__file__).parent / "cases"
PACKAGES = ("bpnet-lite", "crested", "enformer-pytorch", "explainn", "keras", "torch")
PUBLISHED = ENFORMER | {
    "dim": 1536,
    "depth": 11,
    "heads": 8,
    "human": 5313,
    "mouse": 1643,
    "target_length": 896,
    "attn_dim_key": 64,
    "num_downsamples": 7,
    "dim_divisible_by": 128,
}


def main() -> None:
    versions = {name: version(name) for name in PACKAGES}
    for name, case in all_cases(seed=0).items():
        groups = {"w": case.weights, "in": case.inputs, "out": case.outputs}
        # Enformer's trunk holds each tensor under two names
        tensors = {
            f"{group}.{key}": tensor.contiguous().clone()
            for group, found in groups.items()
            for key, tensor in found.items()
            if not key.startswith("_trunk.")
        }
        meta = {"spec": case.spec, "params": case.params, "versions": versions}
        path = CASES / f"{name}.safetensors"
        save_file(tensors, path, {"case": json.dumps(meta, sort_keys=True)})
        path.chmod(0o644)
    with torch.device("meta"):
        full = enformer_module(PUBLISHED)
    lines = [f"{key} {' '.join(map(str, p.shape))}" for key, p in full.named_parameters()]
    (CASES / "enformer_published_shapes.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
