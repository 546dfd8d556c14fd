"""Lowering: graphs to GraphModules, one to one."""

import operator
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.check import check, check_text
from getdsl.compiler.lower import Compiled, InputError, build
from getdsl.compiler.lower.operations import OPERATIONS
from getdsl.compiler.operations import OPERATIONS as RULES

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.get"))
SMALL = {"embed_dim": 16, "num_heads": 2, "num_layers": 2, "num_motif": 6}


def compiled(text: str, **params: object) -> Compiled:
    checked = check_text(text, params=params)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, seed=0)


def model(body: str, inputs: str = "input x: [B, R, 4]") -> Compiled:
    return compiled(f"model M {{\n{inputs}\n{body}\n}}")


def test_my_model_reads_like_the_spec_and_names_its_weights() -> None:
    result = getdsl.compile(ROOT / "specs/my_model.get", params=SMALL, seed=0)
    code = result.module.code
    for line in (
        "atac_attention = self.motif_scanner(sample_peak_sequence, peak_lengths)",
        "proj = self.proj(atac_attention)",
        "concat = torch.concat((expand, proj), dim = 1)",
        "return {'exp': exp, 'hic': hic}",
    ):
        assert line in code
    keys = result.module.state_dict().keys()
    assert {
        "encoder.blocks.0.attn.qkv.weight",
        "cls_token",
        "head_hic.conv1.weight",
        "motif_scanner.motif.0.weight",
    } <= keys


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_checker_knows_the_state_dict(path: Path) -> None:
    """Names, shapes and trainability that check works out without torch are those of the module."""
    checked = check(path)
    assert checked.spec is not None, checked.diagnostics
    expected = {tensor.name: (tensor.shape, tensor.kind) for tensor in checked.spec.graph.tensors()}
    with torch.device("meta"):
        module = build(checked.spec).module
    parameters = dict(module.named_parameters())
    found = {
        name: (
            tuple(tensor.shape),
            "buffer" if name not in parameters else "weight" if parameters[name].requires_grad else "frozen",
        )
        for name, tensor in module.state_dict().items()
    }
    assert found == expected


def test_my_model_takes_one_training_step_on_dummy_data() -> None:
    result = getdsl.compile(ROOT / "specs/my_model.get", params=SMALL, seed=0)
    batch = result.dummy_batch(B=2, R=5, L=120)
    assert batch["sample_peak_sequence"].shape == (2, 120, 4)
    optimizer = torch.optim.SGD((p for p in result.module.parameters() if p.requires_grad), lr=1e-3)
    losses = []
    result.module.eval()  # no stochastic depth, so that the step must help
    for _ in range(2):
        outputs = result.module(**result.prepare(batch))
        terms = result.loss(outputs, batch)
        assert float(terms["total"].detach()) == pytest.approx(float((terms["exp"] + terms["hic"]).detach()))
        optimizer.zero_grad()
        terms["total"].backward()
        optimizer.step()
        losses.append(float(terms["total"].detach()))
    assert losses[1] < losses[0]
    assert outputs["exp"].shape == (2, 5, 1)
    assert outputs["hic"].shape == (2, 5, 5)


def test_every_operation_has_a_rule_and_a_function() -> None:
    assert {name for name, row in RULES.items() if row.spelled is None} <= set(OPERATIONS) <= set(RULES)


ONE_EACH = {
    "elementwise": (
        [
            *"softplus relu gelu silu sigmoid tanh exp log1p expm1 sin cos erf".split(),
            *"abs neg detach floor ceil round sign isnan".split(),
        ],
        "{}(x)",
    ),
    "positive": (["log", "log2", "log10", "sqrt", "rsqrt"], "{}(x + 2)"),
    "reductions": (["sum", "mean", "var", "max", "min", "logsumexp"], "{}(x, dim = 1)"),
    "pairs": (["outer_sum", "outer_diff", "outer_product"], "{}(x)"),
    "binary": (["maximum", "minimum"], "{}(x, 0 * x)"),
    "softmax": (["softmax", "log_softmax", "cumsum"], "{}(x, dim = 2)"),
}
SPECIAL = [
    "x + 1",
    "x - x",
    "2 * x",
    "x / 3",
    "x // 2",
    "x % 2",
    "x ** 2",
    "-x",
    "x > 0",
    "x >= 0",
    "x < 0",
    "x <= 0",
    "x == 0",
    "x != 0",
    "not (x > 0)",
    "(x > 0) and (x < 1)",
    "(x > 0) or (x < 1)",
    "select(x > 0, x, 0.0)",
    "clamp(x, min = 0)",
    "clamp(x, min = 0, max = 1)",
    "to_int(x)",
    "to_float(x > 0)",
    "x[:, 1:]",
    "x[:, :-1]",
    "x[:, 0]",
    "x[..., -1]",
    "x[:, none]",
    "x[:, 1:R]",
    "x[0, :, 2:4]",
    "permute(x, 0, 2, 1)",
    "transpose(x, 1, 2)",
    "unsqueeze(x, 1)",
    "squeeze(unsqueeze(x, 1), 1)",
    "reshape(x, B, -1)",
    "reshape(x, B * R, 4)",
    "flatten(x, 1)",
    "flip(x, 1)",
    "expand(unsqueeze(x, 1), B, 3, R, 4)",
    "concat([x, x], dim = 2)",
    "concat([x, x[:, 1:]], dim = 1)",
    "stack([x, x], dim = 1)",
    "matmul(x, transpose(x, 1, 2))",
    "full([B, R // 2], 1.5)",
    "full([B, R + 1], 2)",
    "full([B, 2], true)",
    "sum(x)",
    "mean(x)",
    "max(x, dim = [1, 2])",
    "mean(x, dim = 1, keepdim = true)",
    "any(x > 0, dim = 1)",
    "all(x > 0, dim = 1)",
    "x + R",
    "x / (2 * R - 1)",
    "x -> relu -> softplus",
]


@pytest.mark.parametrize(
    "expression", [form.format(name) for names, form in ONE_EACH.values() for name in names] + SPECIAL
)
def test_the_shape_rule_tells_the_truth(expression: str) -> None:
    """What the checker says of shape and element type is what torch computes."""
    result = model(f"output y = {expression}")
    declared = result.spec.graph.output_types()["y"]
    kinds = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
    for sizes in ({"B": 2, "R": 5}, {"B": 3, "R": 1 if "1:" not in expression else 4}):
        batch = result.dummy_batch(**sizes)
        got = result.module(**result.prepare(batch))["y"]
        assert tuple(got.shape) == tuple(dim.evaluate(sizes) for dim in declared.shape)
        assert got.dtype == kinds[declared.dtype]


def test_sizes_are_solved_from_the_inputs() -> None:
    """An input [B, 2 * R + 1, D] gives R, which an output may use."""
    result = model("output y = full([B, R], 1.0)", "input x: [B, 2 * R + 1, 4]")
    assert result.module(torch.zeros(2, 9, 4))["y"].shape == (2, 4)


def test_a_module_is_applied_twice_with_the_same_weights() -> None:
    result = model("shared = Linear(4, bias = false)\na = x -> shared\nb = a -> shared\noutput y = b")
    assert list(result.module.state_dict()) == ["shared.weight"]
    x = torch.randn(2, 3, 4)
    weight = result.module.state_dict()["shared.weight"]
    torch.testing.assert_close(result.module(x)["y"], x @ weight.T @ weight.T)


def test_weights_of_an_unused_binding_exist() -> None:
    result = model("spare = x -> Linear(8)\nlonely = Parameter([3], init = ones)\noutput y = relu(x)")
    assert set(result.module.state_dict()) == {"spare.weight", "spare.bias", "lonely"}
    assert "spare" not in result.module.code


def test_indexed_bindings_number_their_weights() -> None:
    result = model("for i in 0..3 {\nlayers[i] = x -> Linear(4)\nx = relu(layers[i]) + x\n}\noutput y = x")
    assert [name for name in result.module.state_dict() if name.endswith("weight")] == [
        f"layers.{i}.weight" for i in range(3)
    ]


@pytest.mark.parametrize(
    ("init", "holds"),
    [
        ("zeros", lambda p: (p == 0).all()),
        ("ones", lambda p: (p == 1).all()),
        ("0.25", lambda p: (p == 0.25).all()),
        ("normal(0.5)", lambda p: 0.4 < p.std() < 0.6),
        ("trunc_normal(0.02)", lambda p: p.abs().max() <= 0.04 and p.std() > 0.01),
        ("uniform(1, 2)", lambda p: p.min() >= 1 and p.max() <= 2 and p.std() > 0.2),
        ("xavier_uniform", lambda p: p.abs().max() <= (6 / 80) ** 0.5 and p.std() > 0.1),
    ],
)
def test_parameters_start_as_told(init: str, holds: object) -> None:
    result = model(f"p = Parameter([40, 40], init = {init})\noutput y = x[..., 0] + sum(p)")
    assert holds(result.module.p.detach())  # type: ignore[operator]


def test_a_seed_gives_the_same_weights_and_leaves_the_global_state_alone() -> None:
    spec = check_text("model M { input x: [B, 4]  proj = x -> Linear(64)  output y = proj }").spec
    assert spec is not None
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second, third = build(spec, seed=1), build(spec, seed=1), build(spec, seed=2)
    assert operator.eq(*(item.module.proj.weight.tolist() for item in (first, second)))
    assert first.module.proj.weight.tolist() != third.module.proj.weight.tolist()
    assert torch.equal(torch.rand(3), expected)


# ---- the batch

PEAKS = "input s: onehot[B, L, 4]\ninput peaks: lengths[B, R] of L step 5"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s": None}, "the batch has no `s: onehot[B, L, 4]`; it has peaks"),
        ({"s": torch.zeros(2, 50)}, "declared onehot[B, L, 4] and has the shape [2, 50]"),
        ({"s": torch.zeros(2, 50, 5)}, "axis 2 of the input `s: onehot[B, L, 4]` is 5, expected 4"),
        ({"peaks": torch.zeros(3, 4, dtype=torch.int64)}, "is 3, expected 2 (where B = 2)"),
        ({"peaks": torch.zeros(2, 4)}, "holds integers, not torch.float32"),
        ({"peaks": torch.full((2, 4), 20)}, "sum to 80, beyond L = 50"),
        ({"peaks": torch.tensor([[5, -5], [0, 0]])}, "a negative length, -5"),
        ({"peaks": torch.tensor([[5, 5], [5, 3]])}, "multiples of 5; row 1"),
        ({"peaks": [1, 2]}, "is a list, not a tensor"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    result = model("output y = s[:, 0]", PEAKS)
    batch: dict[str, object] = {"s": torch.zeros(2, 50, 4), "peaks": torch.full((2, 4), 10)}
    result.prepare(batch)  # type: ignore[arg-type]
    batch = {name: value for name, value in (batch | change).items() if value is not None}
    with pytest.raises(InputError) as error:
        result.prepare(batch)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_dummy_data_keeps_to_the_declared_domains() -> None:
    result = model("output y = s[:, 0]", PEAKS)
    batch = result.dummy_batch(B=4, L=203, R=7)
    assert batch["s"].sum(-1).unique().tolist() == [0.0, 1.0]
    assert (batch["peaks"] % 5 == 0).all()
    assert (batch["peaks"].sum(1) <= 203).all()
    assert torch.equal(batch["s"], result.dummy_batch(B=4, L=203, R=7)["s"])
    assert not torch.equal(batch["s"], result.dummy_batch(seed=1, B=4, L=203, R=7)["s"])
    with pytest.raises(ValueError, match="no symbol `Q`"):
        result.dummy_batch(Q=3)


def test_derived_inputs_come_from_the_batch_which_stays_as_it_is() -> None:
    result = model(
        "output y = d",
        "input x: [B, R, 4]\n"
        "input d: [B, 1, R, R] = unsqueeze(log10(abs(outer_diff(batch.start[:, :, 0])) + 1), 1)",
    )
    start = torch.tensor([[[16_777_217, 0], [16_777_216, 0]]])  # neighbours that float32 cannot tell apart
    batch = {"x": torch.zeros(1, 2, 4), "start": start.clone()}
    inputs = result.prepare(batch)
    torch.testing.assert_close(inputs["d"][0, 0], torch.tensor([[0.0, 0.30103], [0.30103, 0.0]]))
    assert batch.keys() == {"x", "start"}
    assert torch.equal(batch["start"], start)


# ---- loss

LOSS = "model M {{ input x: [B, R, 2]  h = x -> Linear(2)  output y = h }}\nloss {{ {} }}"


def test_a_mask_averages_what_it_selects_and_keeps_nan_out() -> None:
    result = compiled(LOSS.format("y = MSE(y, batch.t) where batch.m weight 0.5"))
    outputs = {"y": torch.tensor([[[1.0, 2.0], [3.0, 4.0]]], requires_grad=True)}
    target = torch.tensor([[[0.0, 0.0], [float("nan"), float("nan")]]])
    loss = result.loss(outputs, {"t": target, "m": torch.tensor([[True, False]])})
    assert float(loss["total"].detach()) == pytest.approx(0.5 * (1 + 4) / 2)
    loss["total"].backward()
    assert outputs["y"].grad is not None
    assert outputs["y"].grad.tolist() == [[[0.5, 1.0], [0.0, 0.0]]]


def test_an_empty_mask_gives_zero_without_a_gradient() -> None:
    result = compiled(LOSS.format("y = MSE(y, batch.t) where batch.m > 0"))
    y = torch.ones(1, 2, 2, requires_grad=True)
    loss = result.loss({"y": y}, {"t": torch.full((1, 2, 2), float("nan")), "m": torch.zeros(1, 2)})
    loss["total"].backward()
    assert float(loss["total"].detach()) == 0.0
    assert y.grad is not None
    assert not y.grad.any()


def test_a_fallback_stands_in_for_an_absent_batch_key() -> None:
    result = compiled(LOSS.format("y = MSE(y, batch.t ?? detach(y) + 1)"))
    y = torch.zeros(1, 2, 2)
    assert float(result.loss({"y": y}, {"t": y + 3})["total"]) == 9.0
    assert float(result.loss({"y": y}, {})["total"]) == 1.0
    assert float(result.loss({"y": y}, {"t": torch.empty(0)})["total"]) == 1.0


def test_a_module_of_the_model_works_inside_the_loss() -> None:
    result = compiled(
        "model M { input x: [B, 3]  teacher = Linear(3, bias = false)  h = x -> Linear(3)  output y = h }\n"
        "loss { y = MSE(y, detach(batch.x -> teacher)) }"
    )
    x = torch.randn(5, 3)
    with torch.no_grad():
        result.module.teacher.weight.copy_(torch.eye(3) * 2)
    loss = result.loss({"y": torch.zeros(5, 3)}, {"x": x})["total"]
    torch.testing.assert_close(loss, (2 * x).square().mean())


def test_metrics_compare_the_operands_of_the_loss_term() -> None:
    result = compiled(
        LOSS.format("y = MSE(y, log2(1 + batch.t)) where batch.m") + "\nmetrics { y = [pearson, mse, mae] }"
    )
    y = torch.randn(1, 50, 2)
    t = 2**y - 1
    mask = torch.arange(50).unsqueeze(0) < 40
    t[:, 40:] = float("nan")
    got = result.metrics({"y": y}, {"t": t, "m": mask})["y"]
    assert float(got["pearson"]) == pytest.approx(1.0, abs=1e-5)
    assert float(got["mse"]) == pytest.approx(0.0, abs=1e-9)
