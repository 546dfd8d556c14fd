"""The store that a config's samples come from, as a call of `RegionMotif`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import Any

from getdsl.compiler.constants.evaluate import literal as constant
from getdsl.compiler.elaborate.faces import params_of
from getdsl.compiler.program import library_definition
from getdsl.grammar import syntax
from getdsl.importing.config import ConfigError
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import literal
from getdsl.importing.training import COUNT, POSITIVE, Bounds, number

SOURCE = "RegionMotif"
STORE, REFERENCE, OLDER = "dataset.zarr_path", "dataset.reference_region_motif", "dataset.root"
BESIDE = "read beside the spec"
FROM_REFERENCE = "its accessibility and expression are in `zarr_dirs`; here one store holds them all"
FROM_OLDER = "`getdsl prepare --from {folder} -o {store}` makes it of GET's older folder"
FILE_OF_GENES = '`genes` takes names: `genes = ["MYC", "SOX2"]` in `RegionMotif`'
SHARE = Bounds(0)


class RegionStore:
    """What of a config is said in the source."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @cached_property
    def face(self) -> syntax.Definition:
        found = library_definition(SOURCE)
        assert found is not None
        return found

    def keys(self) -> set[str]:
        """The keys that its batches may have."""
        nodes = [node for item in self.face.body for node in syntax.walk(item)]
        return {node.name for node in nodes if isinstance(node, syntax.Output) and node.name is not None}

    def path(self) -> str | None:
        """The store; None where the config names none, or only a run of Hydra knows it."""
        root, data = (self._text(f"{REFERENCE}.{part}") for part in ("root", "data"))
        if (store := self._text(STORE)) is not None:
            return store
        if data is not None:
            return str(PurePosixPath(root or "", data))
        older = self._text(OLDER)
        return f"{self._older(older).name or 'region_motif'}.zarr" if older is not None else None

    def call(self, path: str) -> str:
        """The source with the arguments that differ from its params' defaults."""
        self._tick_off_the_path(path)
        arguments = dict(self._arguments()) | dict(self._genes())
        given = "".join(f", {name} = {text}" for name, text in arguments.items())
        return f"{SOURCE}({literal(path)}{given})"

    def _text(self, path: str) -> str | None:
        value = self.ledger.glance(path)
        return str(value) if isinstance(value, str) and value else None

    def _older(self, root: str) -> PurePosixPath:
        """A kind of data is a folder in the root."""
        return PurePosixPath(root, self._text("dataset.data_type") or "")

    def _tick_off_the_path(self, path: str) -> None:
        beside = None if path.startswith("/") else BESIDE
        if self._text(STORE) is not None:
            self.ledger.written(STORE, "data.source", beside, "data")
        elif (root := self._text(OLDER)) is not None and not self.ledger.has(f"{REFERENCE}.data"):
            note = FROM_OLDER.format(folder=self._older(root), store=path)
            self.ledger.written(OLDER, "data.source", note, "data")
            self.ledger.written("dataset.data_type", "data.source", None, "data")
            self.ledger.none(
                "dataset.metadata_path", "the folder's files say which cell types there are", "data"
            )
        else:
            self.ledger.written(f"{REFERENCE}.root", "data.source", None, "data")
            self.ledger.written(f"{REFERENCE}.data", "data.source", FROM_REFERENCE, "data")
            note = "motifs are divided by their largest value in the store itself"
            self.ledger.none(f"{REFERENCE}.refdata", note, "data")

    def _arguments(self) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for path, name, read in self._readings:
            value, anyway = read(path), self._default(name)
            if value is None or (
                (type(value) is type(anyway) or not isinstance(value, bool)) and value == anyway
            ):
                self.ledger.default(path, f"data.source.{name}")
            elif name in found:
                self.ledger.none(path, f"`{name}` is said above", "data")
            else:
                found[name] = literal(value)
                self.ledger.written(path, f"data.source.{name}", None, "data")
        return list(found.items())

    @property
    def _readings(self) -> list[tuple[str, str, Callable[[str], Any]]]:
        """Where GET has an argument, what it is called here, and how it is read."""
        count, share, above = (
            partial(number, self.ledger, bounds=bounds) for bounds in (COUNT, SHARE, POSITIVE)
        )
        switch, names = partial(_switch, self.ledger), partial(names_of, self.ledger)
        return [
            ("dataset.celltypes", "celltypes", names),
            ("dataset.keep_celltypes", "celltypes", names),
            ("dataset.num_region_per_sample", "num_region_per_sample", count),
            ("dataset.sampling_step", "sampling_step", count),
            ("dataset.quantitative_atac", "quantitative_atac", switch),
            ("dataset.drop_zero_atpm", "drop_zero_atpm", switch),
            ("dataset.normalize", "normalize", switch),
            ("dataset.motif_scaler", "motif_scaler", above),
            (f"{REFERENCE}.motif_scaler", "motif_scaler", above),
            ("dataset.leave_out_motifs", "leave_out_motifs", partial(_motifs, self.ledger)),
            ("dataset.mask_ratio", "mask_ratio", share),
        ]

    def _default(self, name: str) -> Any:
        default = params_of(self.face)[name].default
        return constant(default) if default is not None else None

    def _genes(self) -> list[tuple[str, str]]:
        """Windows around genes, which GET takes where it predicts."""
        path = "task.gene_list"
        if self.ledger.glance("stage") != "predict" or not self.ledger.has(path):
            return []
        value = self.ledger.take(path)
        if isinstance(value, str) and ("/" in value or value.endswith(".txt")):
            self.ledger.none(path, FILE_OF_GENES, "data")
            return []
        names = names_of(self.ledger, path)
        self.ledger.written(path, "data.source.genes", None, "data")
        return [("genes", literal(names if names is not None else "*"))]


def names_of(ledger: Ledger, path: str) -> list[str] | None:
    """Names, in a list or between commas; None where there are none. Raises ConfigError for anything else."""
    value = ledger.take(path)
    items = value.split(",") if isinstance(value, str) else [value] if isinstance(value, int) else value
    if items is None:
        return None
    if not isinstance(items, list) or any(isinstance(item, list | dict | bool) for item in items):
        problem = f"`{path}` is {literal(value)}, and it is a list of names"
        raise ConfigError(ledger.place(path), problem, f"set it: `{path}=…`")
    names = [str(item).strip() for item in items if item is not None]
    return list(dict.fromkeys(filter(None, names))) or None


def _motifs(ledger: Ledger, path: str) -> list[str | int] | None:
    """GET's are numbers."""
    names = names_of(ledger, path)
    return [int(name) if name.isdecimal() else name for name in names] if names is not None else None


def _switch(ledger: Ledger, path: str) -> bool | None:
    value = ledger.take(path)
    if value is not None and not isinstance(value, bool):
        raise ConfigError(ledger.place(path), f"`{path}` is {literal(value)}, and it is true or false")
    return value
