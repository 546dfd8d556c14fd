"""`dataset` of a config, as the section `data` with GET's own stores."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.importing.classes import REASONS
from getdsl.importing.config import inside
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import literal
from getdsl.importing.parent import Parent
from getdsl.importing.region_store import SOURCE, RegionStore, names_of
from getdsl.importing.training import COUNT, Bounds, number

MEASURED = "GET measures these in training, and keeps its best by them, as `validation` does"
EITHER = (
    "GET tests these cell types on these chromosomes alone; here a sample is held out where either says so"
)
DECLARE = "declare `genome`, `regions`, `samples` and a `batch` in `data`"
WORKERS = Bounds(0, whole=True)


@dataclass
class Data:
    """The settings of the section, none where the config has nothing to read."""

    settings: list[tuple[str, str]] = field(default_factory=list)


class DatasetImport:
    """Ticks off the data's settings, and says what of them can be said."""

    def __init__(self, ledger: Ledger, parent: Parent | None) -> None:
        self.ledger = ledger
        self.store = RegionStore(ledger)
        self.lacks = sorted(parent.reads() - self.store.keys()) if parent is not None else []

    def run(self) -> Data:
        """Raises ConfigError where a setting is not of its kind."""
        path = self.store.path()
        if path is None or self.lacks:
            self._nothing_to_read()
            return Data()
        settings = [("source", self.store.call(path)), *self._held_out(), *self._sizes()]
        self._tick_off_the_rest()
        return Data(settings)

    def _held_out(self) -> list[tuple[str, str]]:
        rules = {rule: f"dataset.leave_out_{rule}" for rule in ("chromosomes", "celltypes")}
        names = {rule: names_of(self.ledger, path) for rule, path in rules.items()}
        held = {rule: found for rule, found in names.items() if found}
        for rule, path in rules.items():
            if rule in held:
                self.ledger.written(
                    path, f"data.hold_out.{rule}", EITHER if len(held) > 1 else MEASURED, "data"
                )
            else:
                self.ledger.default(path, "data.hold_out")
        rows = ", ".join(f"{rule} = {literal(found)}" for rule, found in held.items())
        return [("hold_out", f"{{ {rows} }}")] if held else []

    def _sizes(self) -> list[tuple[str, str]]:
        found = []
        for path, name, bounds in (
            ("dataset.dataset_size", "per_epoch", COUNT),
            ("dataset.eval_dataset_size", "eval_samples", COUNT),
            ("machine.num_workers", "num_workers", WORKERS),
        ):
            value = number(self.ledger, path, bounds)
            if value:
                found.append((name, literal(value)))
                self.ledger.written(path, f"data.{name}", None, "data")
            else:
                self.ledger.default(path, f"data.{name}")
        return found

    def _tick_off_the_rest(self) -> None:
        if self.ledger.glance("dataset.transform") is None:
            self.ledger.default("dataset.transform", "no function of one's own")
        for name in KNOWN:
            path = f"dataset.{name}"
            if self.ledger.glance(path) is None:
                self.ledger.default(path, "data")
            else:
                self.ledger.none(path, OF_DNA.get(name, "the store is named already, and says it"), "data")

    def _nothing_to_read(self) -> None:
        """Says of each setting that is known why it has no place."""
        why = self._why()
        for name in self.ledger.table("dataset").entries:
            if name in KNOWN and f"*.{name}" not in REASONS:
                self.ledger.none(inside("dataset", name), why, "data")
        workers = literal(self.ledger.glance("machine.num_workers"))
        self.ledger.none("machine.num_workers", f"in `data`: `num_workers = {workers}`", "data")

    def _why(self) -> str:
        if self.lacks:
            return f"`{SOURCE}` has no {', '.join(self.lacks)}, which the model reads: {DECLARE}"
        if self.ledger.has("dataset.zarr_dirs"):
            return f"GET's stores of DNA are not read: {DECLARE}"
        return f"no store is named for `source = {SOURCE}(…)` in `data`"


_DNA = "of GET's stores of DNA; peaks are as the store has them"
OF_DNA = {  # settings of GET's sequence data sets
    **dict.fromkeys(
        """zarr_dirs n_peaks_lower_bound n_peaks_upper_bound max_peak_length peak_count_filter padding n_packs
        center_expand_target peak_name negative_peak_name negative_peak_ratio additional_peak_columns
        random_shift_peak use_insulation insulation_subsample_ratio non_redundant filter_by_min_depth
        peak_inactivation mutations""".split(),
        _DNA,
    ),
    "preload_count": "what is read is kept in bounds",
    "pin_mem": "batches are pinned where a device can use it",
    "hic_path": "no contacts are read beside a store; a `batch` with `Contacts` reads them",
}
KNOWN = {
    **OF_DNA,
    **dict.fromkeys(
        """zarr_path celltypes keep_celltypes num_region_per_sample sampling_step quantitative_atac
        drop_zero_atpm normalize motif_scaler leave_out_motifs mask_ratio leave_out_chromosomes
        leave_out_celltypes transform root metadata_path data_type is_pretrain dataset_size
        eval_dataset_size reference_region_motif""".split()
    ),
}
