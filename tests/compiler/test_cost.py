"""FLOPs of every shipped spec against torch's own counter, and memory against what autograd holds on to."""

import importlib
import math
import re
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import (
    FlopCounterMode,
    conv_backward_flop,
    sdpa_backward_flop_count,
    sdpa_flop_count,
)

from getdsl.compiler import library
from getdsl.compiler.check import check_text
from getdsl.compiler.cost import Cost, step_cost
from getdsl.compiler.cost.stated import block_rules
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.spec import Spec
from getdsl.compiler.work.products import Sum, product
from getdsl.compiler.work.units import bytes_text, flops_text
from tests.compiler.trials import NAMES, Trial, trial

TOLERANCE = 0.005  # of the measured memory; most specs are exact
UNSTATED = {"zoo/epinformer": "torch.nn:MultiheadAttention"}  # whose cost nobody has stated
COUNTED = [name for name in NAMES if name not in UNSTATED]
WIDER = {
    "zoo/enformer": 0.01,
    "zoo/borzoi": 0.03,
    "zoo/aparent2": 0.1,  # a convolution and a norm that read one tensor keep it once
    "zoo/hyena_dna": 0.15,  # what Fourier transforms keep beside their inputs is not counted
}
MODEL = """model M {{
    input x: [B, R, 8]
    {body}
    output y = {output}
}}
loss {{ y = MSE(y, batch.y) }}
"""


def spec_of(body: str, output: str = "head", *sections: str) -> Spec:
    spec = check_text("\n".join([MODEL.format(body=body, output=output), *sections])).spec
    assert spec is not None
    return spec


def forward_attention(q: Any, k: Any, v: Any, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(q, k, v)


def backward_attention(grad: Any, q: Any, k: Any, v: Any, *_: Any, **__: Any) -> int:
    return sdpa_backward_flop_count(grad, q, k, v)


def backward_convolution(grad: Any, x: Any, weight: Any, *rest: Any, out_shape: Any) -> int:
    """What torch counts, but for groups: it takes their kernels' gradient for that of a whole kernel."""
    transposed, groups, needed = rest[4], rest[6], rest[7]
    one_group = 2 * math.prod(x if transposed else grad) * math.prod(weight[1:])
    whole: int = conv_backward_flop(grad, x, weight, *rest, out_val=out_shape)
    return whole - (groups - 1) * one_group * bool(needed[1])


# torch's formulas: for groups, and on the CPU for the attention that it counts on a GPU
ON_CPU = {
    torch.ops.aten.convolution_backward: backward_convolution,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: forward_attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: backward_attention,
}


@contextmanager
def step_by_step(module: nn.Module) -> Iterator[None]:
    """An LSTM step by step: oneDNN runs it whole, in which torch counts nothing."""
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(before and not any(isinstance(part, nn.LSTM) for part in module.modules()))
    yield
    torch._C._set_mkldnn_enabled(before)


def counted(trial: Trial) -> tuple[int, int]:
    """FLOPs of the forward and the backward pass, as torch counts them."""
    module, batch = trial.compiled.module, trial.batch
    with step_by_step(module), FlopCounterMode(display=False, custom_mapping=ON_CPU) as forward:
        total = trial.compiled.loss(module(**trial.compiled.prepare(batch)), batch)["total"]
    with FlopCounterMode(display=False, custom_mapping=ON_CPU) as backward:
        total.backward()
    module.zero_grad()
    return forward.get_total_flops(), backward.get_total_flops()


class Held:
    """A saved tensor. What it saves is detached, for a result that holds its own graph would never go."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.detach()


def kept(trial: Trial) -> int:
    """Bytes of the storages that autograd holds after the loss, weights and batch apart."""
    compiled, batch = trial.compiled, trial.batch
    inputs = compiled.prepare(batch)
    outside = (*compiled.module.parameters(), *compiled.module.buffers(), *batch.values(), *inputs.values())
    known = {tensor.untyped_storage().data_ptr() for tensor in outside}
    saved: list[weakref.ref[Held]] = []

    def pack(tensor: Tensor) -> Held:
        held = Held(tensor)
        saved.append(weakref.ref(held))
        return held

    with (
        step_by_step(compiled.module),
        torch.autograd.graph.saved_tensors_hooks(pack, lambda held: held.tensor),
    ):
        outputs = compiled.module(**inputs)
        losses = compiled.loss(outputs, batch)
    storages = [held.tensor.untyped_storage() for ref in saved if (held := ref()) is not None]
    assert losses["total"].requires_grad
    return sum({s.data_ptr(): s.nbytes() for s in storages if s.data_ptr() not in known}.values())


def cost_of(trial: Trial, *, fuse: bool = False) -> Cost:
    return step_cost(trial.compiled.spec, trial.sizes(), trial.trainable, fuse=fuse)


def test_modules_of_torch_without_a_rule_are_named() -> None:
    for name, module in UNSTATED.items():
        assert cost_of(trial(name)).not_counted.keys() == {module}


@pytest.mark.parametrize("name", COUNTED)
def test_flops_are_those_that_torch_counts(name: str) -> None:
    cost = cost_of(trial(name))
    assert not cost.not_counted
    assert (cost.forward.value, cost.backward.value) == counted(trial(name))


@pytest.mark.parametrize("name", COUNTED)
def test_memory_is_what_autograd_keeps(name: str) -> None:
    tolerance = WIDER.get(name, TOLERANCE)
    assert cost_of(trial(name)).activations.value == pytest.approx(kept(trial(name)), rel=tolerance)


@pytest.mark.parametrize("name", ["my_model", "quickstart"])
def test_a_fused_scan_keeps_no_scores_and_counts_the_same(name: str) -> None:
    fused = cost_of(trial(name, fuse=True), fuse=True)
    plain = cost_of(trial(name))
    assert (fused.forward, fused.backward) == (plain.forward, plain.backward)
    assert fused.activations.value == pytest.approx(kept(trial(name, fuse=True)), rel=TOLERANCE)
    assert fused.activations.value < plain.activations.value
    assert any("runs inside the block that pools it" in note for note in fused.notes)


@pytest.mark.parametrize("name", ["my_model", "get/region_finetune_hic", "zoo/enformer"])
def test_the_polynomial_gives_the_same_numbers(name: str) -> None:
    spec = replace(trial(name).compiled.spec, settings={}, data=None)  # nothing that sets a size
    sizes = trial(name).sizes()
    symbolic, numbers = step_cost(spec), step_cost(spec, sizes)
    assert symbolic.symbols
    assert symbolic.symbols <= sizes.keys()
    for item in ("forward", "backward", "activations", "peak"):
        assert getattr(symbolic, item).evaluate(sizes) == getattr(numbers, item).value


def test_frozen_weights_cost_no_gradient() -> None:
    body = "first = x -> Linear(16)\n    head = relu(first) -> Linear(4)"
    sizes = {"B": 2, "R": 5}
    full = step_cost(spec_of(body), sizes)
    rows = 2 * 2 * 5
    assert full.forward == rows * (8 * 16 + 16 * 4)
    assert full.backward == rows * (8 * 16 + 2 * 16 * 4)  # the batch needs no gradient
    frozen = step_cost(spec_of(body, "head", "freeze = [first]"), sizes)
    assert frozen.backward == rows * 16 * 4
    assert frozen.gradients == 4 * (16 * 4 + 4)
    assert frozen.parameters == full.parameters
    assert frozen.activations == full.activations  # what relu keeps the head's input is anyway
    only_first = step_cost(spec_of(body), sizes, {"first.weight", "first.bias"})
    assert only_first.backward == rows * (8 * 16 + 16 * 4)  # through the head to the first


def test_adapters_cost_their_own_weights_and_the_gradient_of_what_they_adapt() -> None:
    spec = spec_of("head = x -> Linear(16)")
    cost = step_cost(spec, {"B": 2, "R": 5}, set(), {"head.weight": 2})
    merging = 2 * 2 * 8 * 16
    assert cost.forward == 2 * 2 * 5 * 8 * 16 + merging
    assert cost.backward == 2 * 2 * 5 * 8 * 16 + 2 * merging
    assert cost.gradients == 4 * 2 * (8 + 16)
    assert cost.parameters == 4 * (8 * 16 + 16 + 2 * (8 + 16))


@pytest.mark.parametrize(
    ("optimizer", "states"),
    [
        ("AdamW(lr = 1e-3)", 2),
        ("Adam(lr = 1e-3)", 2),
        ("SGD(lr = 1e-3)", 0),
        ("SGD(lr = 1e-3, momentum = 0.9)", 1),
    ],
)
def test_what_the_optimizer_keeps(optimizer: str, states: int) -> None:
    cost = step_cost(spec_of("head = x -> Linear(4)", "head", f"optimizer = {optimizer}"))
    assert cost.gradients == 4 * (8 * 4 + 4)
    assert cost.optimizer == states * cost.gradients


def test_what_is_detached_only_passes() -> None:
    cost = step_cost(spec_of("first = x -> Linear(16)\n    head = detach(relu(first)) -> Linear(4)"))
    assert flops_text(cost.backward) == "128·B·R"
    assert str(cost.passing) == "64 * B * R"  # what relu keeps until there
    assert str(cost.activations) == "80 * B * R"  # the head's input, prediction and no more


def test_blocks_of_others_are_named_and_not_counted() -> None:
    text = """block Mine {
    input x: [..., D]
    output: [..., D]
    weight weight: [D]
    extern "mine:Mine"
}
model M {
    input x: [B, R, 8]
    mine = x -> Mine()
    output y = mine
}
"""
    spec = check_text(text).spec
    assert spec is not None
    cost = step_cost(spec)
    assert cost.not_counted == {"mine:Mine": "mine"}
    assert cost.flops == 0


EXTERN = re.compile(r'extern "(getdsl\.blocks\.\w+):(\w+)"')
BODIES = sorted(found for path in library.index().values() for found in EXTERN.findall(path.read_text()))


@pytest.mark.parametrize(("path", "name"), BODIES, ids=lambda item: item.rpartition(".")[2])
def test_every_block_of_the_library_states_its_cost(path: str, name: str) -> None:
    stated = block_rules(path)
    assert name in stated
    for each in stated:
        assert issubclass(getattr(importlib.import_module(path), each), nn.Module)


def test_sums_multiply_out() -> None:
    b, r = Dim.symbol("B"), Dim.symbol("R")
    total = Sum([product(2, b, r + 1), product(3, b), product(-2, r + 1, b), product(5)])
    assert total.polynomial() == b * 3 + 5
    assert total.polynomial({Symbol("B"): Dim.of(4)}) == 17


@pytest.mark.parametrize(
    ("amount", "flops", "bytes"),
    [
        (Dim.of(0), "", ""),
        (Dim.of(999), "999", "999 bytes"),
        (Dim.of(1_500), "1.50 k", "1.46 KiB"),
        (Dim.of(1_048_576), "1.05 M", "1.00 MiB"),
        (Dim.of(999_950), "1.00 M", "977 KiB"),
        (Dim.symbol("R") * Dim.symbol("R") * 2048 - 3, "2.05 k·R² - 3", "2.00 KiB·R² - 3 bytes"),
        (Dim.symbol("L") // 25 * 4, "4·(L // 25)", "4 bytes·(L // 25)"),
    ],
)
def test_units(amount: Dim, flops: str, bytes: str) -> None:
    assert (flops_text(amount), bytes_text(amount)) == (flops, bytes)


def test_a_cost_needs_no_torch() -> None:
    code = (
        "import sys; from getdsl.compiler.check import check; "
        "from getdsl.compiler.cost.summary import summary; "
        "summary(check('specs/my_model.get').spec); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
