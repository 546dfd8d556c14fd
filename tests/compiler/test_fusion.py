"""The fusion of a motif scan and a pool: the same weights, outputs and gradients, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from getdsl.blocks.motif_scanner_fusion import FUSED
from getdsl.compiler.check import check, check_text
from getdsl.compiler.lower import build
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.passes.fuse import find_fusions
from getdsl.compiler.show import fused_text
from getdsl.compiler.spec import Spec
from tests.zoo.sizes import SMALL as SMALL_ZOO

SPECS = Path(__file__).parents[2] / "specs"
SHIPPED = sorted(SPECS.rglob("*.get"))
SMALL = {"embed_dim": 48, "num_layers": 2, "num_motif": 20, "num_heads": 4}


def small(path: Path) -> Spec:
    """The spec, with those of its params made small that it has."""
    plain = check(path).spec
    assert plain is not None
    sizes = SMALL_ZOO.get(path.stem, {}) if path.parent.name == "zoo" else SMALL
    spec = check(path, params={name: value for name, value in sizes.items() if name in plain.params}).spec
    return spec if spec is not None else plain


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(SPECS).as_posix())
def test_outputs_and_gradients_agree(path: Path) -> None:
    spec = small(path)
    graph = run_passes(spec.graph, FUSIONS)
    if graph == spec.graph:
        assert all(fusion.obstacle for fusion in find_fusions(spec.graph))
        return
    fused, plain = build(spec, 0), build(spec, 0, fuse=False)
    assert list(fused.module.state_dict()) == list(plain.module.state_dict())
    for one, other in zip(
        fused.module.state_dict().values(), plain.module.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    batch = fused.dummy_batch(B=2)
    results = []
    for compiled in (fused, plain):
        compiled.module.eval()
        outputs = compiled.module(**compiled.prepare(batch))
        sum(value.square().sum() for value in outputs.values()).backward()
        gradients = {
            name: item.grad for name, item in compiled.module.named_parameters() if item.grad is not None
        }
        results.append((outputs, gradients))
    (outputs, gradients), (wanted_outputs, wanted_gradients) = results
    assert gradients.keys() == wanted_gradients.keys()
    for got, want in ((outputs, wanted_outputs), (gradients, wanted_gradients)):
        for name in got:
            scale = float(want[name].detach().abs().max())
            torch.testing.assert_close(
                got[name], want[name], rtol=1e-4, atol=1e-4 * max(scale, 1e-6), msg=name
            )


HEAD = "model M {\n    input x: onehot[B, L, 4]\n    input lengths: lengths[B, R] of L\n"
SCANNER = "    s = x -> MotifScanner(6, kernel_size = 5)\n"


def told(body: str) -> str:
    spec = check_text(f"{HEAD}{body}}}\n").spec
    assert spec is not None
    text = fused_text(spec.graph)
    run_passes(spec.graph, FUSIONS)  # which verifies
    return text.splitlines()[0]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (SCANNER + "    output y = s -> SplitPool(lengths)\n", "one kernel  `s` ("),
        (
            SCANNER + '    output y = relu(s) -> SplitPool(lengths, pool_method = "max")\n',
            "one kernel  `s` (",
        ),
        (
            SCANNER + "    p = s -> SplitPool(lengths)\n    output y = p\n    output z = s\n",
            "`s` is read at every position, as an output",
        ),
        (
            SCANNER + "    p = s -> SplitPool(lengths)\n    output y = p\n    output z = sum(s, 1)\n",
            "`s` is read by `p`, `z`, and the kernel keeps no scores",
        ),
        (
            SCANNER + "    c = s -> Conv1d(3)\n    output y = c -> SplitPool(lengths)\n",
            "`c` (Conv1d) reads every position, and is not a SplitPool",
        ),
        (
            SCANNER + "    output y = softplus(s) -> SplitPool(lengths)\n",
            "`softplus` reads it before any SplitPool",
        ),
        (
            "    s = x -> MotifScanner(6, kernel_size = 70)\n    output y = s -> SplitPool(lengths)\n",
            "kernel_size is 70",
        ),
        ("    output y = x -> SplitPool(lengths)\n", "nothing to fuse"),
    ],
)
def test_what_is_told(body: str, line: str) -> None:
    assert line in told(body)


def test_scanners_in_blocks_are_found() -> None:
    text = (
        "block Hits {\n    input x: [B, L, 4]\n    input lengths: lengths[B, R] of L\n"
        "    s = x -> MotifScanner(6, kernel_size = 5)\n    output y = s -> SplitPool(lengths)\n}\n"
        f"{HEAD}    hits = x -> Hits(lengths)\n    output y = hits\n}}\n"
    )
    spec = check_text(text).spec
    assert spec is not None
    assert fused_text(spec.graph).startswith("one kernel")
    run_passes(spec.graph, FUSIONS)  # which verifies
    assert any(type(module).__name__ == "MotifScanPool" for module in build(spec).module.modules())


def test_a_pool_inside_a_block_is_told() -> None:
    block = "block Pools {\n    input x: [B, L, 6]\n    input lengths: lengths[B, R] of L\n"
    block += "    output y = x -> SplitPool(lengths)\n}\n"
    spec = check_text(f"{block}{HEAD}{SCANNER}    p = s -> Pools(lengths)\n    output y = p\n}}\n").spec
    assert spec is not None
    told = fused_text(spec.graph).splitlines()[0]
    assert told.endswith("become one kernel where they stand in the same block")
    found = next(find_fusions(check(SPECS / "get/finetune.get").spec.graph))  # type: ignore[union-attr]
    assert found.obstacle == (
        "`atac_attention` (ATACSplitPool) pools it in `regions`, but also reads every position, "
        "in `patches` (MaxPool1d)"
    )


def test_turned_off() -> None:
    spec = check(SPECS / "quickstart.get").spec
    assert spec is not None
    assert fused_text(spec.graph, fuse=False).startswith("fusion is turned off\n\ngraph ")
    assert all(
        type(module).__name__ != "MotifScanPool" for module in build(spec, fuse=False).module.modules()
    )
    fused = run_passes(spec.graph, FUSIONS)
    assert fused.modules["motif_scanner"].extern == FUSED
    assert run_passes(fused, FUSIONS) == fused
    assert list(fused.tensors()) == list(spec.graph.tensors())
