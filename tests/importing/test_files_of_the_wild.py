"""Layouts of configs and command lines that people have, each with what Hydra makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.importing import Imported, import_config
from getdsl.importing.compose.registered import REGISTERED
from getdsl.importing.config import ConfigError, steps_of
from tests.importing.test_against_hydra import hydras, ours
from tests.importing.test_compose import grown
from tests.importing.test_mapping import code, fate

GET = """_target_: get_model.model.model.GETRegionFinetune
cfg:
  num_motif: 283
  embed_dim: 96
  num_layers: 2
  num_heads: 4
  loss:
    components:
      exp: {_target_: torch.nn.PoissonNLLLoss, reduction: mean, log_input: false}
    weights: {exp: 1.0}
"""
WHOLE = "model:\n" + "".join(f"  {line}\n" for line in GET.splitlines())
RUN = "optimizer:\n  lr: 1e-3\ntraining:\n  epochs: 5\n"
CONFIG = f"defaults:\n  - model: get\n  - _self_\n{RUN}"
BASE = {"config.yaml": CONFIG, "model/get.yaml": GET}
E1 = "# @package _global_\noptimizer: {lr: 1e-5}\ntraining: {epochs: 50}\n"
NINE = "training: {epochs: 9}\n"
SMALL = "defaults:\n  - get\n  - part@cfg\n  - _self_\n"


def imported(files: dict[str, str], folder: Path, *settings: str) -> Imported:
    grown(files, folder)
    found = import_config([folder / next(iter(files))], settings)
    assert found.checked is not None
    assert found.checked.ok, found.checked.diagnostics
    return found


COMPOSED: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "an experiment is appended": (
        {**BASE, "experiment/e1.yaml": E1},
        ["+experiment=e1"],
        ["lr = 1e-5", "epochs = 50"],
    ),
    "an experiment overrides an option": (
        {
            **BASE,
            "model/wide.yaml": GET.replace("96", "192"),
            "experiment/e.yaml": f"# @package _global_\ndefaults:\n  - override /model: wide\n{NINE}",
        },
        ["+experiment=e"],
        ["embed_dim:  int = 192", "epochs = 9", "lr = 1e-3"],
    ),
    "an experiment at a package": (
        {**BASE, "speed/fast.yaml": "lr: 0.5\n"},
        ["+speed@optimizer=fast"],
        ["lr = 0.5"],
    ),
    "two experiments, the later over the first": (
        {**BASE, "experiment/e1.yaml": E1, "experiment/e2.yaml": E1.replace("50", "60")},
        ["+experiment=[e1,e2]"],
        ["lr = 1e-5", "epochs = 60"],
    ),
    "values go over an experiment": (
        {**BASE, "experiment/e1.yaml": E1},
        ["+experiment=e1", "training.epochs=3"],
        ["lr = 1e-5", "epochs = 3"],
    ),
    "a primary config without defaults takes one too": (
        {"config.yaml": WHOLE + RUN, "experiment/e1.yaml": E1},
        ["+experiment=e1"],
        ["lr = 1e-5", "epochs = 50"],
    ),
    "a package is relative to the config that it stands in": (
        {
            "config.yaml": CONFIG.replace("get", "small"),
            "model/get.yaml": GET,
            "model/small.yaml": SMALL,
            "model/part.yaml": "num_layers: 6\nnum_heads: 8\n",
        },
        [],
        ["num_layers: int = 6", "num_heads:  int = 8"],
    ),
    "a group below a group": (
        {
            "config.yaml": CONFIG.replace("get", "small"),
            "model/get.yaml": GET,
            "model/small.yaml": "defaults:\n  - get\n  - cfg: deep\n",
            "model/cfg/deep.yaml": "num_layers: 7\n",
        },
        [],
        ["num_layers: int = 7"],
    ),
    "a group below a group is chosen by its path": (
        {
            "config.yaml": CONFIG.replace("get", "small"),
            "model/get.yaml": GET,
            "model/small.yaml": "defaults:\n  - get\n  - cfg: deep\n",
            "model/cfg/deep.yaml": "num_layers: 7\n",
            "model/cfg/flat.yaml": "num_layers: 1\n",
        },
        ["model/cfg=flat"],
        ["num_layers: int = 1"],
    ),
    "an override within a nested config": (
        {
            "config.yaml": "defaults:\n  - optimizer: slow\n  - preset: p\n  - model: get\n",
            "preset/p.yaml": "# @package _global_\ndefaults:\n  - override /optimizer: quick\n",
            "optimizer/slow.yaml": "lr: 0.01\n",
            "optimizer/quick.yaml": "lr: 0.02\n",
            "model/get.yaml": GET,
        },
        [],
        ["lr = 0.02"],
    ),
    "an option that refers to another": (
        {
            "config.yaml": "defaults:\n  - model: get\n  - training: ${model}_long\n",
            "model/get.yaml": GET,
            "training/get_long.yaml": "epochs: 77\n",
        },
        [],
        ["epochs = 77"],
    ),
    "an option taken out": (
        {
            **BASE,
            "config.yaml": CONFIG.replace("- _self_", "- training: long\n  - _self_").replace("5", "6"),
            "training/long.yaml": "clip_grad: 2.0\n",
        },
        ["~training"],
        ["epochs = 6"],
    ),
    "an empty option": (
        {
            **BASE,
            "config.yaml": CONFIG.replace("- _self_", "- extra: none\n  - _self_"),
            "extra/none.yaml": "# nothing\n",
        },
        [],
        ["epochs = 5"],
    ),
    "a dictionary": (BASE, ["model.cfg.loss.weights={exp:0.5}"], ["weight 0.5"]),
    "a dictionary with spaces and another over it": (
        BASE,
        ["model.cfg.loss.weights={ exp : 0.5 }", "+model.cfg.loss.weights={exp: 0.25}"],
        ["weight 0.25"],
    ),
    "a leading zero": (BASE, ["training.epochs=010"], ["epochs = 10"]),
    "a number with a cast": (BASE, ["training.epochs=int(12.7)"], ["epochs = 12"]),
    "what looks like hours and minutes": (
        BASE,
        ["+run.run_name=1:30 b", "training.epochs=1_0"],
        ["epochs = 10"],
    ),
    "added twice over": (BASE, ["++training.epochs=9"], ["epochs = 9"]),
    "quotes": (
        BASE,
        ["+finetune.checkpoint='a, \"b\"={c}.pth'"],
        ['load "a, \\"b\\"={c}.pth" {}'],
    ),
    "a list": (
        BASE,
        ["+finetune.patterns_to_freeze=[encoder, cls_token]"],
        ["freeze = [encoder, cls_token]"],
    ),
    "Hydra's own": (
        BASE,
        ["hydra.run.dir=out", "hydra/launcher=joblib", "training.epochs=8"],
        ["epochs = 8"],
    ),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_a_layout_gives_what_hydra_gives(name: str, tmp_path: Path) -> None:
    files, settings, lines = COMPOSED[name]
    text = code(imported(files, tmp_path, *settings))
    for line in lines:
        assert line in text


@pytest.mark.parametrize("name", COMPOSED)
def test_a_layout_composes_as_hydra_composes_it(name: str, tmp_path: Path) -> None:
    pytest.importorskip("hydra", reason="hydra-core is not installed")
    files, settings, _ = COMPOSED[name]
    settings = [item for item in settings if not item.startswith("hydra")]
    grown(files, tmp_path)
    assert ours(tmp_path, settings, "config") == hydras(tmp_path, settings, "config") != "refused"


REFUSED: dict[str, tuple[dict[str, str], list[str], str, str]] = {
    "what is there is not added": (
        BASE,
        ["+training.epochs=9"],
        "there is a `training.epochs` already",
        "`training.epochs=9` sets it",
    ),
    "what is not there is not set": (
        BASE,
        ["training.epoch=9"],
        "the config has no `training.epoch` to set",
        "did you mean `epochs`?; `+training.epoch=9` adds it",
    ),
    "a table has no such key": (
        BASE,
        ["training={epochs: 3, seed: 1}"],
        "the config has no `training.seed` to set",
        "`+training={epochs: 3, seed: 1}` adds it",
    ),
    "another value is taken away": (BASE, ["~training.epochs=6"], "another value", "whatever it is"),
    "a sweep": (BASE, ["training.epochs=5,6"], "a sweep of runs", "`[5,6]`"),
    "a sweep by its name": (BASE, ["training.epochs=range(1,3)"], "sweeps over runs", "choose a value"),
    "an equals sign within": (BASE, ["+run.run_name=a=b"], "`=b` cannot stand here", "quote the text"),
    "a package of no group": (BASE, ["training@x=3"], "there is no folder `training`", "`training=…`"),
    "a number for a group": (BASE, ["model=1"], "its option is a name", "`model='\"1\"'`"),
    "an option of no list": (
        {**BASE, "experiment/e1.yaml": E1},
        ["experiment=e1"],
        "no defaults list names `experiment`",
        "model",
    ),
    "an option that is not there": (BASE, ["model=gett"], "`model/gett`", "did you mean `get`?"),
    "an override of nothing": (
        {**BASE, "config.yaml": CONFIG.replace("- _self_", "- _self_\n  - override modle: x")},
        [],
        "`override modle` overrides nothing",
        "did you mean `model`?",
    ),
    "an override of nothing in a nested config": (
        {**BASE, "model/get.yaml": f"defaults:\n  - override /training: x\n{GET}"},
        [],
        "`override training@model.training` overrides nothing",
        "what the defaults choose: `model`",
    ),
    "an override of a package": (
        {
            **BASE,
            "config.yaml": CONFIG.replace("- model", "- training: a\n  - model"),
            "training/a.yaml": "epochs: 1\n",
            "model/get.yaml": f"defaults:\n  - override /training: x\n{GET}",
        },
        [],
        "`override training@model.training` overrides nothing",
        "`override /training@_global_: x`",
    ),
    "two options of one group": (
        {**BASE, "config.yaml": CONFIG.replace("- _self_", "- model: big"), "model/big.yaml": GET},
        [],
        "`model` is `big` already",
        "override model: get",
    ),
    "a config by name beside its misspelling": (
        {"run.yaml": "defaults:\n  - machine/pcc\n", "machine/pc.yaml": "batch_size: 8\n"},
        [],
        "the defaults name `machine/pcc`",
        "did you mean `machine/pc`?",
    ),
    "a config of a group beside its misspelling": (
        {"run.yaml": "defaults:\n  - machine: pcc\n", "machine/pc.yaml": "batch_size: 8\n"},
        [],
        "the defaults name `machine/pcc`",
        "did you mean `pc`?",
    ),
    "a config in a nested group": (
        {
            "run.yaml": "defaults:\n  - model: small\n",
            "model/small.yaml": "defaults:\n  - head: shallow\n",
            "model/head/deep.yaml": "x: 1\n",
        },
        [],
        "small.yaml:2: the defaults name `model/head/shallow`",
        "model/head: `deep`",
    ),
    "a config at the top, from within": (
        {
            "run.yaml": "defaults:\n  - model: small\n",
            "model/small.yaml": "defaults:\n  - /bse\n",
            "base.yaml": "x: 1\n",
        },
        [],
        "the defaults name `bse`",
        "did you mean `base`?",
    ),
    "one of GET's own, misspelt": (
        {"run.yaml": "defaults:\n  - base_region_zar_config\n"},
        [],
        "the defaults name `base_region_zar_config`",
        "did you mean `base_region_zarr_config`?",
    ),
    "a folder that is not there": (
        {"run.yaml": "defaults:\n  - machine: pc\n"},
        [],
        "the defaults name `machine/pc`",
        "give its folder",
    ),
    "an option of nothing that is chosen": (
        {"run.yaml": "defaults:\n  - data: ${model}_data\n", "data/a.yaml": "x: 1\n"},
        [],
        "`${model}` refers to no group",
        "",
    ),
    "a list over a table": (
        {
            **BASE,
            "model/list.yaml": "cfg: [1]\n",
            "config.yaml": CONFIG.replace("- _self_", "- model/list@model"),
        },
        [],
        "`cfg` is a list here, and a table in",
        "make both the same",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_hydra_refuses_is_refused_with_a_way_out(name: str, tmp_path: Path) -> None:
    files, settings, problem, help = REFUSED[name]
    with pytest.raises(ConfigError) as caught:
        imported(files, tmp_path, *settings)
    assert problem in str(caught.value)
    assert help in (caught.value.help or "")
    assert "none here" not in str(caught.value.help)


# ---- keys that look like several


KEYS = {
    "training.epochs: 7\n": '["training.epochs"]',
    "training: {epochs: 3}\ntraining.epochs: 7\n": '["training.epochs"]',
    "optimizer: {lr:0.5}\n": 'optimizer["lr:0.5"]',
    "model.cfg.embed_dim: 3\n": '["model.cfg.embed_dim"]',
    "machine: {a.b: {c.d: 1}}\n": 'machine["a.b"]["c.d"]',
    'training: {"x[0]": 1}\n': 'training["x[0]"]',
    'training: {"": 1}\n': 'training[""]',
    'training: {"q\\"u": 1}\n': 'training.q"u',
}


@pytest.mark.parametrize("text", KEYS)
def test_a_key_that_looks_like_several_is_one_and_listed(text: str, tmp_path: Path) -> None:
    found = imported({"c.yaml": WHOLE + text}, tmp_path)
    entry = fate(found, KEYS[text])
    assert entry.fate in ("unknown", "none")
    assert KEYS[text] in found.text
    if entry.fate == "unknown" and "." in steps_of(KEYS[text])[-1]:
        assert "one key" in str(entry.note)


def test_a_weight_without_a_space_is_listed(tmp_path: Path) -> None:
    found = imported({"c.yaml": WHOLE.replace("{exp: 1.0}", "{exp:0.5}")}, tmp_path)
    entry = fate(found, 'model.cfg.loss.weights["exp:0.5"]')
    assert entry.fate == "none"
    assert "`exp: 0.5`" in str(entry.note)


# ---- what GET registers in Python


@pytest.mark.parametrize("base", REGISTERED)
def test_gets_registered_configs_are_known_by_name(base: str, tmp_path: Path) -> None:
    run = f"defaults:\n  - {base}\n  - model/get@_here_\n  - _self_\ntraining:\n  epochs: 7\n"
    found = imported({"finetune_like.yaml": run, "model/get.yaml": WHOLE}, tmp_path)
    assert "epochs     = 7" in found.text
    assert "batch_size = 16" in found.text
    assert "optimizer = AdamW(lr = 1e-3, weight_decay = 0.05, betas = [0.9, 0.95])" in found.text
    assert f"GET's {base}" in found.text.splitlines()[0]
    assert fate(found, "machine.batch_size").place.file == f"GET's {base}"
    assert {item.path for item in found.entries if item.fate == "unknown"} == set()
    text = imported({"finetune_like.yaml": run, "model/get.yaml": WHOLE}, tmp_path, "training.use_fp16=false")
    assert "16-mixed" not in text.text


def test_a_file_of_the_name_of_a_registered_config_is_read_instead(tmp_path: Path) -> None:
    run = "defaults:\n  - base_config\n  - _self_\n"
    found = imported({"run.yaml": run, "base_config.yaml": f"{WHOLE}training: {{epochs: 3}}\n"}, tmp_path)
    assert "epochs = 3" in found.text
    assert "batch_size" not in found.text


# ---- names and references


@pytest.mark.parametrize(
    "name", ["r", "b", "R", "B", "l", "none", "true", "linear", "region_finetune", "m", "d", "7"]
)
def test_a_runs_name_never_hides_what_the_spec_names(name: str, tmp_path: Path) -> None:
    for target in ("GETRegionFinetune", "GETFinetune", "GETChrombpNet"):
        config = f'model:\n  _target_: get_model.model.model.{target}\nrun: {{run_name: "{name}"}}\n'
        imported({"run.yaml": config}, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "dataset: {root: '${machine.data_pathh}'}\n",
        "dataset: {root: '${machine.x}/a'}\n",
        "hydra: {job: {name: '${run.project_name}_${run.run_name}'}}\n",
        "run: {run_name: '${nope}'}\n",
        "unheard: {of: '${nope.it}'}\n",
        "unheard: ['${nope}', 1]\n",
        "a: ${b}\nb: ${a}\n",
        "a: '${'\n",
        "a: 'x${b}'\nb: [1]\n",
    ],
)
def test_a_dangling_reference_in_a_comment_stops_no_import(text: str, tmp_path: Path) -> None:
    found = imported({"c.yaml": WHOLE + text}, tmp_path)
    dangling = [item for item in found.entries if "${" in str(item.value)]
    assert dangling
    assert all(item.fate == "none" and item.note for item in dangling)


@pytest.mark.parametrize(
    "text",
    [
        "optimizer: {lr: '${nope}'}\n",
        "training: {epochs: '${training.epoch}'}\n",
        "finetune: {checkpoint: '${nope}/a.pth'}\n",
        "finetune: {patterns_to_freeze: ['${nope}']}\n",
        "finetune: {additional_checkpoints: [{checkpoint: '${nope}'}]}\n",
        "optimizer: {lr: 1, opt_betas: ['${nope}', 0.9]}\n",
    ],
)
def test_a_dangling_reference_in_what_is_written_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"c\.yaml:\d+: `\$\{.*\}` refers to `.*`, which is not there"):
        imported({"c.yaml": WHOLE + text}, tmp_path)
