"""Where a design begins: a stretch of the genome, a FASTA, or random bases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.spec import Spec
from getdsl.data.genome import Genome
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.formats.fasta import Codes, N, fasta_pieces

REGION = re.compile(r"(?P<chrom>[^:]+):(?P<start>[\d,]+)-(?P<end>[\d,]+)")


@dataclass(frozen=True)
class Start:
    """A sequence by its name; the chromosome and the 0-based start of one of the genome."""

    name: str
    codes: Codes  # [L]
    place: tuple[str, int] | None = None


def read_starts(text: str, spec: Spec, length: int | None, number: int, seed: int) -> list[Start]:
    """`random`, `chrI:1,000-2,000` (0-based, half-open) of the spec's genome, or the path of a FASTA.

    Raises UserError; bases that are not known are drawn at random.
    """
    random = np.random.default_rng(seed)
    if text == "random":
        return [_random(random, at, _length(spec, length)) for at in range(number)]
    region = REGION.fullmatch(text)
    found = [_region(region, spec)] if region and not Path(text).exists() else _fasta(Path(text))
    for start in found:
        if length is not None and len(start.codes) != length:
            raise UserError(
                f"`{start.name}` has {len(start.codes):,} bp, and `--length` is {length:,}",
                "leave `--length` away",
            )
        start.codes[start.codes >= N] = random.integers(0, 4, int((start.codes >= N).sum()))
    return found


def _random(random: np.random.Generator, at: int, length: int) -> Start:
    return Start(f"random{at + 1}", random.integers(0, 4, length).astype(np.uint8))


def _length(spec: Spec, length: int | None) -> int:
    """The length that is given, or the one that the model or its data have."""
    if length is not None:
        return length
    sizes: Mapping[Symbol, Dim] = spec.data.sizes if spec.data is not None else {}
    for type in spec.graph.inputs.values():
        if type.domain == "onehot":
            dim = type.shape[-2].substitute(sizes)
            if dim.value is not None:
                return int(dim.value)
    raise UserError(
        "`--start random` needs a length, which neither the model nor its data say", "add `--length 500`"
    )


def _region(found: re.Match[str], spec: Spec) -> Start:
    chrom = found["chrom"]
    start, end = (int(found[name].replace(",", "")) for name in ("start", "end"))
    path = spec.data_settings.genome
    if path is None:
        raise UserError("the run's spec names no FASTA of a genome", "give one of sequences: `--start x.fa`")
    genome = Genome(path)
    if chrom not in genome.lengths:
        raise UserError(f"the genome has no `{chrom}`", f"it has {joined(genome.lengths, shown=6)}")
    if not 0 <= start < end <= genome.lengths[chrom]:
        raise UserError(
            f"`{found[0]}` is no stretch of {chrom}, which has {genome.lengths[chrom]:,} bp",
            "places are 0-based, without their end",
        )
    return Start(f"{chrom}:{start}-{end}", genome.codes(chrom, start, end).copy(), (chrom, start))


def _fasta(path: Path) -> list[Start]:
    pieces: dict[str, list[Codes]] = {}
    for name, codes in fasta_pieces(path):
        pieces.setdefault(name, []).append(codes)
    found = [Start(name, np.concatenate(codes).astype(np.uint8)) for name, codes in pieces.items()]
    empty = [start.name for start in found if not len(start.codes)]
    if not found or empty:
        what = f"`{empty[0]}` of `{path}` has no bases" if empty else f"`{path}` holds no sequence"
        raise UserError(what, "give a FASTA of DNA")
    return found
