"""The files that somebody has, and how a spec names them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.constants.paths import resolve_path
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.runs.starting.kinds import kind_of, refuse_other

STRANDS = (
    ("plus", "minus"),
    ("pos", "neg"),
    ("fwd", "rev"),
    ("forward", "reverse"),
    ("starts", "ends"),
    ("+", "-"),
)
"""What tells the two files of a pair apart, the forward strand's first."""


PREDICTED = "`--signal` tracks, `--fragments` or `--alignments` of ATAC-seq, or an `--anndata` matrix"


@dataclass(frozen=True)
class FilesAtHand:
    """Files as they were named from where the user stands, each list perhaps empty."""

    genome: str
    regions: str
    signal: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()
    motifs: str | None = None
    alignments: tuple[str, ...] = ()
    anndata: str | None = None
    barcodes: str | None = None

    @property
    def measured(self) -> Mapping[str, tuple[str, ...]]:
        """What is to be predicted: the files by the option that named them, those that were given."""
        given = {
            "signal": self.signal,
            "fragments": self.fragments,
            "alignments": self.alignments,
            "anndata": _listed(self.anndata),
        }
        return {option: files for option, files in given.items() if files}

    def refuse_others(self) -> None:
        """Raises UserError where a file is not of the kind that its option takes."""
        others = {"genome": (self.genome,), "regions": (self.regions,), "motifs": _listed(self.motifs)}
        for option, files in {**others, **self.measured}.items():
            for file in files:
                refuse_other(Path(file), option, kind_of(resolved(file)))
        options = [f"`--{option}`" for option in self.measured]
        if len(options) != 1:
            more = f"{joined(options, ' and ')} are several things to predict"
            raise UserError(
                more if options else "there is nothing to predict", f"give one of them: {PREDICTED}"
            )
        if self.barcodes is not None and not self.fragments:
            raise UserError("`--barcodes` say which fragments are whose", "give `--fragments` beside them")

    @property
    def stranded(self) -> bool:
        """Whether the signal is a pair of strands, as its names say."""
        return strands(self.signal)


def _listed(file: str | None) -> tuple[str, ...]:
    return (file,) if file is not None else ()


def resolved(file: str) -> Path:
    """Where a file lies; `getdsl:` names one that ships."""
    return Path(resolve_path(file, None))


def strands(files: Sequence[str]) -> bool:
    """Whether two files are named as the two strands, or as the two ends of fragments, are."""
    if len(files) != 2:
        return False
    first, second = (Path(file).name.lower() for file in files)
    return any(one in first and first.replace(one, other) == second for one, other in STRANDS)


def written(file: str, spec: Path) -> str:
    """A file as a spec names it: relative to the spec, but for what is absolute or ships."""
    if file.startswith("getdsl:") or Path(file).is_absolute() or file.startswith("~"):
        return quoted(file)
    return quoted(Path(os.path.relpath(file, spec.parent)).as_posix())


def quoted(text: str) -> str:
    """A string of the language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
