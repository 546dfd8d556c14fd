"""How often samples are drawn, against the shares that their weights ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check, check_text
from getdsl.compiler.sections.data import DataSettings
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.sampling import epoch_samples, epoch_size, evaluated, sampling_weights

TRAIN = np.array([*range(5, 45), *range(100, 160)])


def times(per_epoch: int | None, seed: int, epoch: int, weights: Any = None) -> Any:
    """How often each training sample is drawn."""
    found = epoch_samples(TRAIN, DataSettings(per_epoch=per_epoch), seed, epoch, weights)
    assert len(found) == (per_epoch or len(TRAIN)) == epoch_size(TRAIN, DataSettings(per_epoch=per_epoch))
    assert (np.diff(found) >= 0).all()
    assert np.isin(found, TRAIN).all()
    return np.array([(found == sample).sum() for sample in TRAIN])


def test_all_samples_are_an_epoch_where_nothing_else_is_asked() -> None:
    assert (times(None, 0, 0) == 1).all()
    assert (times(100, 0, 3) == 1).all()


@pytest.mark.parametrize("number", [1, 37, 99, 101, 250])
def test_none_is_drawn_twice_before_all_are_once(number: int) -> None:
    found = times(number, 0, 0)
    assert set(found.tolist()) <= {number // 100, -(-number // 100)}


def test_each_sample_is_drawn_equally_often_in_the_mean() -> None:
    drawn = sum(times(30, 7, epoch) for epoch in range(2000))
    assert np.abs(drawn / 2000 - 0.3).max() < 5 * np.sqrt(0.3 * 0.7 / 2000)


def test_weights_are_kept_in_the_mean_and_rounded_in_each_epoch() -> None:
    weights = np.linspace(0, 3, len(TRAIN)) ** 2
    wanted = weights / weights.sum() * 150
    epochs = [times(150, 7, epoch, weights) for epoch in range(2000)]
    for found in epochs[:50]:
        assert ((found >= np.floor(wanted)) & (found <= np.ceil(wanted))).all()
    part = wanted % 1
    assert (np.abs(np.mean(epochs, axis=0) - wanted) <= 5 * np.sqrt(part * (1 - part) / 2000) + 1e-9).all()
    assert epochs[0][0] == 0


def test_neighbours_are_drawn_independently_of_each_other() -> None:
    """A random start alone would take every second sample, never two beside each other."""
    epochs = np.array([times(50, 1, epoch) for epoch in range(500)])
    together = (epochs[:, :-1] & epochs[:, 1:]).mean()
    assert 0.2 < together < 0.3


def test_what_is_drawn_follows_from_seed_and_epoch_alone() -> None:
    assert (times(30, 1, 2) == times(30, 1, 2)).all()
    assert (times(30, 1, 2) != times(30, 1, 3)).any()
    assert (times(30, 1, 2) != times(30, 2, 2)).any()
    shuffled = np.random.default_rng(0).permutation(TRAIN)
    settings = DataSettings(per_epoch=30)
    assert (epoch_samples(shuffled, settings, 1, 2) == epoch_samples(TRAIN, settings, 1, 2)).all()


def test_a_split_is_measured_on_the_same_samples_each_time() -> None:
    some = evaluated(TRAIN, DataSettings(eval_samples=20))
    assert len(some) == 20
    assert np.isin(some, TRAIN).all()
    assert (np.diff(some) > 0).all()
    more = evaluated(TRAIN, DataSettings(eval_samples=40))
    assert np.isin(some, more).all()
    for enough in (DataSettings(eval_samples=100), DataSettings()):
        assert evaluated(TRAIN, enough).tolist() == TRAIN.tolist()


# -- weights and classes of declared data

SPEC = """
model M { input sequence: onehot[B, L, 4]  output y = mean(sequence, dim = 1) }
data {
    genome = "genome.fa"
    regions = Regions("peaks.bed")
    batch { sequence = Sequence(length = 4) }
    %s
}
"""


def opened(folder: Path, settings: str, **columns: Any) -> tuple[DeclaredData, DataSettings]:
    """Six regions with some columns, beside the settings of a spec."""
    (folder / "genome.fa").write_text(f">chrI\n{'ACGT' * 50}\n")
    (folder / "peaks.bed").write_text("".join(f"chrI\t{at}\t{at + 4}\n" for at in range(0, 60, 10)))
    (folder / "spec.get").write_text(SPEC % settings)
    checked = check(folder / "spec.get")
    assert checked.spec is not None, checked.diagnostics
    assert checked.spec.data is not None
    source = DeclaredData(checked.spec.data, checked.spec.data_settings)
    source.regions.columns.update({name: np.array(values) for name, values in columns.items()})  # type: ignore[attr-defined]
    return source, checked.spec.data_settings


def test_a_reader_gives_the_weights(tmp_path: Path) -> None:
    source, settings = opened(tmp_path, 'weights = Column("w")', w=[0.0, 1.0, 2.5, 0.0, 4.0, 1.0])
    assert sampling_weights(source, settings, np.array([1, 2, 4])).tolist() == [1.0, 2.5, 4.0]  # type: ignore[union-attr]
    source, settings = opened(tmp_path, "")
    assert sampling_weights(source, settings, np.array([1, 2, 4])) is None


def test_classes_are_drawn_equally_often(tmp_path: Path) -> None:
    source, settings = opened(tmp_path, 'balance = "kind"', kind=["a", "b", "a", "a", "b", "c"])
    weights = sampling_weights(source, settings, np.array([0, 1, 2, 3, 4]))
    assert weights is not None
    assert weights == pytest.approx([1 / 3, 1 / 2, 1 / 3, 1 / 3, 1 / 2])
    source, settings = opened(
        tmp_path,
        'balance = "kind" weights = Column("w")',
        kind=[0, 1, 0, 0, 1, 0],
        w=[1.0, 2.0, 0.0, 1.0, 1.0, 9.0],
    )
    weights = sampling_weights(source, settings, np.array([0, 1, 2, 3, 4]))
    assert weights == pytest.approx([1 / 3, 1, 0, 1 / 3, 1 / 2])


@pytest.mark.parametrize(
    ("settings", "columns", "said"),
    [
        (
            'weights = Column("w")',
            {"w": [1.0, -1.0, 2.0, 3.0, -4.0, 5.0]},
            "chrI:10-14 .line 2. is -1 .2 such",
        ),
        ('weights = Column("w")', {"w": [0.0] * 6}, "all weights of training samples are 0"),
        ('weights = Column("w")', {}, "it has no column 'w' .for `weights`."),
        ('balance = "kind"', {}, "`balance` names the column 'kind', which it does not have"),
        ('balance = "kind"', {"kind": ["a"] * 6}, "1 values in 6 training samples, which are no classes"),
        ('balance = "kind"', {"kind": list("abcdef")}, "6 values in 6 training samples"),
    ],
)
def test_what_is_no_weight_is_said(tmp_path: Path, settings: str, columns: Any, said: str) -> None:
    source, read = opened(tmp_path, settings, **columns)
    with pytest.raises(DataError, match=said):
        sampling_weights(source, read, np.arange(6))


def test_a_weight_is_one_number_a_sample() -> None:
    checked = check_text(SPEC % "weights = Sequence(length = 4)")
    assert [item.message for item in checked.diagnostics if item.severity == "error"] == [
        "a sample has one weight, and this reader yields onehot[B, 4, 4]"
    ]
