"""The source `RegionMotif`, held against what GET made of the same stores.

GET draws where samples start once, from numpy's global stream; here starts follow from seed, epoch and
sample. So windows are held by their steps: of the starts that GET's stream gives, told anew here, those that
a step may draw are those that were recorded, in their order. Masks by `mask_ratio` are held by their share
alone. What else differs is listed in docs/get-differences.md, and said at its test.
"""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from torch.utils.data import DataLoader, Dataset

from getdsl.data.draws import Draws
from getdsl.data.region_motif.features import labels
from getdsl.data.region_motif.region_motif import RegionMotif
from getdsl.data.region_motif.steps import Steps
from tests.golden.cases import COMMITTED

DATASET = COMMITTED / "dataset"
CELLTYPES = ("ctA", "ctB", "ctNoExp")
CASES = {
    path.stem: json.loads(path.read_text())
    for path in sorted(DATASET.glob("*.json"))
    if "kwargs" in json.loads(path.read_text())
}
RAISING = {name for name, case in CASES.items() if "raises" in case}
BY_STEPS = [name for name, case in CASES.items() if case["cls"] == "RegionMotifDataset" and "items" in case]
BY_GENES = [name for name, case in CASES.items() if case["cls"].startswith("Inference") and "items" in case]
ALL_PEAKS = [name for name in BY_STEPS if CASES[name]["kwargs"].get("drop_zero_atpm") is False]
CROSSING = {("inference_basic", 5)}  # its window holds the end of one chromosome and the start of the next


@cache
def recorded(name: str) -> dict[str, Any]:
    with np.load(DATASET / f"{name}.npz", allow_pickle=True) as arrays:
        return dict(arrays)


@cache
def stored() -> dict[str, Any]:
    """The arrays of the store, which was written as plain arrays too; `atpm/ctA` is `atpm__ctA`."""
    return recorded("region_motif_arrays")


def chromosomes() -> Any:
    return np.array([name.split(":")[0] for name in stored()["peak_names"]])


def kept(celltype: str, drop_zero: bool) -> Any:
    return np.flatnonzero(stored()[f"atpm__{celltype}"] > 0) if drop_zero else np.arange(len(chromosomes()))


def source(store: str = "region_motif.zarr", **params: Any) -> RegionMotif:
    return RegionMotif(path=str(DATASET / store), **params)


def of_case(name: str, store: str = "region_motif.zarr", **others: Any) -> RegionMotif:
    """The source with the params that say what the recorded arguments say."""
    given = dict(CASES[name]["kwargs"])
    names = [each for each in given.pop("celltypes").split(",") if each in CELLTYPES]
    for setting in ("leave_out_chromosomes", "leave_out_celltypes", "is_train", "assembly"):
        given.pop(setting, None)
    if "gene_list" in given:
        given["genes"] = given.pop("gene_list")
    if CASES[name]["kwargs"]["celltypes"] == "ctNoExp":
        given["expression"] = "zero"
    return source(store, celltypes=names, **given, **others)


def batch_of(made: RegionMotif, celltype: str, start: int, size: int) -> dict[str, Any]:
    """What the source says of one window, wherever its samples start."""
    number = made.celltypes.index(celltype)
    windows = Steps(*(np.array([value]) for value in (start, 0, 1, 0)))
    empty = Steps(*(np.empty(0, np.int64) for _ in range(4)))
    object.__setattr__(
        made.samples, "windows", tuple(windows if i == number else empty for i in range(len(made.celltypes)))
    )
    found = made.batch(np.array([0]))
    assert found["region_motif"].shape[1] == size
    return {name: value[0].numpy() for name, value in found.items()}


def items(name: str) -> Iterator[tuple[int, Any, Mapping[str, Any]]]:
    """The number of each recorded item, its window, and its fields."""
    arrays, case = recorded(name), CASES[name]
    for number in case["items"]:
        prefix = f"item{number}."
        fields = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
        yield number, case["sample_indices"][number], fields


# -- windows by steps


@pytest.mark.parametrize("store", ["region_motif.zarr", "region_motif_v3.zarr"])
@pytest.mark.parametrize("name", BY_STEPS)
def test_a_recorded_item_is_what_the_source_makes_of_its_window(name: str, store: str) -> None:
    made, size = of_case(name, store), CASES[name]["kwargs"]["num_region_per_sample"]
    for number, (celltype, start, end), fields in items(name):
        found = batch_of(made, celltype, start, size)
        assert end - start == size
        for key in ("region_motif", "exp_label", "peak_coord"):
            np.testing.assert_array_equal(found[key], fields[key], f"{name} {number} {key}")
        np.testing.assert_array_equal(found["atpm"], fields["atpm"][:, 0])
        assert made.celltypes[found["celltype"]] == fields["celltype"] == celltype
        if "mask_ratio" not in CASES[name]["kwargs"]:
            mask = fields["mask"]  # [R] of zeros where expression was not measured, else [R, 2]
            np.testing.assert_array_equal(found["mask"], mask if mask.ndim == 2 else np.zeros((size, 2)))


@pytest.mark.parametrize("name", ALL_PEAKS)
def test_windows_are_those_that_get_draws(name: str) -> None:
    """GET leaves out the last window of the table, for it looks at the peak behind."""
    case = CASES[name]
    step, size = case["kwargs"]["sampling_step"], case["kwargs"]["num_region_per_sample"]
    (windows,) = of_case(name).samples.windows
    assert isinstance(windows, Steps)
    samples = [
        set(windows.starts[low:high].tolist()) for low, high in zip(windows.low, windows.high, strict=True)
    ]
    drawn = [
        start
        for place, start in drawn_by_get(case)
        if any(start in one for one in near(samples, place, step))
    ]
    recorded_starts = [start for _, start, _ in case["sample_indices"]]
    assert [start for start in drawn if start + size < len(chromosomes())] == recorded_starts


def near(samples: list[set[int]], place: int, step: int) -> list[set[int]]:
    """The sample of a step: the one whose starts all lie around its place."""
    around = range(place - -(-step // 2), place + step // 2)
    return [starts for starts in samples if starts <= set(around)]


def drawn_by_get(case: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Each step's place, and the start that numpy's global stream gives it: this is GET's rule, told anew."""
    step, chrom = case["kwargs"]["sampling_step"], chromosomes()
    left_out, is_train = case["kwargs"].get("leave_out_chromosomes"), case["kwargs"].get("is_train", True)
    random = np.random.RandomState(case["np_random_seed_before_construction"])
    for name in dict.fromkeys(chrom.tolist()):
        rows = np.flatnonzero(chrom == name)
        if left_out is None or (name == left_out) != is_train:
            for place in range(rows[0], rows[-1], step):
                yield place, max(0, place + random.randint(-step // 2, step // 2))


def test_windows_stay_on_a_chromosome_and_within_their_span() -> None:
    made = source(celltypes=["ctA", "ctB"], num_region_per_sample=10, sampling_step=3)
    for epoch in range(5):
        every = np.arange(len(made))
        celltype, rows = made.samples.of(every, Draws.of(0, epoch, every))
        assert (chromosomes()[rows] == chromosomes()[rows[:, :1]]).all()
        peaks = made.store.peaks
        assert (peaks.end[rows[:, -1]] - peaks.start[rows[:, 0]] <= 5_000_000).all()
        for number, name in enumerate(made.celltypes):
            places = np.searchsorted(kept(name, True), rows[celltype == number])
            assert (np.diff(places, axis=1) == 1).all()  # consecutive kept peaks


def test_the_last_window_of_a_table_is_a_window() -> None:
    made = source(celltypes=["ctA"], num_region_per_sample=45, sampling_step=1, drop_zero_atpm=False)
    assert 164 in made.samples.of(np.arange(len(made)))[1]


@pytest.mark.parametrize("step", range(1, 9))
def test_each_peak_starts_as_many_windows_as_any_other(step: int) -> None:
    """So that a draw takes each with the same probability, but at a chromosome's ends."""
    made = source(
        celltypes=["ctB"], num_region_per_sample=3, sampling_step=step, drop_zero_atpm=False, span=None
    )
    (windows,) = made.samples.windows
    assert isinstance(windows, Steps)
    count = np.zeros(165, int)
    for low, high in zip(windows.low, windows.high, strict=True):
        count[windows.starts[low:high]] += 1
    assert set(count[10:60]) == {1}
    assert count.max() == 1


def test_a_training_sample_starts_anew_in_each_epoch_and_follows_from_its_number() -> None:
    made = source(celltypes=["ctA"], num_region_per_sample=10, sampling_step=7)
    every = np.arange(len(made))
    first, second = (made.batch(every, Draws.of(3, epoch, every))["peak_coord"] for epoch in (0, 1))
    assert not torch.equal(first, second)
    some = every[[5, 1]]
    again = made.batch(some, Draws.of(3, 0, some))["peak_coord"]
    assert torch.equal(again, first[[5, 1]])
    still = source(celltypes=["ctA"], num_region_per_sample=10, sampling_step=7, shift=False)
    low, high = (torch.from_numpy(each) for each in made.reach)
    for epoch in range(40):
        places = made.batch(every, Draws.of(3, epoch, every))["peak_coord"]
        assert bool((low <= places[:, 0, 0]).all() and (places[:, -1, 1] <= high).all())
    assert not np.array_equal(made.reach[0], still.reach[0])
    assert np.array_equal(still.reach[0], made.table["start"])
    assert torch.equal(
        still.batch(every, Draws.of(3, 0, every))["peak_coord"], made.batch(every)["peak_coord"]
    )


def test_other_processes_read_the_same(tmp_path: Path) -> None:
    made = source(celltypes=["ctA", "ctB"], num_region_per_sample=10, sampling_step=7)
    every = np.arange(len(made))
    before = made.batch(every)
    copy = pickle.loads(pickle.dumps(made))
    for batch in (copy.batch(every), *DataLoader(Whole(made, every), batch_size=None, num_workers=2)):
        assert batch.keys() == before.keys()
        for key, value in before.items():
            assert torch.equal(batch[key], value)


class Whole(Dataset[Any]):
    def __init__(self, made: RegionMotif, every: Any) -> None:
        self.made, self.every = made, every

    def __len__(self) -> int:
        return 2

    def __getitem__(self, number: int) -> Any:
        if number >= 2:
            raise IndexError
        return self.made.batch(self.every)


def test_the_fingerprint_follows_from_params_and_bytes(tmp_path: Path) -> None:
    params = {"celltypes": ["ctA"], "num_region_per_sample": 10}
    copy = tmp_path / "elsewhere.zarr"
    shutil.copytree(DATASET / "region_motif.zarr", copy)
    first = source(**params).fingerprint()
    assert RegionMotif(path=str(copy), **params).fingerprint() == first
    assert source(**{**params, "num_region_per_sample": 11}).fingerprint() != first
    zarr.open_group(copy, mode="a")["data"][7, 3] = 0.125
    assert RegionMotif(path=str(copy), **params).fingerprint() != first


def test_scales_are_found_anew_where_the_store_changes(tmp_path: Path) -> None:
    """They are kept in the cache from one start to the next."""
    copy = tmp_path / "x.zarr"
    shutil.copytree(DATASET / "region_motif.zarr", copy)
    params = {"path": str(copy), "celltypes": ["ctA"], "num_region_per_sample": 10, "drop_zero_atpm": False}
    before = RegionMotif(**params).scale
    assert before is not None
    assert np.array_equal(RegionMotif(**params).scale, before)
    zarr.open_group(copy, mode="a")["data"][7, 3] = 1000
    after = RegionMotif(**params).scale
    assert after is not None
    assert np.array_equal(after != before, [[False] * 3 + [True] + [False] * 2])


# -- windows around genes


@pytest.mark.parametrize("store", ["region_motif.zarr", "region_motif_v3.zarr"])
@pytest.mark.parametrize("name", BY_GENES)
def test_a_recorded_gene_is_among_the_samples(name: str, store: str) -> None:
    """Of an odd number of peaks GET's windows lack the last, and of a shared peak's genes all but one."""
    made, case = of_case(name, store), CASES[name]
    size = case["kwargs"]["num_region_per_sample"]
    order = [(item["celltype"], item["gene_name"], item["tss_idx"]) for item in case["sample_indices"]]
    rows = made.samples.of(np.arange(len(made)))[1]
    drop_zero = case["kwargs"].get("drop_zero_atpm", True)
    at = {
        (celltype, gene, int(np.searchsorted(kept(celltype, drop_zero), row))): number
        for number, (celltype, gene, row) in enumerate(
            zip(made.table["celltype"].tolist(), made.table["name"].tolist(), rows[:, size // 2], strict=True)
        )
    }
    assert [key for key in order if key not in at] == [
        order[number] for each, number in CROSSING if each == name
    ]
    assert [at[key] for key in order if key in at] == sorted(at[key] for key in order if key in at)
    for number, _, fields in items(name):
        if (name, number) in CROSSING:
            continue
        found = {key: value[0].numpy() for key, value in made.batch(np.array([at[order[number]]])).items()}
        count = len(fields["region_motif"])
        assert count == size - size % 2
        for key in ("exp_label", "mask", "peak_coord"):
            np.testing.assert_array_equal(found[key][:count], fields[key])
        motifs, wanted = found["region_motif"][:count], fields["region_motif"]
        np.testing.assert_array_equal(motifs[:, :-1], wanted[:, :-1])
        if count == size:  # the largest accessibility is that of all peaks of the window
            np.testing.assert_array_equal(motifs, wanted)
        for key in ("tss_peak", "strand"):
            assert found[key] == fields[key]
        starts, wanted = (set(each["all_tss_peak"].tolist()) for each in (found, fields))
        assert wanted <= starts
        assert all(
            (stored()["gene_idx_info_index"] == rows[at[order[number]], each]).sum() > 1
            for each in starts - wanted
        )
        assert found["all_tss_peak"].tolist() == [*sorted(starts - {-1}), *[-1] * (size - len(starts - {-1}))]


def test_every_gene_of_a_shared_peak_is_kept() -> None:
    """GET keeps the last one, where peaks are dropped."""
    made = source(celltypes=["ctA"], num_region_per_sample=2, genes="*")
    names = set(made.table["name"].tolist())
    row = stored()["gene_idx_info_index"]
    genes = stored()["gene_idx_info_name"]
    shared = [each for each in np.unique(row) if stored()["atpm__ctA"][each] > 0 and (row == each).sum() > 1]
    lost = {str(gene) for each in shared for gene in genes[row == each]}
    assert len(shared) > 5
    assert lost <= names | {
        str(gene) for gene in genes if not inside(int(row[list(genes).index(gene)]), "ctA", 2)
    }
    assert sum(gene in names for gene in lost) > len(shared)


def inside(row: int, celltype: str, size: int) -> bool:
    """Whether a window around a peak stays on its chromosome."""
    rows = kept(celltype, True)
    at = int(np.searchsorted(rows, row))
    window = rows[max(0, at - size // 2) : at + size - size // 2]
    return len(window) == size and len(set(chromosomes()[window])) == 1


def test_one_gene_is_given_as_a_text() -> None:
    assert set(source(celltypes=["ctA"], num_region_per_sample=4, genes="GENE08").table["name"]) == {"GENE08"}
    several = source(celltypes=["ctA"], num_region_per_sample=4, genes=["GENE08", "GENE1[12]"]).table["name"]
    assert set(several) == {"GENE08", "GENE11", "GENE12"}


def test_the_other_raising_cases_do_what_was_meant() -> None:
    assert {
        "inference_no_expression",
        "inference_single_gene_string",
        "leaveout_unknown_chrom_val",
    } == RAISING
    given = CASES["inference_no_expression"]["kwargs"]
    made = source(
        celltypes=["ctNoExp"],
        num_region_per_sample=given["num_region_per_sample"],
        genes=given["gene_list"],
        expression="none",
    )
    batch = made.batch(np.arange(len(made)))
    assert len(made) > 0
    assert {"exp_label", "mask"} & batch.keys() == set()


# -- features, labels, masks


@pytest.mark.parametrize(
    ("case", "params"),
    [
        ("default", {}),
        ("scaler", {"motif_scaler": 0.7}),
        ("nonorm", {"normalize": False}),
        ("keepzero", {"drop_zero_atpm": False}),
    ],
)
def test_motifs_are_scaled_as_get_scales_them(case: str, params: dict[str, Any]) -> None:
    arrays = recorded("region_motif_object")
    labels = arrays[f"{case}.peaks_index_labels"]
    made = source(celltypes=["ctA"], num_region_per_sample=1, sampling_step=1, **params)
    (windows,) = made.samples.windows
    assert len(windows) == len(labels)
    batch = made.batch(np.arange(len(made)))
    np.testing.assert_array_equal(batch["region_motif"][:, 0, :-1], arrays[f"{case}.normalized_data"])
    np.testing.assert_array_equal(batch["atpm"][:, 0], arrays[f"{case}.atpm"])
    forward = np.where(arrays[f"{case}.atpm"] < 0.05, 0, arrays[f"{case}.expression_positive"])
    np.testing.assert_array_equal(batch["exp_label"][:, 0, 0], forward)


def test_motifs_are_left_out_by_name_or_number() -> None:
    """GET reads `leave_out_motifs` and does nothing with it."""
    arrays = recorded("region_motif_object")["leave_out_motifs.normalized_data"]
    made = source(
        celltypes=["ctA"],
        num_region_per_sample=1,
        sampling_step=1,
        leave_out_motifs=[1, str(stored()["motif_names"][3])],
    )
    found = made.batch(np.arange(len(made)))["region_motif"][:, 0, :-1].numpy()
    assert not found[:, [1, 3]].any()
    np.testing.assert_array_equal(found[:, [0, 2, 4, 5]], arrays[:, [0, 2, 4, 5]])


def test_a_mask_hides_its_share_of_peaks_and_follows_from_the_sample() -> None:
    made = source(celltypes=["ctA", "ctB"], num_region_per_sample=20, sampling_step=1, mask_ratio=0.4)
    every = np.arange(len(made))
    masks = [
        made.batch(every, draws)["mask"] for draws in (None, Draws.of(1, 0, every), Draws.of(1, 1, every))
    ]
    for mask in masks:
        assert set(mask.unique().tolist()) == {0, 1}
        share, error = mask.double().mean().item(), (0.24 / mask.numel()) ** 0.5
        assert abs(share - 0.4) < 4 * error
        assert mask.double().mean(dim=1).std() > 0  # each on its own, not a fixed count
    assert not torch.equal(masks[1], masks[2])
    some = every[[7, 3]]
    assert torch.equal(made.batch(some, Draws.of(1, 0, some))["mask"], masks[1][[7, 3]])
    assert torch.equal(made.batch(some)["mask"], masks[0][[7, 3]])


def test_labels_of_gets_sequence_models_have_a_cutoff_of_a_tenth() -> None:
    arrays = recorded("collate_rev")
    for number in range(2):
        columns = arrays[f"in{number}.additional_peak_features"].astype(np.float32)
        found = labels(columns[None, :, :2], columns[None, :, 2], 0.1)
        wanted = arrays["out.exp_label"][number, : len(columns)].astype(np.float32)
        np.testing.assert_array_equal(found[0], wanted)


def test_windows_without_accessibility_and_motifs_that_are_nowhere_stay_zero() -> None:
    """GET divides zero by zero."""
    made = source(
        celltypes=["ctA"],
        num_region_per_sample=1,
        sampling_step=1,
        drop_zero_atpm=False,
        quantitative_atac=True,
    )
    batch = made.batch(np.arange(len(made)))
    last = batch["region_motif"][:, 0, -1]
    assert torch.equal(last, (batch["atpm"][:, 0] > 0).float())
    assert bool((last == 0).any())
