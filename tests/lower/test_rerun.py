"""Alternates of samples equal the model run on the edited inputs, and less is computed for them."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.rerun import Edits, Rerun, alternates
from getdsl.compiler.work.reach import Along, Mixed
from tests.differential.faces import blocks
from tests.differential.programs import draw_program
from tests.lower.test_emit import SPECS

ROWS = 7


def edited(inputs: dict[str, Tensor], name: str, edits: Edits) -> dict[str, Tensor]:
    """A batch of the alternates, whole; what is one for all samples stays."""
    samples = len(inputs[name])
    own = {key for key, value in inputs.items() if value.dim() and len(value) == samples}
    found = {key: value[edits.sample] if key in own else value for key, value in inputs.items()}
    found[name] = found[name].clone()
    for row, start in enumerate(edits.start.tolist()):
        found[name][row, start : start + edits.values.shape[1]] = edits.values[row]
    return found


def drawn_edits(x: Tensor, width: int, random: Random, rows: int = ROWS) -> Edits:
    sample = torch.tensor([random.randrange(len(x)) for _ in range(rows)])
    sample[0], sample[-1] = 0, len(x) - 1  # so that a step over samples shows
    start = torch.tensor([random.randint(0, x.shape[1] - width) for _ in range(rows)])
    start[:2] = torch.tensor([0, x.shape[1] - width])  # both ends
    other = torch.randperm(x.shape[1])[:width]
    return Edits(sample, start, x[sample.flip(0)][:, other])


def of_the_edited(
    compiled: Compiled, inputs: dict[str, Tensor], name: str, edits: Edits
) -> dict[str, Tensor]:
    with torch.no_grad():
        found: dict[str, Tensor] = compiled.module(**edited(inputs, name, edits))
    return found


def assert_equal(got: dict[str, Tensor], want: dict[str, Tensor], tolerance: float, told: str) -> None:
    assert got.keys() == want.keys()
    for name, value in want.items():
        assert got[name].shape == value.shape, f"{name}\n{told}"
        close = torch.isclose(got[name], value, rtol=tolerance, atol=tolerance, equal_nan=True)
        assert close.all(), f"{name}: {(~close).sum()} values differ\n{told}"


# ---- random models


STEPS = (
    "{x} -> Conv1d(6, kernel_size = 4)",
    "{x} -> Conv1d(6, kernel_size = 3, dilation = 5)",
    '{x} -> Conv1d(6, kernel_size = 5, padding = "valid")',
    "{x} -> MaxPool1d(3, stride = 2)",
    "{x} -> MaxPool1d(2)",
    '{x} -> Conv1d(6, kernel_size = 4, stride = 2, groups = 3, padding = "causal")',
    "{x} -> Conv1d(6, kernel_size = 5, stride = 3, padding = 2)",
    "{x} -> Conv1d(6, kernel_size = 4, stride = 3)",
    "{x} -> AvgPool1d(4, stride = 3, padding = 2)",
    "{x} -> RMSNorm(6)",
    "{x} -> LayerNorm(6)",
    "{x} -> BatchNorm(6)",
    "{x} -> Linear(6)",
    "relu({x} - 0.1) + {x}",
    "{x} + ({x} -> Conv1d(6, kernel_size = 3))",
    "softmax({x}, dim = 2)",
    "{x}[:, 3:]",
    "{x}[:, 2:-4]",
    "{x}[:, :, 1:] -> Linear(6)",
    "flip({x}, 1)",
    "flip({x}, 2)",
    "transpose(transpose({x}, 1, 2) * 2.0, 1, 2)",
    "reshape(reshape({x}, B, -1, 2, 3), B, -1, 6)",
    "concat([{x}, {x}], dim = 2) -> Linear(6)",
    "{x} / (mean(abs({x}), dim = 2, keepdim = true) + 1)",
    "squeeze(unsqueeze({x}, 1), 1)",
    "{x} * scale",
    "select({x} > 0, {x}, track)",
    "sum(stack([{x}, {x} * {x}], dim = 3), dim = 3)",
    "{x} -> SplitPool(peaks)",
)


def drawn_model(random: Random) -> str:
    """A model of steps that have a reach, on DNA of 150 bp; lengths are followed by the compiler."""
    scanned = random.random() < 0.5
    first = "MotifScanner(num_motif = 6, kernel_size = 7)" if scanned else "Conv1d(6, kernel_size = 5)"
    lines, pooled = [f"x0 = dna -> {first}"], False
    if random.random() < 0.5:
        method = random.choice(("mean", "sum", "max"))
        lines.append(f'x1 = x0 -> SplitPool(peaks, pool_method = "{method}")')
        pooled = True
    for _ in range(random.randint(2, 6)):
        step = random.choice(STEPS)
        if ("track" in step or "scale" in step or "peaks" in step) and (pooled or len(lines) > 1):
            continue
        pooled = pooled or "peaks" in step
        lines.append(f"x{len(lines)} = " + step.format(x=f"x{len(lines) - 1}"))
    last = f"x{len(lines) - 1}"
    body = "\n    ".join(lines)
    return f"""model M {{
    input dna: onehot[B, 150, 4]
    input track: [B, 150, 1]
    input peaks: lengths[B, R] of 150
    scale = Parameter([150, 1], init = 0.5)
    {body}
    used = mean(scale)
    output last = {last}
    output mean = mean({last}, dim = 1) + used
    output seen = sum(track, dim = 1)
}}
"""


def dna(random: Random, samples: int = 3, length: int = 150) -> Tensor:
    codes = torch.tensor([[random.randrange(5) for _ in range(length)] for _ in range(samples)])
    return torch.eye(5, 4, dtype=torch.float64)[codes]


@pytest.mark.parametrize("seed", range(40))
def test_alternates_of_random_models_equal_a_whole_run(seed: int) -> None:
    random = Random(seed)
    torch.manual_seed(seed)
    text = drawn_model(random)
    spec = check_text(text).spec
    assert spec is not None, text
    compiled = build(spec, seed, fuse=random.random() < 0.7)
    compiled.module.double().eval()
    lengths = torch.tensor([[20, 0, 31, 12], [150, 0, 0, 0], [1, 2, 3, 130]])
    inputs = {"dna": dna(random), "track": torch.rand(3, 150, 1, dtype=torch.float64), "peaks": lengths}
    for width in (1, 6):
        edits = drawn_edits(inputs["dna"], width, random)
        try:
            want = of_the_edited(compiled, inputs, "dna", edits)
        except ValueError:  # too short for a kernel by now
            return
        assert_equal(alternates(compiled, inputs, "dna", edits), want, 1e-9, text)


@pytest.mark.parametrize("block", [*blocks(), *[None] * 20])
def test_alternates_equal_a_whole_run_whatever_the_blocks(block: str | None) -> None:
    """Programs of every block and operation, also those that mix everything; each value is an output."""
    for seed in range(2):
        random = Random(f"{block} {seed}")
        program = draw_program(random, block)
        spec = program.check() if program.values else None
        if spec is not None:
            compare(build(spec, 0), random, program.text())


def compare(compiled: Compiled, random: Random, told: str) -> None:
    compiled.module.double().eval()
    sizes = {"B": 2, "R": 3, "L": 50, "N": 7, "H": 5, "W": 4, "P": 6, "K": 3, "C": 3, "D": 3}
    known = {str(symbol) for type in compiled.spec.graph.inputs.values() for symbol in type.symbols}
    try:
        batch = compiled.dummy_batch(1, **{name: size for name, size in sizes.items() if name in known})
        inputs = compiled.prepare({k: v.double() if v.is_floating_point() else v for k, v in batch.items()})
        compiled.module(**inputs)
    except Exception:  # sizes that do not suit the program: what it computes is another test's business
        return
    for name, value in inputs.items():
        type = compiled.spec.graph.inputs.get(name)
        by_sample = type is not None and [str(dim) for dim in type.dims or ()][:1] == ["B"]
        if by_sample and value.is_floating_point() and value.dim() > 1 and value.shape[1] > 1:
            edits = drawn_edits(value, 1, random)
            try:
                want = of_the_edited(compiled, inputs, name, edits)
                rows = [
                    of_the_edited(compiled, inputs, name, edits.chosen(torch.tensor([i])))
                    for i in range(ROWS)
                ]
            except Exception:  # what splits the axis of samples takes no seven of them, or no single one
                continue
            got = alternates(compiled, inputs, name, edits)
            own = [key for key in got if is_by_sample(want[key], [row[key] for row in rows])]
            assert_equal({key: got[key] for key in own}, {key: want[key] for key in own}, 1e-9, told)


def is_by_sample(whole: Tensor, alone: list[Tensor]) -> bool:
    """Whether each row is what its sample gives alone, so that no step looks from one sample to another."""
    if len(whole) != ROWS or any(row.shape != whole[:1].shape for row in alone):
        return False
    return torch.allclose(torch.cat(alone).double(), whole.double(), equal_nan=True)


# ---- a spec that people use


@pytest.fixture(scope="module")
def quickstart() -> Compiled:
    compiled = getdsl.compile(SPECS / "quickstart.get", seed=0)
    compiled.module.eval()
    return compiled


def test_all_substitutions_of_a_stretch(quickstart: Compiled) -> None:
    inputs = {"sequence": dna(Random(0), 2, 200).float()}
    edits = Edits.substitutions(inputs["sequence"], 50, 60)
    there = inputs["sequence"][:, 50:60].sum().item()
    assert len(edits) == 3 * there + 4 * (20 - there)
    assert edits.start.min() == 50
    assert edits.start.max() == 59
    want = of_the_edited(quickstart, inputs, "sequence", edits)
    got = alternates(quickstart, inputs, "sequence", edits)
    assert_equal(got, want, 1e-5, "")
    with torch.no_grad():
        reference = quickstart.module(**inputs)["accessibility"]
    assert (got["accessibility"] - reference[edits.sample]).abs().max() > 1e-4


def test_only_what_an_edit_touches_is_computed(quickstart: Compiled) -> None:
    """Of 100 bins the convolution gets what it reads for those that the kernels around an edit touch."""
    seen: list[int] = []
    inputs = {"sequence": dna(Random(1), 2, 1000).float()}
    rerun = Rerun(quickstart, "sequence")
    reference = rerun.reference(inputs)
    conv = quickstart.module.get_submodule("conv")
    unpadded = conv.unpadded
    conv.unpadded = lambda x: seen.append(x.shape[1]) or unpadded(x)
    try:
        rerun.alternates(reference, drawn_edits(inputs["sequence"], 1, Random(2), 40))
    finally:
        del conv.unpadded
    assert seen == [3 + 2 * 4]


def test_where_everything_is_mixed_is_known(quickstart: Compiled) -> None:
    mixing = Rerun(quickstart, "sequence").course.mixing
    assert mixing is not None
    assert (mixing.step.path, mixing.reach) == ("reshape", Mixed("reshapes what is changed"))
    profile = check_text(
        "model M { input x: [B, L, 4]\n y = x -> Conv1d(2, kernel_size = 3)\n output z = relu(y) }"
    ).spec
    assert profile is not None
    course = Rerun(build(profile), "x").course
    assert course.mixing is None
    assert course.axis("z") == 1
    assert course.ways[0].reach == Along(1, {"x": 1}, span=3, before=1, form="unpadded")


def test_no_edits_give_no_rows(quickstart: Compiled) -> None:
    inputs = {"sequence": dna(Random(0), 2, 200).float()}
    none = Edits(torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long), torch.zeros(0, 1, 4))
    assert alternates(quickstart, inputs, "sequence", none)["accessibility"].shape == (0,)


def test_the_mode_of_the_model_stays(quickstart: Compiled) -> None:
    quickstart.module.train()
    inputs = {"sequence": dna(Random(0), 1, 200).float()}
    alternates(quickstart, inputs, "sequence", Edits.substitutions(inputs["sequence"], 0, 1))
    assert quickstart.module.training
    quickstart.module.eval()
