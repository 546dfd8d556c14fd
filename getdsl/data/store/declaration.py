"""What a store was made of, as JSON, and in words where a spec asks for something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.elaborate.sources import Source
from getdsl.data.genome import Genome
from getdsl.data.hashing import sha256_of
from getdsl.data.reader import Reader
from getdsl.data.table import RegionTable

Record = dict[str, Any]


def reader_record(source: Source, reader: Reader, celltypes: Sequence[str]) -> Record:
    """What a reader's values follow from, beside the genome and the regions: no path is in it.

    A file that is not there has no hash.
    """
    named = list(celltypes) if reader.per_celltype else []
    return {
        "face": source.name,
        "params": {name: without_paths(value) for name, value in source.params.items()},
        "files": [file_record(Path(path)) for path in source.paths(celltypes)],
        "celltypes": named,
    }


def genome_record(genome: Genome) -> Record:
    """A genome by its file; one that is made of several by the hash of all that its bases follow from."""
    files = [file_record(path) for path in genome.files]
    if len(files) == 1:
        return files[0]
    parts = [genome.chosen, *(file["sha256"] for file in files)]
    name = " with ".join(file["name"] for file in files)
    return {
        "name": f"{name} {genome.chosen}".strip(),
        "sha256": hashlib.sha256(json.dumps(parts).encode()).hexdigest(),
    }


def file_record(path: Path) -> Record:
    return {"name": path.name, "sha256": sha256_of(path) if path.exists() else None}


def table_sha256(table: RegionTable) -> str:
    """sha256 of the regions and all that their files hold beside."""
    used = np.unique(table.chrom)
    names = {int(number): table.chromosomes[number] for number in used}
    digest = hashlib.sha256(json.dumps(names).encode())
    columns: dict[str, np.ndarray[Any, Any]] = {
        name: getattr(table, name) for name in ("chrom", "start", "end", "strand", "name")
    }
    for name, values in {**columns, **table.columns}.items():
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(array_bytes(values))
    return digest.hexdigest()


def rows_sha256(rows: np.ndarray[Any, Any]) -> str:
    """sha256 of the rows of all samples."""
    return hashlib.sha256(array_bytes(rows)).hexdigest()


def array_bytes(values: np.ndarray[Any, Any]) -> bytes | memoryview:
    """What an array holds, as bytes; text that numpy keeps as objects by its JSON."""
    if values.dtype.kind == "O":
        return json.dumps([str(item) for item in values.tolist()]).encode()
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data


def without_paths(value: Any) -> Any:
    """A param as JSON; where a file lies says nothing of what is in it."""
    if isinstance(value, PathText):
        return "…"
    if isinstance(value, Mapping):
        return {str(key): without_paths(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@dataclass(frozen=True)
class Declaration:
    """What batches follow from: what all readers share, and each reader.

    `around` holds the genome, the names of chromosomes, the hash of the regions, and that of the rows of each
    sample, None where every region is one.
    """

    around: Record
    readers: Mapping[str, Record]

    def sha256(self) -> str:
        """The hash of all of it; how files and readers are called does not count."""
        readers = {
            key: [record["params"], record["celltypes"], [file["sha256"] for file in record["files"]]]
            for key, record in self.readers.items()
        }
        genome = self.around["genome"] and self.around["genome"]["sha256"]
        parts = json.dumps([{**self.around, "genome": genome}, readers], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()


# -- differences, in words


def around_difference(there: Record, here: Record) -> str | None:
    """What all readers of a store share and a spec has otherwise, in words; None where it has the same."""
    then, now = (record.get("genome") for record in (there, here))
    if (then and then["sha256"]) != (now and now["sha256"]):
        names = [item["name"] if item else "none" for item in (then, now)]
        return f"the genome differs: {names[0]} there, {names[1]} here"
    for name, said in (("regions", "the regions differ"), ("samples", "the windows differ")):
        if there.get(name) != here[name]:
            return said
    if there.get("rename_chromosomes") != here["rename_chromosomes"]:
        return "`rename_chromosomes` differs"
    return None


def reader_difference(there: Record, here: Record) -> str | None:
    """`length 1000 there, 2000 here`: where two readers differ first; None where they do not.

    A file that is not here is not compared: the store has been made of it.
    """
    if there["face"] != here["face"]:
        return f"`{there['face']}` there, `{here['face']}` here"
    names = dict.fromkeys([*there["params"], *here["params"]])
    for name in names:
        pair = [_said(record["params"].get(name)) for record in (there, here)]
        if pair[0] != pair[1]:
            return f"{name} {pair[0]} there, {pair[1]} here"
    if there["celltypes"] != here["celltypes"]:
        return f"cell types {_said(there['celltypes'])} there, {_said(here['celltypes'])} here"
    return _files_difference(there["files"], here["files"])


def _files_difference(there: Sequence[Record], here: Sequence[Record]) -> str | None:
    if len(there) != len(here):
        return f"{_names(there)} there, {_names(here)} here"
    for then, now in zip(there, here, strict=True):
        if now["sha256"] in (None, then["sha256"]):
            continue
        if then["name"] != now["name"]:
            return f"{then['name']} there, {now['name']} here, and they hold different bytes"
        return f"{now['name']} has changed since"
    return None


def _names(files: Iterable[Record]) -> str:
    return ", ".join(item["name"] for item in files) or "no files"


def _said(value: Any) -> str:
    """A param as a spec writes it, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False) if value is not None else "none"
    return text if len(text) < 60 else text[:57] + "…"
