"""Motif insertion: in each round the motif, on either strand, where it helps most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from getdsl.diagnostics import UserError
from getdsl.formats.fasta import Codes, N, encode_bases, reverse_complement
from getdsl.formats.meme import read_meme
from getdsl.runs.design.constraints import Constraints
from getdsl.runs.design.evolve import take_best
from getdsl.runs.design.scorer import Scorer
from getdsl.runs.design.steps import Design

Motifs = dict[str, Codes]


def read_motifs(text: str) -> Motifs:
    """Sequences by name: the likeliest bases of a MEME file's motifs, or DNA as it is. Raises UserError."""
    if Path(text).exists():
        motifs = read_meme(text)
        return {
            motif.alt or motif.name: np.array(motif.matrix).argmax(1).astype(np.uint8) for motif in motifs
        }
    codes = encode_bases(text.encode())
    if not text or (codes >= N).any():
        raise UserError(f"`--insert {text}` is neither a file of motifs nor DNA", "write `--insert TTACCCG`")
    return {text.upper(): codes}


def insert(design: Design, motifs: Motifs, scorer: Scorer, constraints: Constraints, rounds: int) -> None:
    """Adds a step a round, as long as a motif somewhere makes the goal better."""
    for _ in range(rounds):
        found = _placed(design.codes, motifs)
        if not found:
            return
        if not take_best(
            design, scorer, constraints, np.stack([codes for _, codes in found]), [told for told, _ in found]
        ):
            return


def _placed(codes: Codes, motifs: Motifs) -> list[tuple[str, Codes]]:
    """Each motif on each strand at each place, with its name and place."""
    found = []
    for name, forward in motifs.items():
        strands = {"+": forward, "-": reverse_complement(forward)}
        for strand, motif in strands.items():
            for at in range(len(codes) - len(motif) + 1):
                placed = codes.copy()
                placed[at : at + len(motif)] = motif
                found.append((f"{name} at {at} ({strand})", placed))
    return found
