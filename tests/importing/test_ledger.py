"""Every setting of random configs is in exactly one list of what became of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from getdsl.importing import import_config
from getdsl.importing.classes import LOSSES, REASONS
from getdsl.importing.config import inside, steps_of
from getdsl.importing.report import report_text

CONFIGS, KNOWN_CLASSES = 500, 10
ODD = (
    "a.b",
    "exp:0.5",
    "training.epochs",
    "x[0]",
    "",
    'q"u',
    "a b",
    "[",
    "]",
    "..",
    "\\",
    "é",
    "_target_",
    "1",
    "~",
)
VALUES = (None, True, 0, 1, 2.5, "text", "???", "${oc.env:HOME}", "${nowhere}", [], [1, "x"], {}, "a: b", "")
SETTINGS = {  # that are read, with values that they may have
    "training": {
        "epochs": 3,
        "seed": 1,
        "clip_grad": 0.5,
        "warmup_epochs": 2,
        "use_fp16": False,
        "precision": "x",
    },
    "optimizer": {
        "lr": 0.1,
        "opt": "sgd",
        "weight_decay": 0,
        "min_lr": 0.0,
        "momentum": 0.5,
        "opt_eps": 1e-8,
    },
    "machine": {"batch_size": 4, "num_workers": 2, "num_devices": 1},
    "finetune": {
        "checkpoint": "a.pth",
        "rename_config": {"a.": "b.", "": "x"},
        "patterns_to_freeze": ["x"],
        "additional_checkpoints": [{"checkpoint": "b.pth", "strict": False}],
        "use_lora": True,
        "layers_with_lora": ["y"],
    },
    "dataset": {"root": "r", "leave_out_chromosomes": "chr1", "num_region_per_sample": 9},
    "run": {"run_name": "r", "use_wandb": True},
    "hydra": {"job": {"name": "n", "a.b": 1}},
}


def config(random: Random, target: str) -> dict[str, Any]:
    found: dict[str, Any] = {"model": {"_target_": target, "cfg": model(random)}}
    for section, settings in SETTINGS.items():
        if random.random() < 0.6:
            chosen = random.sample([*settings], random.randint(0, len(settings)))
            found[section] = {name: settings[name] for name in chosen} | odd(random)
    found |= {name: random.choice(VALUES) for name in random.sample(sorted(names()), 2)}
    return found | odd(random)


def names() -> set[str]:
    """Names at the top that say nothing to a spec."""
    return {name for name in REASONS if re.fullmatch(r"[a-z_]+", name)} - {*SETTINGS}


def model(random: Random) -> dict[str, Any]:
    components = random.sample(["exp", "hic", "a.b", "exp:0.5", "other"], random.randint(0, 3))
    loss = {name: {"_target_": f"torch.nn.{random.choice([*LOSSES, 'Strange'])}"} for name in components}
    weights = random.sample(["exp", "hic", "a.b", "exp:1", "none"], random.randint(0, 2))
    return {
        "loss": {"components": loss, "weights": dict.fromkeys(weights, 0.5)} | odd(random),
        "metrics": {"components": {name: ["pearson", "strange"] for name in components}},
        "encoder": odd(random),
        **odd(random),
    }


def odd(random: Random, depth: int = 0) -> dict[str, Any]:
    """Keys that nobody knows, some of which look like several."""
    keys = random.sample(ODD[:-3], random.randint(0, 3))
    return {
        key: odd(random, depth + 1) if random.random() < 0.2 and depth < 3 else random.choice(VALUES)
        for key in keys
    }


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    else:
        yield path


def read(folder: Path, seed: int, target: str) -> None:
    path = folder / f"{seed}.yaml"
    path.write_text(yaml.safe_dump(config(Random(seed), target), sort_keys=False))
    found = import_config([path])
    wanted = Counter(leaves(yaml.safe_load(path.read_text())))
    assert Counter(tuple(steps_of(item.path)) for item in found.entries) == wanted, seed
    report, text = (" ".join(each.split()) for each in (report_text(found), found.text))
    for item in found.entries:
        lost = item.fate in ("none", "unknown")
        assert item.note or not lost, (seed, item)
        assert not lost or f"{' '.join(item.path.split())} = " in report, (seed, item)
        assert not lost or item.path in text or " " in item.path, (seed, item)
    assert report.startswith(f"{len(found.entries)} setting")


def test_every_leaf_of_random_configs_is_in_one_list(tmp_path: Path) -> None:
    for seed in range(CONFIGS - KNOWN_CLASSES):
        read(tmp_path, seed, "mine.Strange")


def test_every_leaf_of_random_configs_of_gets_classes_is_in_one_list(tmp_path: Path) -> None:
    for seed in range(CONFIGS - KNOWN_CLASSES, CONFIGS):
        read(tmp_path, seed, "get_model.model.model.GETRegionFinetuneExpHiCABC")


@pytest.mark.parametrize("key", [*ODD, "a", 'a"b.c\\d', "\n"])
def test_a_path_is_read_as_it_was_written(key: str) -> None:
    assert steps_of(inside(inside("a.b", key), key)) == ["a", "b", key, key]
    assert steps_of(inside("", key)) == [key]


def test_a_path_that_a_person_writes() -> None:
    assert steps_of('model.cfg.betas[0].x["a.b"].c') == ["model", "cfg", "betas", "0", "x", "a.b", "c"]
