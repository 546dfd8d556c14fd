"""The zoo beside the packages that have its models: outputs, gradients, losses. `make test-zoo`."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.blocks.relative_attention import distance_features
from tests.zoo import packages
from tests.zoo.published import examples, loaded
from tests.zoo.test_recorded import EXAMPLES, bpnet, hold

NEEDED = ("borzoi_pytorch", "bpnetlite", "crested", "enformer_pytorch", "keras")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if MISSING:
    pytest.skip(f"{' and '.join(MISSING)} not installed: `make test-zoo`", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("default")  # the packages' own
SEED = 7


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def groups(case: packages.Recorded) -> dict[str, dict[str, Tensor]]:
    return {"w": case.weights, "in": case.inputs, "out": case.outputs}


@pytest.mark.parametrize(
    "params", [packages.BPNET, packages.UNSTRANDED, packages.NO_BIAS, packages.NARROW], ids=str
)
def test_bpnet(params: dict[str, Any], tmp_path: Path) -> None:
    case = packages.bpnet(params, SEED)
    hold(bpnet(tmp_path, case.weights, case.params), groups(case))


def test_chrombpnet(tmp_path: Path) -> None:
    case = packages.chrombpnet(packages.CHROMBPNET, SEED)
    hold(loaded("Accessibility", case.weights, case.params, tmp_path), groups(case))


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_enformer(heads: int, tmp_path: Path) -> None:
    sizes = packages.ENFORMER | {"heads": heads, "dim": 24 * heads, "num_downsamples": 4, "depth": 1}
    case = packages.enformer(sizes, SEED)
    params = case.params | {"use_tf_gamma": False}
    hold(loaded("PublishedEnformer", case.weights, params, tmp_path), groups(case))


@pytest.mark.parametrize(("name", "length"), [("deeptopic", 500), ("dilated_cnn", 90)])
def test_a_file_of_cresteds_loads(name: str, length: int, tmp_path: Path) -> None:
    """A `.keras` file, as CREsted's models are published, read as it is."""
    case, model = packages.crested(name, packages.CRESTED[name], SEED, length)
    text = examples()[EXAMPLES[name]]
    model.save(tmp_path / f"{name}.keras")
    (tmp_path / "published.get").write_text(text)
    compiled = getdsl.compile(tmp_path / "published.get", params=case.params)
    hold(compiled.eval(), groups(case))


def test_borzoi_pytorch(tmp_path: Path) -> None:
    """Its names, with its features of distances for as many tokens as there are: it keeps those of 4,096."""
    from borzoi_pytorch import pytorch_borzoi_transformer as theirs
    from borzoi_pytorch.pytorch_borzoi_model import Borzoi

    module = Borzoi.from_hparams(
        **{
            "dim": 64,
            "depth": 1,
            "heads": 2,
            "attn_dim_value": 32,
            "attn_dim_key": 64,
            "enable_mouse_head": True,
        },
        return_center_bins_only=True,
        bins_to_return=100,
    ).eval()
    packages.randomise(module, SEED)
    sequence = packages.dna(1, 2**7 * 40, SEED)
    plain = theirs.get_positional_embed
    with (
        torch.no_grad(),
        mock.patch.object(theirs, "get_positional_embed", lambda n, _, *rest: plain(n, n, *rest)),
    ):
        want = {
            name: module(sequence.transpose(1, 2), is_human=name == "human") for name in ("human", "mouse")
        }
    params = {
        "widths": [608, 736, 896, 1056, 1280, 64],
        "depth": 1,
        "heads": 2,
        "target_length": 100,
    }
    compiled = loaded("PublishedBorzoi", module.state_dict(), params, tmp_path)
    with torch.no_grad():
        got = compiled.module(sequence=sequence)
    for name, tensor in want.items():
        # values grow from layer to layer, and so does what rounding leaves near 0
        difference = (got[name] - tensor.transpose(1, 2)).abs().max()
        assert difference < 1e-5 * tensor.abs().max()


def test_procapnet(tmp_path: Path) -> None:
    case = packages.bpnet(packages.PROCAPNET, SEED)
    hold(loaded("Initiation", case.weights, case.params, tmp_path), groups(case))


def test_bpnets_loss(tmp_path: Path) -> None:
    from bpnetlite.losses import _mixture_loss

    case = packages.bpnet(packages.BPNET, SEED)
    compiled = bpnet(tmp_path, case.weights, case.params)
    random = torch.Generator().manual_seed(SEED)
    reads = torch.poisson(torch.full(case.outputs["profile"].shape, 1.5), generator=random)
    want = _mixture_loss(reads, case.outputs["profile"], case.outputs["counts"], 1.0)
    got = compiled.loss(compiled.module(**case.inputs), case.inputs | {"profile": reads})
    for name, tensor in zip(("profile", "counts", "total"), want, strict=True):
        torch.testing.assert_close(got[name], tensor, rtol=1e-5, atol=1e-4)


def test_enformers_loss_and_gradients(tmp_path: Path) -> None:
    from enformer_pytorch.modeling_enformer import poisson_loss

    sizes = packages.ENFORMER
    case = packages.enformer(sizes, SEED)
    # no prediction near 0, where the two logarithms are cut off at different values
    case.weights["_heads.human.0.weight"] *= 0.1
    module = packages.enformer_module(sizes).eval()
    module.load_state_dict(case.weights)
    compiled = loaded("PublishedEnformer", case.weights, sizes | {"use_tf_gamma": False}, tmp_path)
    target = torch.rand(case.outputs["human"].shape, generator=torch.Generator().manual_seed(SEED)) * 3
    mask = torch.ones_like(target)
    # a batch of human DNA: nothing is known of the mouse
    batch = case.inputs | {"human": target, "human_mask": mask, "mouse_mask": torch.zeros(2, 6, 3)}
    got = compiled.loss(compiled.module(**case.inputs), batch)
    want = poisson_loss(module(case.inputs["sequence"])["human"], target)
    torch.testing.assert_close(got["human"], want, rtol=1e-5, atol=1e-5)
    assert got["mouse"] == 0
    got["total"].backward()
    want.backward()
    ours = dict(compiled.module.named_parameters())
    pairs = {
        "stem.weight": "stem.0.weight",
        "conv_tower.1.pool.to_attn_logits.weight": "conv_tower.1.2.to_attn_logits.weight",
        "transformer.0.attn.rel_pos_bias": "transformer.0.0.fn.1.rel_pos_bias",
        "transformer.0.attn.to_rel_k.weight": "transformer.0.0.fn.1.to_rel_k.weight",
        "transformer.1.fc1.weight": "transformer.1.1.fn.1.weight",
        "head_human.bias": "_heads.human.0.bias",
    }
    theirs = dict(module.named_parameters())
    for name, other in pairs.items():
        torch.testing.assert_close(ours[name].grad, theirs[other].grad, rtol=1e-3, atol=1e-5)


def test_the_published_gamma_features() -> None:
    """The package's table for 1536 positions is what `gamma_max = "positions"` computes."""
    from enformer_pytorch.modeling_enformer import TF_GAMMAS

    features = distance_features(1536, 192, "positions", torch.zeros(1, dtype=torch.float64))
    difference = (features[:, 64:96] - TF_GAMMAS).abs()
    assert difference.max() < 3e-3
    assert difference[:, :8].max() < 3e-4


def test_the_recorded_cases_are_of_these_packages() -> None:
    """What record.py would write now equals what is committed, to rounding."""
    from tests.zoo.test_recorded import read

    for name, case in packages.all_cases(seed=0).items():
        _, recorded = read(name)
        for key, tensor in recorded["out"].items():
            torch.testing.assert_close(case.outputs[key], tensor, rtol=1e-4, atol=1e-5)
