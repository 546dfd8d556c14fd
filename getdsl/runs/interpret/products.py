"""What can be made of contributions, known before they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.runs.interpret.modisco import installed
from getdsl.runs.interpret.motif_table import read_motifs
from getdsl.runs.interpret.request import OF_BASES


def refuse_products(method: str, wanted: Sequence[str], motifs: Path | None) -> None:
    """Raises UserError where the options that are `wanted` ask for what a method or a file does not give."""
    if wanted and method not in OF_BASES:
        raise UserError(
            f"`--{wanted[0]}` is made of contributions of bases, which `--method {method}` does not give",
            f"take {joined(OF_BASES)}",
        )
    if "modisco" in wanted:
        installed()
    if motifs is not None:
        read_motifs(motifs)
