"""Frozen parts: no gradient, no step, and evaluation mode whatever is said to the model around them."""

import copy
import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.low_rank import LowRankSettings, named_parameters
from tests.lower.test_emit import reload_and_compare

SPEC = """
model M {
    input sequence: onehot[B, L, 4]
    input track: [B, L]
    input peak_lengths: lengths[B, R] of L step 25
    scanner = sequence -> MotifScanner(6, kernel_size = 5)
    pool    = scanner -> ATACSplitPoolMaxNorm(track, peak_lengths, 6, 3, 3, final_bn = true)
    proj    = pool -> Linear(8)
    norm    = proj -> BatchNorm(8)
    dropped = norm -> Dropout(0.5)
    encoder = dropped -> GETTransformer(8, 2, 2, drop_rate = 0.5, drop_path_rate = 0.5)
    head    = encoder -> Linear(1)
    output y = squeeze(head, 2)
}
"""
PARTS = ("pool", "proj", "norm", "encoder.blocks.0")


def frozen(*parts: str, adapters: tuple[str, ...] = ()) -> Compiled:
    checked = check_text(SPEC)
    assert checked.spec is not None, checked.diagnostics
    compiled = build(checked.spec, seed=0)
    compiled.state_dict()["pool.running_max"].fill_(1e-3)  # any batch is beyond it
    names = [name for name, _ in named_parameters(compiled.module)]
    held = tuple(name for name in names if name.startswith(tuple(f"{part}." for part in parts)))
    compiled.adapt(Adaptation(dict.fromkeys(adapters, LowRankSettings(2, 2.0)), held, parts), seed=0)
    return compiled


def batch(compiled: Compiled, seed: int) -> dict[str, Tensor]:
    return compiled.prepare(compiled.dummy_batch(seed=seed, L=200, R=3))


def train(compiled: Compiled, steps: int = 3) -> None:
    torch.manual_seed(0)
    compiled.module.train()
    learning = [parameter for parameter in compiled.module.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=0.1, weight_decay=0.5)
    for step in range(steps):
        loss = compiled.module(**batch(compiled, step))["y"].square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def under(state: dict[str, Tensor], *parts: str) -> dict[str, Tensor]:
    return {
        name: tensor.clone()
        for name, tensor in state.items()
        if name.startswith(tuple(f"{part}." for part in parts))
    }


def changed(before: dict[str, Tensor], compiled: Compiled) -> set[str]:
    after = compiled.state_dict()
    return {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}


def test_training_leaves_frozen_parts_to_the_bit() -> None:
    compiled = frozen(*PARTS, adapters=("encoder.blocks.1.attn.qkv.weight",))
    before = {name: tensor.clone() for name, tensor in compiled.state_dict().items()}
    train(compiled)
    moved = changed(before, compiled)
    assert not {name for name in moved if name.startswith(PARTS)}
    assert "encoder.blocks.1.attn.qkv.weight" not in moved
    assert {"encoder.blocks.1.attn.qkv.weight.lora_B", "head.weight", "encoder.norm.weight"} <= moved


def test_without_freezing_the_same_buffers_move() -> None:
    compiled = frozen()
    before = {name: tensor.clone() for name, tensor in compiled.state_dict().items()}
    train(compiled, 1)
    moved = changed(before, compiled)
    assert {"norm.running_mean", "pool.running_max", "pool.atac_bn.running_var", "proj.weight"} <= moved


def modes(module: nn.Module, parts: tuple[str, ...]) -> set[bool]:
    """The modes of all that computes in the parts."""
    return {
        each.training
        for part in parts
        for each in module.get_submodule(part).modules()
        if not isinstance(each, torch.fx.GraphModule)
    }


@pytest.mark.parametrize("way", ["itself", "deepcopy", "pickle", "pickle of a deepcopy"])
def test_frozen_parts_stay_in_eval(way: str) -> None:
    module: nn.Module = frozen(*PARTS).module
    if "deepcopy" in way:
        module = copy.deepcopy(module)
    if "pickle" in way:
        module = pickle.loads(pickle.dumps(module))
    for mode in (True, False, True):
        module.train(mode)
        assert modes(module, PARTS) == {False}
        assert modes(module, ("head", "encoder.blocks.1", "dropped")) == {mode}
    module.eval()
    assert modes(module, ("head",)) == {False}
    module.get_submodule("encoder.blocks.0.mlp").train()
    assert modes(module, PARTS) == {False}


def test_a_frozen_part_drops_nothing() -> None:
    compiled = frozen("encoder")
    x = torch.randn(2, 3, 8)
    encoder = compiled.module.train().get_submodule("encoder")
    assert torch.equal(encoder(x), encoder(x))
    free = frozen().module.train().get_submodule("encoder")
    assert not torch.equal(free(x), free(x))


def test_running_maxima_of_a_frozen_pool_stay_in_evaluation_and_in_what_is_emitted(tmp_path: Path) -> None:
    compiled = frozen("pool")
    before = under(compiled.state_dict(), "pool")
    compiled.module.eval()
    compiled.module(**batch(compiled, 0))
    assert not changed(before, compiled)
    reload_and_compare(compiled, tmp_path)
    assert "update_in_eval=False" in (tmp_path / "out/model.py").read_text()
