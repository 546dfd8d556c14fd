"""Composing: our own expectations, and Hydra's own composition where it is installed."""

from pathlib import Path
from typing import Any

import pytest

from getdsl.importing.compose import compose, read_override
from getdsl.importing.config import ConfigError, Unresolved, find, plain
from getdsl.importing.interpolate import resolve

CONFIGS = Path(__file__).parent / "configs"

TREES: dict[str, tuple[dict[str, str], list[str]]] = {
    "self last by default": (
        {"main.yaml": "defaults:\n  - base\na: 1\n", "base.yaml": "a: 2\nb: 3\n"},
        [],
    ),
    "self first": (
        {"main.yaml": "defaults:\n  - _self_\n  - base\na: 1\nc: {d: 1}\n", "base.yaml": "a: 2\nc: {e: 2}\n"},
        [],
    ),
    "groups and packages": (
        {
            "main.yaml": "defaults:\n  - model: big\n  - data/sub: one\n  - _self_\nmodel: {x: 9}\n",
            "model/big.yaml": "x: 1\ny: ${model.x}\n",
            "data/sub/one.yaml": "z: 1\n",
        },
        [],
    ),
    "a global package": (
        {
            "main.yaml": "defaults:\n  - model: big\n  - _self_\n",
            "model/big.yaml": "# @package _global_\nmodel: {x: 1}\nother: [1, 2]\n",
        },
        ["model.x=5", "+new.deep=[a, b]", "~other"],
    ),
    "a package by header": (
        {
            "main.yaml": "defaults:\n  - model: big\n  - _self_\n",
            "model/big.yaml": "# @package somewhere.else\nx: 1\n",
        },
        [],
    ),
    "a package by entry": (
        {
            "main.yaml": "defaults:\n  - model@one: big\n  - model@two: small\n  - _self_\n",
            "model/big.yaml": "x: 1\n",
            "model/small.yaml": "x: 2\n",
        },
        [],
    ),
    "defaults within a group": (
        {
            "main.yaml": "defaults:\n  - model: big\n  - _self_\n",
            "model/big.yaml": "defaults:\n  - base\n  - head: deep\n  - _self_\nx: 1\n",
            "model/base.yaml": "x: 0\nw: 7\n",
            "model/head/deep.yaml": "layers: 3\n",
        },
        [],
    ),
    "an option overridden": (
        {
            "main.yaml": "defaults:\n  - base\n  - override model: small\n  - _self_\n",
            "base.yaml": "defaults:\n  - model: big\n  - _self_\nq: 1\n",
            "model/big.yaml": "x: 1\n",
            "model/small.yaml": "x: 2\n",
        },
        [],
    ),
    "an option of the command line": (
        {
            "main.yaml": "defaults:\n  - model: big\n  - _self_\n",
            "model/big.yaml": "x: 1\n",
            "model/small.yaml": "x: 2\n",
        },
        ["model=small", "model.x=4"],
    ),
    "several options, none, and optional": (
        {
            "main.yaml": (
                "defaults:\n  - parts: [a, b]\n  - model: null\n  - optional extra: nope\n  - _self_\n"
            ),
            "parts/a.yaml": "x: 1\ny: 1\n",
            "parts/b.yaml": "y: 2\n",
            "model/big.yaml": "x: 1\n",
            "extra/some.yaml": "x: 1\n",
        },
        [],
    ),
    "a table over a reference": (
        {
            "main.yaml": "defaults:\n  - base\n  - _self_\na: {x: 2}\nc: 5\n",
            "base.yaml": "a: ${b}\nb: {x: 1, y: 1}\nc: ${b}\nd: {e: {f: '${..g}'}, g: {h: 1}}\n",
        },
        ["+a.z=3", "+d.e.f.i=5", "b.x=7"],
    ),
    "nothing and no value yet": (
        {
            "main.yaml": "defaults:\n  - base\n  - _self_\na: ???\nb: null\nc: ???\n",
            "base.yaml": "a: {x: 1}\nb: {x: 1}\nc: 3\nd: null\n",
        },
        ["+d=1", "++b.y=2"],
    ),
    "lists and their items": (
        {"main.yaml": "a: [1, {b: 2}]\nc: [[1]]\n"},
        ["a.1.b=3", "a.0=x", "c=[2]"],
    ),
    "a header above and another comment": (
        {
            "main.yaml": "defaults:\n  - model: one\n  - model@two: two\n  - _self_\n",
            "model/one.yaml": "# a comment\n# @package here\nx: 1\n",
            "model/two.yaml": "\n# @package nowhere\nx: 2\n",
        },
        [],
    ),
    "interpolation": (
        {
            "main.yaml": (
                "a: {b: 1e-4, c: '${.b}', d: ['${a.b}', '${...e}', 'x${a.f}y'], f: [1, 2], g: '${a.f[1]}'}\n"
                "e: ${a.b}\nname: n\nn: 5\nh: ${${name}}\ni: 'p/${name}/${n}'\nj: '\\${name}'\nk: ${a}\n"
            ).replace("x${a.f}y", "x${a.g}y"),
        },
        [],
    ),
    "values of YAML": (
        {
            "main.yaml": (
                "a: 1e-4\nb: yes\nc: 2020-01-01\nd: 0x10\ne: ~\nf: 1_000\ng: '1'\nh: .5\ni: 1.\nj: -2e3\n"
            )
        },
        [],
    ),
}


def ours(path: Path, overrides: list[str]) -> Any:
    root = compose([path], [read_override(item) for item in overrides]).root
    resolve(root)
    return plain(root)


def grown(tree: dict[str, str], folder: Path) -> Path:
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.yaml"


@pytest.mark.filterwarnings("ignore:In 'main'")  # Hydra's word on lists without `_self_`
@pytest.mark.parametrize("name", TREES)
def test_it_composes_as_hydra_does(name: str, tmp_path: Path) -> None:
    hydra = pytest.importorskip("hydra", reason="hydra-core is not installed")
    from omegaconf import OmegaConf

    tree, overrides = TREES[name]
    main = grown(tree, tmp_path)
    with hydra.initialize_config_dir(version_base=None, config_dir=str(tmp_path)):
        theirs = OmegaConf.to_container(hydra.compose("main", overrides=overrides), resolve=True)
    assert ours(main, overrides) == theirs


EXPECTED: dict[str, Any] = {
    "self last by default": {"a": 1, "b": 3},
    "self first": {"a": 2, "c": {"d": 1, "e": 2}},
    "groups and packages": {"model": {"x": 9, "y": 9}, "data": {"sub": {"z": 1}}},
    "a global package": {"model": {"x": 5}, "new": {"deep": ["a", "b"]}},
    "a package by header": {"somewhere": {"else": {"x": 1}}},
    "a package by entry": {"one": {"x": 1}, "two": {"x": 2}},
    "defaults within a group": {"model": {"x": 1, "w": 7, "head": {"layers": 3}}},
    "an option overridden": {"model": {"x": 2}, "q": 1},
    "an option of the command line": {"model": {"x": 4}},
    "several options, none, and optional": {"parts": {"x": 1, "y": 2}},
    "a table over a reference": {
        "a": {"x": 2, "y": 1, "z": 3}, "b": {"x": 7, "y": 1}, "c": 5,
        "d": {"e": {"f": {"i": 5}}, "g": {"h": 1}},
    },
    "nothing and no value yet": {"a": {"x": 1}, "b": {"y": 2}, "c": 3, "d": 1},
    "lists and their items": {"a": ["x", {"b": 3}], "c": [2]},
    "a header above and another comment": {"model": {"x": 1}, "two": {"x": 2}},
    "values of YAML": {
        "a": 1e-4, "b": True, "c": "2020-01-01", "d": 16, "e": None, "f": 1000, "g": "1", "h": 0.5, "i": 1.0,
        "j": -2000.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_what_composing_gives(name: str, tmp_path: Path) -> None:
    tree, overrides = TREES[name]
    assert ours(grown(tree, tmp_path), overrides) == EXPECTED[name]


def test_interpolation(tmp_path: Path) -> None:
    found = ours(grown(TREES["interpolation"][0], tmp_path), [])
    assert found["a"] == {"b": 1e-4, "c": 1e-4, "d": [1e-4, 1e-4, "x2y"], "f": [1, 2], "g": 2}
    assert (found["e"], found["h"], found["i"], found["j"], found["k"]) == (
        1e-4,
        5,
        "p/n/5",
        "${name}",
        found["a"],
    )


@pytest.mark.parametrize(
    "text", ["${oc.env:HOME}", "${now:%Y}", "${eval:'1+1'}", "a/${oc.env:HOME}/b", "???"]
)
def test_what_would_run_code_is_not_resolved(text: str, tmp_path: Path) -> None:
    found = ours(grown({"main.yaml": f'a: "{text}"\nb: ${{a}}\n'}, tmp_path), [])
    assert isinstance(found["a"], Unresolved)
    assert found["a"].text == text
    assert isinstance(found["b"], Unresolved)


def test_values_know_where_they_were_written() -> None:
    root = compose([CONFIGS / "hydra" / "finetune_pbmc.yaml"]).root
    resolve(root)
    node = find(root, "model.cfg.encoder.num_heads")
    assert node is not None
    assert (Path(node.place.file).name, node.place.line) == ("region_finetune.yaml", 18)
    epochs = find(root, "training.epochs")
    assert epochs is not None
    assert (Path(epochs.place.file).name, epochs.place.line) == ("finetune_pbmc.yaml", 14)


def test_a_folder_stands_for_its_primary_config(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: 1\n")
    (tmp_path / "other.yaml").write_text("a: 2\n")
    assert plain(compose([tmp_path]).root) == {"a": 1}
    (tmp_path / "config.yaml").unlink()
    assert plain(compose([tmp_path]).root) == {"a": 2}
    (tmp_path / "third.yaml").write_text("a: 2\n")
    with pytest.raises(ConfigError, match="which of this folder's files"):
        compose([tmp_path])
