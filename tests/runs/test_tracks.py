"""Which outputs are tracks, and where their values lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check, check_text
from getdsl.compiler.spec import Spec
from getdsl.runs.predict.coverage import Stretches
from getdsl.runs.predict.track_axes import TrackAxes, refusal, track_axes

SPECS = Path(__file__).parent.parent.parent / "specs"
BINNED = """
model Binned {
    input sequence: onehot[B, L, 4]
    bins = sequence -> SplitPool(full([B, L // 128], 128), pool_method = "mean")
    cropped = bins[:, 10:L // 128 - 10]
    head = cropped -> Linear(7)
    output tracks = head
    output pairs = outer_sum(bins)[:, :, :, 0]
    output total = sum(head, dim = [1, 2])
    output one = sum(head, dim = 1)
}
"""


def axes_of(spec: Spec | None, *, windows: bool = False, bin_size: int | None = None) -> dict[str, Any]:
    assert spec is not None
    return {
        name: track_axes(spec, type, windows=windows, bin_size=bin_size)
        for name, type in spec.graph.output_types().items()
    }


def test_bins_are_the_axis_that_grows_with_the_dna() -> None:
    spec = check_text(BINNED).spec
    assert axes_of(spec) == {
        "tracks": TrackAxes(bins=1, tracks=2, bin=128),
        "pairs": None,
        "total": TrackAxes(),
        "one": TrackAxes(tracks=1),
    }
    assert spec is not None
    message, help = refusal(spec, "pairs", ["tracks", "one"])
    assert "`pairs` [B, " in message
    assert help == "`--outputs tracks,one` takes those that have"


@pytest.mark.parametrize(
    ("name", "windows", "bin_size", "expected"),
    [
        ("yeast/bpnet.get", False, None, {"profile": TrackAxes(bins=2, tracks=1), "counts": TrackAxes()}),
        ("zoo/enformer.get", False, 128, {"human": TrackAxes(bins=1, tracks=2, bin=128)}),
        ("yeast/region_finetune.get", True, None, {"exp": TrackAxes(regions=1)}),
        ("yeast/region_finetune_exp_hic_axial.get", True, None, {"hic": None}),
        ("quickstart.get", False, None, {"accessibility": TrackAxes()}),
    ],
)
def test_outputs_of_the_specs(name: str, windows: bool, bin_size: int | None, expected: Any) -> None:
    found = axes_of(check(SPECS / name).spec, windows=windows, bin_size=bin_size)
    assert {name: found[name] for name in expected} == expected


def test_intervals_are_means_base_by_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a plain loop, whatever the blocks, also beyond the ends of the chromosome."""
    random = np.random.default_rng(0)
    monkeypatch.setattr("getdsl.runs.predict.coverage.BLOCK", 37)
    start = np.sort(random.integers(-20, 310, 40))
    values = random.integers(0, 3, (40, 5)).astype(float)
    values[7] = np.nan
    stretches = Stretches("c", 300, np.arange(40), start, start + 15)
    found = np.full(300, np.nan)
    ends = [0]
    for chrom, low, high, value in stretches.intervals(lambda numbers: values[numbers]):
        assert chrom == "c"
        assert ends[-1] <= low < high
        found[low:high] = value
        ends.append(high)
    expected: list[list[float]] = [[] for _ in range(300)]
    for at, row in zip(start.tolist(), values, strict=True):
        for base in range(max(at, 0), min(at + 15, 300)):
            expected[base].append(row[(base - at) // 3])
    means = [np.mean(each) if each else np.nan for each in expected]
    np.testing.assert_allclose(found, np.array(means, np.float32), rtol=1e-6)
