"""Plans carried out: values copied from files, everything verified first, the four cases of GET, packages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import getdsl
from getdsl.cli import main
from getdsl.compiler.lower import Compiled
from getdsl.compiler.lower.adapter_file import read_adapter, use_adapter, write_adapter
from getdsl.compiler.lower.carry_out import apply_plan
from getdsl.compiler.plan.plan import Adapter, Plan, Provenance, TensorPlan
from getdsl.diagnostics import SpecError, UserError
from getdsl.formats.checkpoint_header import Header, LoadRequest, TensorInfo
from tests.lower.test_emit import assert_same_outputs, assert_same_weights, reload_and_compare

MODEL = """
model M {
    input x: [B, N, 4]
    embed = x -> Linear(6)
    norm  = embed -> BatchNorm(6)
    conv  = norm -> Conv1d(5, kernel_size = 3)
    scale = Parameter([], init = ones)
    head  = (conv * scale) -> Linear(2)
    output y = head
}
"""
ADAPTED = ("embed.weight", "conv.weight")
LORA = "lora { on = [embed, conv]  rank = 2  alpha = 8 }"
BASE = 'load "base.safetensors" {}'


def compiled(folder: Path, directives: str = "", seed: int = 0) -> Compiled:
    path = folder / "spec.get"
    path.write_text(f"{MODEL}\n{directives}\n")
    model = getdsl.compile(path, seed=seed)
    model.module.eval()
    return model


def run(model: Compiled) -> Tensor:
    x = torch.randn(2, 7, 4, generator=torch.Generator().manual_seed(9))
    y: Tensor = model.module(x=x)["y"]
    return y.detach()


def random_state(model: Compiled, seed: int = 4) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(tensor.shape, generator=random) + 0.5
        if tensor.is_floating_point()
        else torch.tensor(seed)
        for name, tensor in model.state_dict().items()
    }


def write_base(folder: Path) -> dict[str, Tensor]:
    state = random_state(compiled(folder))
    save_file(state, folder / "base.safetensors")
    return state


@pytest.fixture
def base(tmp_path: Path) -> dict[str, Tensor]:
    return write_base(tmp_path)


# -- plans made by hand


def plan_of(state: Mapping[str, Tensor], model: Compiled, **adapters: Adapter) -> Plan:
    header = Header(
        LoadRequest("file"),
        (Path("file"),),
        "torch",
        {n: TensorInfo(tuple(t.shape)) for n, t in state.items()},
    )
    tensors = {
        item.name: TensorPlan(
            item.name,
            item.shape,
            item.kind,
            "loaded" if item.name in state else "new",
            Provenance(0, item.name) if item.name in state else None,
            frozen=item.name.replace(".", "_") in adapters,
            adapter=adapters.get(item.name.replace(".", "_")),
        )
        for item in model.spec.graph.tensors()
    }
    return Plan(tensors, (header,))


def opened(state: Mapping[str, Tensor]) -> object:
    @contextmanager
    def open_tensors(header: Header) -> Iterator[Mapping[str, Tensor]]:
        yield state

    return open_tensors


def apply(model: Compiled, plan: Plan, state: Mapping[str, Tensor]) -> None:
    apply_plan(model, plan, opened(state), seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.float32])
def test_every_precision_becomes_the_model_s(dtype: torch.dtype, tmp_path: Path) -> None:
    model = compiled(tmp_path)
    state = {n: t.to(dtype) if t.is_floating_point() else t.int() for n, t in random_state(model).items()}
    apply(model, plan_of(state, model), state)
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == (torch.float32 if tensor.is_floating_point() else torch.int64)
        assert torch.equal(tensor, state[name].to(tensor.dtype)), name
    assert int(model.state_dict()["norm.num_batches_tracked"]) == 4


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("head.bias", None, "`head.bias` in `file` is gone since the plan was made"),
        ("head.bias", torch.zeros(3), r"`head.bias` in `file` is \[3\], and `head.bias` takes \[2\]"),
        ("head.bias", torch.zeros(2, dtype=torch.int64), "holds int64, and `head.bias` takes float32"),
        ("head.bias", torch.zeros(2, dtype=torch.complex64), "holds complex64"),
        ("head.bias", torch.zeros(2, dtype=torch.bool), "holds bool"),
        ("norm.num_batches_tracked", torch.tensor(1.5), "holds float32, and .* takes int64"),
    ],
)
def test_nothing_is_half_loaded(name: str, wrong: Tensor | None, message: str, tmp_path: Path) -> None:
    model = compiled(tmp_path)
    state = random_state(model)
    plan = plan_of(state, model, embed_weight=Adapter(2, 2.0))
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    broken = {key: tensor for key, tensor in state.items() if key != name}
    with pytest.raises(UserError, match=message):
        apply(model, plan, broken if wrong is None else {**broken, name: wrong})
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[key], tensor) for key, tensor in before.items())


def test_adapters_come_from_files_with_the_axes_of_a_kernel_too(tmp_path: Path) -> None:
    model = compiled(tmp_path)
    a, b = torch.randn(2, 6, 3), torch.randn(5, 2, 1)
    state = random_state(model) | {"conv.weight.lora_A": a, "conv.weight.lora_B": b}
    source = [Provenance(0, f"conv.weight.lora_{part}") for part in "AB"]
    plan = plan_of(state, model, conv_weight=Adapter(2, 1.0, 0.0, *source), embed_weight=Adapter(3, 1.0))
    apply(model, plan, state)
    found = model.state_dict()
    assert torch.equal(found["conv.weight.lora_A"], a.flatten(1))
    assert torch.equal(found["conv.weight.lora_B"], b.flatten(1))
    assert not found["embed.weight.lora_B"].any()
    assert found["embed.weight.lora_A"].any()
    wrong = state | {"conv.weight.lora_A": torch.zeros(3, 6, 2)}
    with pytest.raises(UserError, match=r"is \[3, 6, 2\], and `conv.weight.lora_A` takes \[2, 18\]"):
        apply(compiled(tmp_path), plan, wrong)


def test_the_model_is_never_held_twice(tmp_path: Path) -> None:
    """Each tensor of the file is let go before the next one but one is made."""
    model = compiled(tmp_path)
    state = random_state(model)
    alive: list[int] = []

    class Counted(dict[str, Tensor]):
        def __getitem__(self, name: str) -> Tensor:
            import weakref

            made = super().__getitem__(name).clone()
            alive.append(1)
            weakref.finalize(made, alive.pop)
            assert len(alive) <= 2
            return made

    apply(model, plan_of(state, model), Counted(state))
    assert torch.equal(model.state_dict()["head.weight"], state["head.weight"])


# -- the four cases of GET: a base or an adapted file, `lora` asked for or not


def write_adapted(folder: Path, base: Mapping[str, Tensor], *, minlora: bool) -> dict[str, Tensor]:
    """A file that holds adapters, and those adapters."""
    random = torch.Generator().manual_seed(6)
    shapes = {"embed.weight": ((2, 4), (6, 2)), "conv.weight": ((2, 18), (5, 2))}
    pieces = {
        f"{name}.lora_{part}": torch.randn(shape, generator=random)
        for name, pair in shapes.items()
        for part, shape in zip("AB", pair, strict=True)
    }
    state = {**base, **pieces}
    if minlora:
        for name in ADAPTED:
            inner = name.replace(".weight", ".parametrizations.weight.")
            state[f"{inner}original"] = state.pop(name)
            state |= {f"{inner}0.lora_{part}": state.pop(f"{name}.lora_{part}") for part in "AB"}
            state[f"{inner}0.lora_dropout_mask"] = torch.ones(1, 4)
    save_file(state, folder / "adapted.safetensors")
    return pieces


def test_base_file_without_lora(tmp_path: Path, base: dict[str, Tensor]) -> None:
    model = compiled(tmp_path, BASE)
    assert model.state_dict().keys() == base.keys()
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in base.items())


def test_base_file_with_lora(tmp_path: Path, base: dict[str, Tensor]) -> None:
    plain, model = compiled(tmp_path, BASE), compiled(tmp_path, f"{BASE}\n{LORA}")
    assert set(model.adaptation.adapters) == set(ADAPTED)
    assert torch.equal(run(model), run(plain))
    trainable = {name for name, p in model.module.named_parameters() if p.requires_grad}
    assert not any("original" in name for name in trainable)
    assert "head.weight" in trainable


@pytest.mark.parametrize("minlora", [False, True])
def test_adapted_file_with_lora(minlora: bool, tmp_path: Path, base: dict[str, Tensor]) -> None:
    pieces = write_adapted(tmp_path, base, minlora=minlora)
    model = compiled(tmp_path, BASE.replace("base", "adapted") + LORA)
    state = model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in {**base, **pieces}.items())
    delta = (pieces["conv.weight.lora_B"] @ pieces["conv.weight.lora_A"]).view(5, 6, 3) * 4
    torch.testing.assert_close(model.module.conv.weight.detach(), base["conv.weight"] + delta)  # type: ignore[union-attr, operator]


def test_adapted_file_without_lora_and_with_another_rank(tmp_path: Path, base: dict[str, Tensor]) -> None:
    write_adapted(tmp_path, base, minlora=True)
    load = BASE.replace("base", "adapted")
    with pytest.raises(SpecError, match="lora"):
        compiled(tmp_path, load)
    with pytest.raises(SpecError, match=r"rank 3.* has rank 2"):
        compiled(tmp_path, load + LORA.replace("rank = 2", "rank = 3"))


# -- adapter files


def trained(tmp_path: Path) -> Compiled:
    """A model whose adapters were trained for three steps."""
    model = compiled(tmp_path, f"{BASE}\n{LORA}\nfreeze = [norm, head]")
    optimizer = torch.optim.AdamW([p for p in model.module.parameters() if p.requires_grad], lr=0.1)
    model.module.train()
    torch.manual_seed(1)
    for _ in range(3):
        optimizer.zero_grad()
        model.module(x=torch.randn(2, 7, 4))["y"].square().mean().backward()
        optimizer.step()
    model.module.eval()
    return model


OVER_ITS_BASE = f'{MODEL}\n{BASE}\nlora {{ adapter = "adapter.safetensors" }}\n'


def test_an_adapter_alone_over_its_base(tmp_path: Path, base: dict[str, Tensor]) -> None:
    model = trained(tmp_path)
    frozen = {name: base[name] for name in base if name.startswith(("norm.", "head.")) or name in ADAPTED}
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in frozen.items())
    write_adapter(tmp_path / "adapter.safetensors", model)
    pieces = {f"{name}.lora_{part}" for name in ADAPTED for part in "AB"}
    learned = {"embed.bias", "conv.bias", "scale"}  # beside the adapters
    assert load_file(tmp_path / "adapter.safetensors").keys() == pieces | learned
    (tmp_path / "again.get").write_text(OVER_ITS_BASE)
    again = getdsl.compile(tmp_path / "again.get", seed=5)
    again.module.eval()
    assert_same_weights(again.state_dict(), model.state_dict())
    assert_same_outputs({"y": run(again)}, {"y": run(model)})


def test_an_adapter_over_a_compiled_model(tmp_path: Path, base: dict[str, Tensor]) -> None:
    model, plain = trained(tmp_path), compiled(tmp_path, BASE)
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, model)
    before = run(plain)
    use_adapter(plain, path)
    assert not torch.equal(run(plain), before)
    assert plain.state_dict().keys() == model.state_dict().keys()
    use_adapter(model, path)  # its own
    other = compiled(tmp_path, f"{BASE}\n{LORA.replace('rank = 2', 'rank = 1')}")
    with pytest.raises(UserError, match="has 2 adapters of its own"):
        use_adapter(other, path)
    assert read_adapter(path).settings == model.adaptation.adapters


def test_files_that_are_no_adapters(tmp_path: Path, base: dict[str, Tensor]) -> None:
    model = compiled(tmp_path, BASE)
    with pytest.raises(UserError, match="is not an adapter file"):
        use_adapter(model, tmp_path / "base.safetensors")
    with pytest.raises(UserError, match="no adapters to write"):
        write_adapter(tmp_path / "a.safetensors", model)
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, trained(tmp_path))
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        use_adapter(model, path)


def test_an_adapter_of_another_model(tmp_path: Path, base: dict[str, Tensor]) -> None:
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, trained(tmp_path))
    (tmp_path / "other.get").write_text(MODEL.replace("Linear(6)", "Linear(7)").replace("Norm(6)", "Norm(7)"))
    other = getdsl.compile(tmp_path / "other.get")
    before = other.state_dict().keys()
    with pytest.raises(UserError, match=r"another `(embed|conv)\.\w+` than the model's"):
        use_adapter(other, path)
    assert other.state_dict().keys() == before


# -- packages


def test_a_package_keeps_adapter_and_base_apart(tmp_path: Path, base: dict[str, Tensor]) -> None:
    model = trained(tmp_path)
    reload_and_compare(model, tmp_path)
    weights = load_file(tmp_path / "out/weights.safetensors")
    assert weights.keys() == base.keys()
    assert torch.equal(weights["conv.weight"], base["conv.weight"])
    assert read_adapter(tmp_path / "out/adapter.safetensors").settings == model.adaptation.adapters


def test_compile_merges_where_it_is_told(
    tmp_path: Path, base: dict[str, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    write_adapted(tmp_path, base, minlora=False)
    model = compiled(tmp_path, BASE.replace("base", "adapted") + LORA)
    spec, out = str(tmp_path / "spec.get"), tmp_path / "out"
    assert main(["compile", spec, "-o", str(out)]) == 0
    assert main(["compile", spec, "-o", str(out), "--merge-lora"]) == 0
    assert not (out / "adapter.safetensors").exists()
    merged = compiled(tmp_path)
    merged.load_state_dict(load_file(out / "weights.safetensors"))
    torch.testing.assert_close(run(merged), run(model), rtol=1e-6, atol=1e-6)
    (tmp_path / "plain.get").write_text(MODEL)
    assert main(["compile", str(tmp_path / "plain.get"), "-o", str(tmp_path / "no"), "--merge-lora"]) == 1
    assert "no adapters to merge" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_what_cannot_be_planned_is_refused_before_a_model_is_made(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"absent\.safetensors"):
        compiled(tmp_path, 'load "absent.safetensors" {}')


def test_a_bias_model_beside_a_frozen_one(tmp_path: Path) -> None:
    """What GET's ChrombpNet does with its checkpoint of the enzyme's bias."""
    sizes = {"num_motif": 3, "hidden_dim": 4, "n_dil_layers": 1, "profile_kernel_size": 5, "motif_dim": 5}
    sizes |= {"motif_scanner.ctcf_index": 1}
    bias = getdsl.compile(f"{GET}/chrombpnet_bias.get", params=sizes, seed=3)
    save_file(bias.state_dict(), tmp_path / "bias.safetensors")
    spec = tmp_path / "spec.get"
    spec.write_text(
        f'use "{GET}/chrombpnet.get"\n'
        'load "bias.safetensors" { into = bias_model  strict = false }\nfreeze = [bias_model]\n'
    )
    model = getdsl.compile(spec, params=sizes | {"bias_model.motif_scanner.ctcf_index": 1}, seed=0)
    state = model.state_dict()
    assert all(torch.equal(state[f"bias_model.{name}"], tensor) for name, tensor in bias.state_dict().items())
    trainable = {name for name, p in model.module.named_parameters() if p.requires_grad}
    assert trainable
    assert not any(name.startswith("bias_model.") for name in trainable)


GET = Path(__file__).parents[2] / "specs" / "get"
