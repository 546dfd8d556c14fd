"""A model as a program of torch.export: `torch.export.load("model.pt2").module()` runs it."""

from __future__ import annotations

from pathlib import Path

import torch

from getdsl.compiler.lower.export.traced import quiet, settled, traced
from getdsl.compiler.lower.export.trials import Held, hold, trials
from getdsl.compiler.lower.model import Model

NAME = "model.pt2"


def write_pt2(model: Model, folder: Path) -> tuple[Held, list[str]]:
    """Writes the program, loads it and holds it against the model; also what sizes it has settled."""
    found = trials(model)
    program = traced(model, found[0].inputs)
    with quiet():
        torch.export.save(program, folder / NAME)
        loaded = torch.export.load(folder / NAME).module()
    notes = settled(program, model.spec.graph)
    with torch.no_grad():
        held = hold(lambda inputs: loaded(**inputs), found[:1] if notes else found, "the exported program")
    return held, notes
