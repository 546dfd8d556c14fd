"""A table of motifs' clusters: a motif and its cluster a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.formats.text import FormatError, read_lines


def clusters_of(path: str | Path, motifs: Sequence[tuple[str, str | None]]) -> tuple[list[str], list[int]]:
    """The clusters that hold any of the motifs, in the table's order, and the number of each motif's own.

    Motifs are known by name, or by the second name that a file gives them. Raises FormatError.
    """
    table = _read(Path(path))
    found = [table.get(name) or table.get(alt or "") for name, alt in motifs]
    if None in found:
        name = motifs[found.index(None)][0]
        raise FormatError(Path(path), 0, f"it has no cluster for motif {name}")
    used = set(found)
    names = [name for name in dict.fromkeys(table.values()) if name in used]
    number = {name: at for at, name in enumerate(names)}
    return names, [number[name] for name in found if name is not None]


def _read(path: Path) -> dict[str, str]:
    """Clusters by motif; a first line that says `motif` and `cluster` is a header."""
    table: dict[str, str] = {}
    for number, line in read_lines(path):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) < 2 or not all(fields[:2]):
            raise FormatError(path, number, "expected a motif and its cluster, with a tab between")
        motif, cluster = fields[:2]
        if line.startswith("#") or (not table and motif.lower() in ("motif", "motif_id", "name")):
            continue
        if table.setdefault(motif, cluster) != cluster:
            raise FormatError(path, number, f"motif {motif} is in cluster {table[motif]} already")
    return table
