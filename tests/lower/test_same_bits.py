"""What one process computes, emits and trains another repeats to the bit, as docs/checkpoints.md promises."""

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.adapter_file import write_adapter
from getdsl.compiler.lower.package import write_package
from tests.lower import test_adapt as adapt
from tests.lower.test_adapt_freezing import frozen
from tests.lower.test_emit import SMALL, SPECS, UNUSUAL, quickstart_without_its_motif_file
from tests.processes import python


def models(folder: Path) -> dict[str, Compiled]:
    unusual = check_text(UNUSUAL).spec
    assert unusual is not None
    adapt.write_base(folder)
    return {
        "my_model": getdsl.compile(SPECS / "my_model.get", params=SMALL, seed=0),
        "quickstart": quickstart_without_its_motif_file(folder),
        "unusual": build(unusual, seed=1),
        "frozen": frozen("pool"),
        "adapted": adapt.trained(folder),
    }


def write(folder: Path) -> None:
    """Packages of the models, an adapter, and what the models computed."""
    for name, compiled in models(folder).items():
        compiled.module.eval().requires_grad_(False)  # a product with a frozen weight may go another way
        inputs = compiled.prepare(compiled.dummy_batch(seed=3))
        write_package(compiled, folder / name)
        torch.save((inputs, compiled.module(**inputs)), folder / f"{name}.pt")
    write_adapter(folder / "adapter.safetensors", compiled)
    (folder / "adapter.get").write_text(adapt.OVER_ITS_BASE)
    (folder / "adapter.pt").hardlink_to(folder / "adapted.pt")


WRITE = "import sys, pathlib; from tests.lower.test_same_bits import write; write(pathlib.Path(sys.argv[1]))"
READ = """
import importlib.util, sys, torch, getdsl
from pathlib import Path

def package(path):
    spec = importlib.util.spec_from_file_location(path.name, path / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()

for path in sorted(Path(sys.argv[1]).glob("*.pt")):
    folder = path.with_suffix("")
    adapter = path.with_suffix(".get")
    module = package(folder) if folder.exists() else getdsl.compile(adapter, seed=5).module
    inputs, outputs = torch.load(path)
    got = module.eval().requires_grad_(False)(**inputs)
    same = got.keys() == outputs.keys() and all(torch.equal(got[key], outputs[key]) for key in got)
    print(path.stem, "the same" if same else "not the same", sep=": ")
"""


def test_packages_and_adapters_repeat_every_bit_in_another_process(tmp_path: Path) -> None:
    python(WRITE, tmp_path)
    names = ("adapted", "adapter", "frozen", "my_model", "quickstart", "unusual")
    assert python(READ, tmp_path).splitlines() == [f"{name}: the same" for name in names]


ALIGNED = """
import torch
random = torch.Generator().manual_seed(0)
matrix, memory = torch.randn(65, 33, generator=random), torch.empty(65 * 33 + 16)
vector = torch.randn(33, generator=random)
found = set()
for start in range(16):
    moved = memory[start : start + matrix.numel()].view_as(matrix).copy_(matrix)
    found.add(bytes((moved @ vector).numpy()))
print(len(found))
"""


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="PyTorch has no MKL here")
def test_the_switch_makes_products_independent_of_alignment() -> None:
    """With SSE4.2, where an Intel processor gives several results without the switch."""
    assert python(ALIGNED, MKL_ENABLE_INSTRUCTIONS="SSE4_2") == "1\n"
