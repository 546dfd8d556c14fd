"""The pictures of a run: each is drawn, and is neither empty nor covered."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from getdsl.runs.evaluation.report import Report
from getdsl.runs.pictures.calibration import draw_calibration
from getdsl.runs.pictures.contact_maps import draw_contact_maps
from getdsl.runs.pictures.learning_curve import draw_comparison, draw_learning_curve
from getdsl.runs.pictures.predicted_vs_measured import draw_predictions
from getdsl.runs.pictures.profiles import draw_profiles
from getdsl.runs.pictures.tracks import draw_tracks
from getdsl.runs.run_folder.records import Row
from getdsl.runs.watched.examples import Example
from getdsl.runs.watched.probability_bins import Calibration

NAN = float("nan")


def is_drawn(path: Path) -> None:
    """A PNG and an SVG, of which the PNG has ink, and mostly paper."""
    picture = np.asarray(Image.open(path.with_suffix(".png")).convert("L"))
    assert min(picture.shape) > 300
    assert 0.01 < (picture < 230).mean() < 0.75
    svg = ElementTree.parse(path.with_suffix(".svg"))
    assert svg.getroot().tag.endswith("svg")


def history(epochs: int, factor: float = 1.0) -> list[Row]:
    return [
        {
            "epoch": float(n),
            "train_loss": 40 / n * factor,
            "val_loss": 50 / n * factor,
            "val_pearson": 0.1 * n,
            "val_r2": n - 5.0,
        }
        for n in range(1, epochs + 1)
    ]


@pytest.mark.parametrize("values", [60, 30_000])
def test_predicted_vs_measured(values: int, tmp_path: Path) -> None:
    target = np.random.default_rng(0).normal(size=values).astype(np.float32)
    pairs = {"exp": ((target / 2).astype(np.float32), target)}
    report = Report("test", values, ["chrI"], {"pearson": 1.0}, {"pearson": 0.5}, "ridge", None, pairs)
    assert draw_predictions(tmp_path, report, {"exp": "log2($cut_sites + 1)"})
    is_drawn(tmp_path / "predicted_vs_measured.png")


def test_nothing_to_compare_has_no_picture(tmp_path: Path) -> None:
    empty = np.zeros(0, np.float32)
    assert not draw_predictions(tmp_path, Report("test", 0, [], {}, pairs={"exp": (empty, empty)}), {})
    assert not draw_tracks(tmp_path, "exp", [NAN, NAN], "test set")
    assert not draw_calibration(tmp_path, "exp", Calibration([], [], []), "test set")
    assert not draw_profiles(tmp_path, "exp", [], "exp", "L", str)
    assert not list(tmp_path.iterdir())


def test_learning_curves(tmp_path: Path) -> None:
    draw_learning_curve(tmp_path, history(6), 6)
    is_drawn(tmp_path / "learning_curve.png")
    draw_comparison(tmp_path / "seeds.png", {"lr = 1e-3": [history(6), history(4, 1.3)], "b": [history(1)]})
    draw_comparison(tmp_path / "seeds.svg", {"lr = 1e-3": [history(6)]})
    is_drawn(tmp_path / "seeds.png")


@pytest.mark.parametrize("tracks", [3, 100])
def test_tracks(tracks: int, tmp_path: Path) -> None:
    assert draw_tracks(tmp_path, "exp", [*np.linspace(-0.2, 0.9, tracks), NAN], "test set")
    is_drawn(tmp_path / "tracks_exp.png")


def test_examples_and_calibration(tmp_path: Path) -> None:
    map = torch.rand(8, 8).fill_diagonal_(NAN)
    assert draw_contact_maps(tmp_path, "hic", [Example(3, map, map / 2)], "hic", "R", str)
    is_drawn(tmp_path / "contact_maps_hic.png")
    profile = torch.rand(600, 2)
    assert draw_profiles(tmp_path, "cuts", [Example(7, profile, profile / 2)], "cuts", "L", str)
    is_drawn(tmp_path / "profiles_cuts.png")
    assert draw_calibration(tmp_path, "open", Calibration([90, 10], [0.1, 0.8], [0.2, 0.7]), "test set")
    is_drawn(tmp_path / "calibration_open.png")


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw_tracks(tmp_path / name, "exp", [0.5, 0.7], "test set")
    files = [(tmp_path / name / "tracks_exp.svg").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]
