"""Low-rank adapters against the formula, and through everything that handles a module."""

import copy
import pickle
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.low_rank import (
    LowRankSettings,
    adapters,
    attach,
    merge,
    named_parameters,
    state_of,
)
from getdsl.diagnostics import UserError

SPEC = """
model M {
    input sequence: onehot[B, L, 4]
    input peak_lengths: lengths[B, R] of L
    scanner = sequence -> MotifScanner(6, kernel_size = 5)
    pooled  = scanner -> SplitPool(peak_lengths)
    conv    = pooled -> Conv1d(8, kernel_size = 3)
    encoder = conv -> GETTransformer(8, 2, 2)
    head    = outer_sum(encoder) -> permute(0, 3, 1, 2) -> ContactMapHead(8, hidden_dim = 4)
    output hic = squeeze(head, 1)
}
"""
WEIGHTS = ("scanner.motif.0.weight", "conv.weight", "encoder.blocks.1.attn.qkv.weight", "head.conv2.weight")
SETTINGS = LowRankSettings(rank=2, alpha=6.0)


def model(*, fuse: bool = True) -> Compiled:
    checked = check_text(SPEC)
    assert checked.spec is not None, checked.diagnostics
    compiled = build(checked.spec, seed=0, fuse=fuse)
    compiled.module.eval()
    return compiled


def fill(compiled: Compiled) -> None:
    """Gives B numbers too, so that the adapters do something."""
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in compiled.state_dict().items():
            if name.endswith("lora_B"):
                tensor.copy_(torch.randn(tensor.shape, generator=random) / 4)


def adapted(*, fuse: bool = True, settings: LowRankSettings = SETTINGS) -> Compiled:
    compiled = model(fuse=fuse)
    compiled.adapt(Adaptation(dict.fromkeys(WEIGHTS, settings)), seed=1)
    compiled.module.eval()
    fill(compiled)
    return compiled


def run(compiled: Compiled, module: nn.Module | None = None) -> Tensor:
    inputs = compiled.prepare(compiled.dummy_batch(seed=2, L=60, R=3))
    outputs: Mapping[str, Tensor] = (compiled.module if module is None else module)(**inputs)
    return outputs["hic"]


def test_a_fresh_adapter_changes_nothing_and_draws_from_its_seed_alone() -> None:
    plain, state = model(), torch.random.get_rng_state()
    before = run(plain)
    plain.adapt(Adaptation(dict.fromkeys(WEIGHTS, SETTINGS)), seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(run(plain), before)
    alone, other = model(), model()
    alone.adapt(Adaptation({WEIGHTS[2]: SETTINGS}), seed=1)
    other.adapt(Adaptation({WEIGHTS[2]: SETTINGS}), seed=2)
    drawn = [each.state_dict()[f"{WEIGHTS[2]}.lora_A"] for each in (plain, alone, other)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_a_is_kaiming_uniform() -> None:
    linear = nn.Linear(64, 3)
    a = attach(linear, "weight", LowRankSettings(200, 1.0), seed=0).lora_A
    assert a.shape == (200, 64)
    assert 0.99 / 8 < float(a.detach().abs().max()) <= 1 / 8  # ± 1 / √fan_in
    assert float(a.detach().std()) == pytest.approx(1 / 8 / 3**0.5, rel=0.02)


@pytest.mark.parametrize(
    "layer", [nn.Linear(5, 7), nn.Conv1d(4, 6, 3), nn.Conv2d(3, 4, (2, 3)), nn.Conv1d(4, 6, 3, groups=2)]
)
def test_the_weight_by_einsum(layer: nn.Linear | nn.Conv1d | nn.Conv2d) -> None:
    base = layer.weight.detach().clone()
    adapter = attach(layer, "weight", LowRankSettings(rank=2, alpha=6.0), seed=0)
    with torch.no_grad():
        adapter.lora_B.normal_()
    kernel = adapter.lora_A.detach().double().view(2, *base.shape[1:])
    want = base.double() + 3 * torch.einsum("or,r...->o...", adapter.lora_B.detach().double(), kernel)
    torch.testing.assert_close(layer.weight.detach().double(), want, rtol=1e-6, atol=1e-6)
    layer.weight.sum().backward()
    assert layer.parametrizations.weight.original.grad is None  # type: ignore[union-attr]
    assert adapter.lora_A.grad is not None
    assert adapter.lora_B.grad is not None


def test_dropout_leaves_out_whole_input_features_in_training_only() -> None:
    linear = nn.Linear(400, 3, bias=False)
    adapter = attach(linear, "weight", LowRankSettings(2, 2.0, dropout=0.25), seed=0)
    with torch.no_grad():
        adapter.lora_B.fill_(1)
    base = linear.parametrizations.weight.original  # type: ignore[union-attr]
    added = (linear.eval().weight - base).detach()
    torch.manual_seed(0)
    dropped = (linear.train().weight - base).detach()
    out = (dropped == 0).all(0)
    assert 0.15 < float(out.float().mean()) < 0.35
    torch.testing.assert_close(dropped[:, ~out], added[:, ~out] / 0.75, rtol=1e-4, atol=1e-5)


def test_the_state_dict_keeps_the_keys_of_the_base() -> None:
    plain, compiled = model().state_dict(), adapted()
    state = compiled.state_dict()
    assert state.keys() - plain.keys() == {f"{name}.lora_{part}" for name in WEIGHTS for part in "AB"}
    assert all(torch.equal(state[name], tensor) for name, tensor in plain.items())
    assert {name for name, p in named_parameters(compiled.module)} | set(state) == set(state)
    fresh = model()
    fresh.adapt(Adaptation(dict.fromkeys(WEIGHTS, SETTINGS)), seed=3)
    fresh.load_state_dict(state)
    assert torch.equal(run(fresh), run(compiled))


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    compiled = adapted()
    before = {name: tensor.clone() for name, tensor in compiled.state_dict().items()}
    short = f"{WEIGHTS[1]}.lora_A"
    wrong = {name: tensor + 1 for name, tensor in before.items()} | {short: torch.zeros(1, 2)}
    with pytest.raises(RuntimeError, match=r"`conv.weight.lora_A` is \[1, 2\], and the model's is \[2, 18\]"):
        compiled.load_state_dict(wrong)
    del wrong[short]
    with pytest.raises(RuntimeError, match=r"`conv\.weight\.lora_A` is missing"):
        compiled.load_state_dict(wrong)
    with pytest.raises(RuntimeError, match="`other` is not in the model"):
        compiled.load_state_dict({**before, "other": torch.zeros(1)})
    assert all(torch.equal(compiled.state_dict()[name], tensor) for name, tensor in before.items())


def test_merged_equals_unmerged() -> None:
    compiled = adapted(settings=LowRankSettings(2, 6.0, dropout=0.5))
    compiled.module.train()  # merged without its dropout all the same
    want = run(compiled, compiled.module.eval())
    compiled.module.train()
    compiled.merge_adapters()
    assert not adapters(compiled.module)
    assert compiled.state_dict().keys() == model().state_dict().keys()
    torch.testing.assert_close(run(compiled, compiled.module.eval()), want, rtol=1e-6, atol=1e-6)
    with pytest.raises(UserError, match="no adapters to merge"):
        compiled.merge_adapters()


def test_the_fused_scan_reads_the_adapted_kernels() -> None:
    fused, plain = adapted(fuse=True), adapted(fuse=False)
    assert fused.graph != plain.graph
    torch.testing.assert_close(run(fused), run(plain), rtol=1e-5, atol=1e-5)
    for compiled in (fused, plain):
        run(compiled).square().sum().backward()
    pairs = zip(adapters(fused.module).values(), adapters(plain.module).values(), strict=True)
    for left, right in pairs:
        for part in ("lora_A", "lora_B"):
            got, want = getattr(left, part).grad, getattr(right, part).grad
            torch.testing.assert_close(got, want, rtol=1e-3, atol=1e-4)
            assert got.abs().max() > 0


def test_under_autocast_as_if_merged() -> None:
    compiled = adapted()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        want = run(compiled)
    merge(compiled.module)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(run(compiled), want)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_are_whole_and_their_own(way: str) -> None:
    compiled = adapted()
    want = run(compiled)
    twin = (
        copy.deepcopy(compiled.module) if way == "deepcopy" else pickle.loads(pickle.dumps(compiled.module))
    )
    assert torch.equal(run(compiled, twin), want)
    assert state_of(twin).keys() == compiled.state_dict().keys()
    again = copy.deepcopy(pickle.loads(pickle.dumps(twin)))
    with torch.no_grad():
        for adapter in adapters(twin).values():
            adapter.lora_B.zero_()
    assert torch.equal(run(compiled), want)
    assert torch.equal(run(compiled, again), want)
    assert not torch.equal(run(compiled, twin), want)


def test_torch_compile_and_export() -> None:
    compiled = adapted(fuse=False)
    want = run(compiled)
    torch.testing.assert_close(run(compiled, torch.compile(compiled.module, backend="eager")), want)
    inputs = compiled.prepare(compiled.dummy_batch(seed=2, L=60, R=3))
    exported = torch.export.export(compiled.module, (), dict(inputs)).module()
    torch.testing.assert_close(run(compiled, exported), want)


def test_what_the_model_has_not_cannot_be_adapted() -> None:
    compiled = model()
    before = compiled.state_dict().keys()
    for adaptation in (
        Adaptation({WEIGHTS[0]: SETTINGS, "nothing.weight": SETTINGS}),
        Adaptation(frozen=("nothing",)),
        Adaptation(frozen_parts=("encoder.blocks.9",)),
    ):
        with pytest.raises(UserError, match="the model has no `"):
            compiled.adapt(adaptation)
    assert compiled.state_dict().keys() == before
    with pytest.raises(KeyError):
        attach(compiled.module, "conv.pad", SETTINGS)


def test_the_record_of_an_adaptation() -> None:
    given = Adaptation({"a.weight": LowRankSettings(2, 0.5, 0.1)}, ("b", "c"), ("d.e",))
    assert Adaptation.of_json(given.as_json()) == given
    assert Adaptation.of_json({}) == Adaptation()
    assert not Adaptation()
