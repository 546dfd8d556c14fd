"""What `diff` says of checkpoints is what happens when one is loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower.carry_out import build_planned
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.plan.planned import plan_spec
from getdsl.diagnostics import SpecError
from getdsl.diff.side import Side
from getdsl.diff.verdict import Verdict, verdict
from getdsl.runs.run_folder.checkpoint import Checkpoint, write_checkpoint
from tests.diff.variants import PAIRS


@cache
def side(text: str) -> Side:
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return Side("a spec", checked.spec)


@cache
def built(text: str) -> Compiled:
    """The model with weights that differ from all others."""
    return build_planned(plan_spec(side(text).spec), seed=len(text))


@cache
def found(name: str) -> Verdict:
    return verdict(*map(side, PAIRS[name].texts))


def renamed(key: str, rules: tuple[tuple[str, str], ...]) -> str:
    """A key by the first rule that begins it; `*` is a step."""
    for old, new in rules:
        steps = old.rstrip(".").split(".")
        given = key.split(".")
        if len(given) >= len(steps) and all(a in ("*", b) for a, b in zip(steps, given, strict=False)):
            numbers = iter([b for a, b in zip(steps, given, strict=False) if a == "*"])
            own = [next(numbers) if step == "*" else step for step in new.rstrip(".").split(".")]
            return ".".join([*own, *given[len(steps) :]])
    return key


def saved(text: str, folder: Path) -> Path:
    """A checkpoint of the model, as a run writes it."""
    compiled, path = built(text), folder / "best.safetensors"
    record = {"adaptation": compiled.adaptation.as_json(), "seed": 0}
    write_checkpoint(path, Checkpoint(record, compiled.state_dict()))  # type: ignore[arg-type]
    return path


def loaded(text: str, path: Path, lines: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """What the model's weights are once its spec loads the file. Raises SpecError."""
    block = "\n".join([f'load "{path}" {{', *lines[1:-1], "}"])
    checked = check_text(f"{text}\n{block}\n")
    assert checked.spec is not None, checked.diagnostics
    return build_planned(plan_spec(checked.spec), seed=0).state_dict()


def test_there_are_thirty_pairs_of_every_kind() -> None:
    kinds = [pair.how for pair in PAIRS.values()]
    assert len(PAIRS) >= 30
    assert {kinds.count(how) >= 2 for how in ("as it is", "renamed", "in part", "not")} == {True}


@pytest.mark.parametrize("name", PAIRS)
def test_the_verdict_is_what_happens(name: str, tmp_path: Path) -> None:
    before, after = PAIRS[name].texts
    said = found(name)
    assert said.how == PAIRS[name].how
    path = saved(before, tmp_path)
    if said.how == "as it is":
        state = loaded(after, path)
    else:
        with pytest.raises(SpecError):
            loaded(after, path)
    if said.load:
        state = loaded(after, path, said.load)
    if said.how == "not":
        return
    given = {renamed(key, said.rules): value for key, value in built(before).state_dict().items()}
    fits = [key for key, value in given.items() if key in state and state[key].shape == value.shape]
    assert fits
    assert all(torch.equal(state[key], given[key]) for key in fits)


@pytest.mark.parametrize("name", [name for name in PAIRS if "adapters" not in name])
def test_torch_itself_says_the_same(name: str) -> None:
    """`load_state_dict` is strict: a model takes just its own names and shapes."""
    before, after = PAIRS[name].texts
    said, model = found(name), built(after).module
    state = {renamed(key, said.rules): value for key, value in built(before).module.state_dict().items()}
    try:
        model.load_state_dict({key: value.clone() for key, value in state.items()})
    except RuntimeError:
        assert not said.loads
    else:
        assert said.loads
