"""Parts of tensors by steps and by places, and random numbers, as models compute them."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, InputError, build

PARTS = {
    "x[:, ::2]": "x[:, ::2]",
    "x[:, 1:9:3, ::4]": "x[:, 1:9:3, ::4]",
    "x[..., ::3]": "x[..., ::3]",
    "x[..., ::2, none, ::3]": "x[..., ::2, None, ::3]",
    "x[0, 1::5]": "x[0, 1::5]",
    "table[ids]": "table[ids]",
    "x[:, ids]": "x[:, ids]",
    "x[..., ids]": "x[..., ids]",
    "x[:, ids, ::2]": "x[:, ids][..., ::2]",
    "x[1:, ids[0], none]": "x[1:, ids[0], None]",
    "x[..., ids, ::2]": "x[..., ids, :][..., ::2]",
    "table -> take(ids, dim = 1)": "table[:, ids]",
    "gather(x, argsort(x, dim = 1), dim = 1)": "x.sort(1).values",
    "topk(x, 3, dim = 1)": "x.topk(3, 1).values",
    "argtopk(x, 3, dim = 1)": "x.topk(3, 1).indices",
    "scatter_add(x, argsort(x, dim = 1), x, dim = 1)": "x.scatter_add(1, x.argsort(1), x)",
    "one_hot(ids, 4)": "torch.nn.functional.one_hot(ids, 4).float()",
    "pad(x, 1, 2, dim = 1, value = 9)": "torch.nn.functional.pad(x, [0, 0, 1, 2], value=9)",
    "roll(x, 3, dim = 1)": "x.roll(3, 1)",
    "unfold(x, 3, step = 2, dim = 1)": "x.unfold(1, 3, 2)",
    "interpolate(x, 20, dim = 1)": "torch.nn.functional.interpolate(x.mT, 20, mode='linear').mT",
    "fft(x, dim = 1)": "torch.view_as_real(torch.fft.fft(x, dim=1))",
    "irfft(complex_product(rfft(x, n = 24, dim = 1), rfft(x, n = 24, dim = 1)), 24, dim = 1)": (
        "torch.fft.irfft(torch.fft.rfft(x, 24, 1) ** 2, 24, 1)"
    ),
    "elu(x, alpha = 2)": "torch.nn.functional.elu(x, 2)",
    "hardtanh(x)": "torch.nn.functional.hardtanh(x)",
    "where(x > 0, x, 0.0)": "x.relu()",
    "to_float(arange(2, 12, step = 3)) + 0 * x[0, 0, 0]": "torch.tensor([2., 5, 8, 11])",
    "eye(3, 4) + 0 * x[0, 0, 0]": "torch.eye(3, 4)",
}


def model(output: str, inputs: str = "input x: [B, L, 8]") -> Compiled:
    checked = check_text(f"model M {{\n    {inputs}\n{output}\n}}\n")
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec)


def test_parts_are_those_of_pytorch() -> None:
    x, ids, table = torch.randn(3, 12, 8), torch.randint(0, 4, (3, 5)), torch.randn(4, 6)
    outputs = "\n".join(f"    output z{number} = {call}" for number, call in enumerate(PARTS))
    compiled = model(outputs, "input x: [B, L, 8]  input ids: int[B, 5]  input table: [4, 6]")
    got = compiled.module(x=x, ids=ids, table=table)
    for (call, reference), value in zip(PARTS.items(), got.values(), strict=True):
        want = eval(reference, {"x": x, "ids": ids, "table": table, "torch": torch})
        torch.testing.assert_close(value, want, msg=call)


def test_a_place_that_is_none_is_told_with_where_it_stands() -> None:
    compiled = model("    output y = table[ids]", "input ids: int[B, 5]  input table: [4, 6]")
    ids = torch.zeros(3, 5, dtype=torch.long)
    ids[2, 1] = 4
    with pytest.raises(
        InputError, match=r"the place 4, which stands at \[2, 1\] .*: the axis has places 0 to 3"
    ):
        compiled.module(ids=ids, table=torch.randn(4, 6))
    assert (
        model("    output y = one_hot(ids, 4)", "input ids: int[B, 5]").module(ids=ids)["y"][2, 1].sum() == 0
    )


DRAWS = """
    output n = normal_like(x, mean = 2.0, std = 0.5)
    output u = uniform_like(x, low = 1.0, high = 3.0)
    output b = bernoulli_like(x, p = 0.25)
    output d = normal_like(x, evaluation = "draw")
"""


def test_draws_follow_the_seed_in_training_and_are_means_in_evaluation() -> None:
    module, x = model(DRAWS).module, torch.zeros(40, 50, 8)
    torch.manual_seed(3)
    first = module.train()(x)
    again = module(x)
    torch.manual_seed(3)
    for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.manual_seed(3)
        torch.testing.assert_close(copied.train()(x), first, rtol=0, atol=0)
    assert not torch.equal(first["n"], again["n"])
    for name, mean, std in (("n", 2, 0.5), ("u", 2, (1 / 3) ** 0.5), ("b", 0.25, 0.1875**0.5), ("d", 0, 1)):
        assert abs(first[name].mean() - mean) < 0.05, name
        assert abs(first[name].std() - std) < 0.05, name
    assert set(first["b"].unique().tolist()) == {0.0, 1.0}
    still = module.eval()(x)
    assert [still[name].unique().tolist() for name in "nub"] == [[2.0], [2.0], [0.25]]
    assert still["d"].std() > 0.9
    assert not module.state_dict()


LOSS = """model M {
    input x: [B, 4]
    scale = Buffer(full([4], 2.0))
    w = x -> Linear(4)
    output y = w
}
loss { y = MSE(y * scale + normal_like(y), batch.t) }
"""


def test_draws_of_a_loss_train_where_the_model_does() -> None:
    spec = check_text(LOSS).spec
    assert spec is not None
    compiled, batch = build(spec, 0), {"x": torch.ones(2, 4), "t": torch.zeros(2, 4)}

    def loss() -> float:
        return float(compiled.loss(compiled.module(batch["x"]), batch)["total"].detach())

    compiled.module.train()
    assert loss() != loss()
    compiled.module.eval()
    y = compiled.module(batch["x"])["y"].detach()
    assert loss() == loss() == pytest.approx(float((2 * y).square().mean()))


def test_an_exported_program_takes_other_sizes() -> None:
    """All parts in one program of symbolic sizes."""
    calls = [call for call in PARTS if not call.startswith(("argtopk", "interpolate"))]
    outputs = "\n".join(f"    output z{number} = {call}" for number, call in enumerate(calls))
    module = model(outputs, "input x: [B, L, 8]  input ids: int[B, 5]  input table: [4, 6]").module.eval()

    def batch(sides: tuple[int, int]) -> dict[str, torch.Tensor]:
        ids = torch.randint(0, 4, (sides[0], 5))
        return {"x": torch.randn(*sides, 8), "ids": ids, "table": torch.randn(4, 6)}

    free = torch.export.Dim.AUTO
    program = torch.export.export(
        module, (), batch((3, 12)), dynamic_shapes={"x": {0: free, 1: free}, "ids": {0: free}, "table": {}}
    ).module()
    other = batch((5, 14))
    got, want = program(**other), module(**other)
    for name, call in zip(want, calls, strict=True):
        torch.testing.assert_close(got[name], want[name], msg=call)
