"""Runs exported models in a process that has torch and numpy alone, and onnxruntime for ONNX."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

TORCH = "torch torchgen functorch sympy mpmath networkx jinja2 markupsafe filelock fsspec numpy numpy.libs"
ONNX = "onnxruntime flatbuffers google packaging coloredlogs humanfriendly"
RUN = """
import sys

form, folder, packages = sys.argv[1:]
sys.path.append(packages)
import importlib.util
from pathlib import Path

folder = Path(folder)
import torch


def runner(form, folder):
    if form == "pt2":
        program = torch.export.load(folder / "model.pt2").module()
        return lambda inputs: program(**inputs)
    if form == "standalone":
        spec = importlib.util.spec_from_file_location("model", folder / "model.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        model = module.load()
        return lambda inputs: model(**inputs)
    import onnxruntime
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_outputs()]
    taken = {item.name for item in session.get_inputs()}
    return lambda inputs: dict(zip(names, map(torch.from_numpy, session.run(
        names, {name: value.numpy() for name, value in inputs.items() if name in taken}))))


run = runner(form, folder)
with torch.no_grad():
    torch.save([dict(run(inputs)) for inputs in torch.load(folder / "batches")], folder / "found")
assert importlib.util.find_spec("getdsl") is None
"""


def run_elsewhere(form: str, folder: Path, batches: list[Mapping[str, Tensor]]) -> list[dict[str, Tensor]]:
    """The outputs of a written model for batches, from a process of its own."""
    torch.save(batches, folder / "batches")
    packages = folder / "packages"
    packages.mkdir()
    installed = Path(torch.__file__).parents[1]
    for name in (*TORCH.split(), "typing_extensions.py", *(ONNX.split() if form == "onnx" else ())):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    # no site-packages: what is installed beside these is not there
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", RUN, form, folder, packages]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Tensor]] = torch.load(folder / "found")
    return found
