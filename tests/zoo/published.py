"""The `load` examples of docs/zoo.md, run on weights that a test gives."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import torch
from torch import Tensor

import getdsl

PAGE = Path(__file__).parents[2] / "docs" / "zoo.md"


def examples() -> dict[str, str]:
    """The specs on the page, by the model that each declares."""
    fenced = re.findall(r"^```get\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {re.findall(r"^model (\w+)", text, re.MULTILINE)[0]: text for text in fenced}


def converted(model: str, weights: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """What the Python above a model's example makes of a Keras file that holds `weights`."""
    before = PAGE.read_text().split(f"model {model} ")[0]
    script = re.findall(r"^```python\n(.*?)^```$", before, re.MULTILINE | re.DOTALL)[-1]
    for file in re.findall(r'File\("(.*?)"\)', script):
        with h5py.File(folder / file, "w") as keras:
            for name, tensor in weights.items():
                keras[f"model_weights/{name.split('/')[0]}/{name}:0"] = tensor.numpy()
    with contextlib.chdir(folder):
        exec(script, {})
    [made] = re.findall(r'torch.save\(state, "(.*?)"\)', script)
    state: dict[str, Tensor] = torch.load(folder / made)
    return state


def loaded(
    model: str, weights: Mapping[str, Tensor], params: Mapping[str, Any], folder: Path
) -> getdsl.Compiled:
    """The page's example with `weights` in the place of the published file, at the sizes of `params`."""
    text = examples()[model]
    [file] = re.findall(r'^load "(.*?)"', text, re.MULTILINE)
    torch.save(dict(weights), folder / file)
    (folder / "published.get").write_text(text)
    compiled = getdsl.compile(folder / "published.get", params=params)
    compiled.module.eval()
    return compiled
