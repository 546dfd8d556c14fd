"""A first spec as text, from what is known of the files and of what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from getdsl.formatter import formatted
from getdsl.runs.starting import models
from getdsl.runs.starting.files import quoted

Task = Literal["profile", "signal", "fragments", "alignments", "anndata"]
"""A profile of base-resolution signal and its counts; the mean signal; its cut sites, by fragments
or by aligned reads; what a matrix holds of it."""
WHAT = {
    "signal": ("MeanSignal", "What is measured in a region", "signal", "the mean signal"),
    "fragments": ("Accessibility", "How accessible a region is", "accessibility", "log2(1 + cut sites)"),
    "alignments": ("Accessibility", "How accessible a region is", "accessibility", "log2(1 + cut sites)"),
    "anndata": ("Columns", "What each column holds of a region", "columns", "log2(1 + value)"),
}
"""Of each task but the profile: the model, what it predicts in words, its output, and what that is."""
Call = tuple[str, ...]
"""What is called, and its arguments as they are written."""
READ = 1000  # bp of DNA that a region's value is read from, at least


@dataclass(frozen=True)
class Draft:
    """All that a first spec says. Files are written as the spec names them, quotes included."""

    task: Task
    genome: str
    regions: Call
    width: int  # bp of a region
    targets: Sequence[str]
    swap: bool = False
    motifs: str | None = None
    motif_width: int = 0
    celltypes: Sequence[str] = ()  # of fragments with barcodes
    barcodes: str | None = None
    paired: bool = True
    columns: int = 1  # of a matrix
    renamed: Mapping[str, str] = field(default_factory=dict)
    hold_out: str = ""
    validation: str = ""
    mean: float = 0.0
    std: float = 1.0
    weight: float = 1.0
    epochs: int = 10

    def text(self) -> str:
        """The spec."""
        parts = (self._model(), self._data(), self._training())
        return formatted("\n".join(part.rstrip() + "\n" for part in parts))

    @property
    def output(self) -> str:
        return "counts" if self.task == "profile" else WHAT[self.task][2]

    @property
    def target(self) -> str:
        """The key of the batch that is learnt."""
        if self.task == "profile":
            return "signal"
        return "cut_sites" if self.task in ("fragments", "alignments") else "measured"

    @property
    def logged(self) -> bool:
        """Whether a logarithm is learnt."""
        return self.task != "signal"

    def _model(self) -> str:
        if self.task == "profile":
            return models.PROFILE.substitute(
                length=self.width, mean=f"{self.mean:.2f}", std=f"{self.std:.2f}", tracks=len(self.targets)
            )
        name, what, output, label = WHAT[self.task]
        shape, value = ("[B]", "squeeze(head, 1)")
        if self.celltypes:
            what, value = f"{what} by cell type", "sum(head * own, dim = 1)"
        elif self.task == "anndata":
            shape, value = f"[B, {self.columns}]", "head"
        scan = models.SCAN.substitute(kernel=self.motif_width) if self.motifs else models.STEM.template
        return models.REGION.substitute(
            name=name,
            what=what,
            celltype=models.CELLTYPE if self.celltypes else "",
            heads=len(self.celltypes) or self.columns,
            own=models.OWN.substitute(types=len(self.celltypes)) if self.celltypes else "",
            value=value,
            shape=shape,
            how=models.COUNT if self.motifs else models.FIND,
            motifs=models.MOTIFS.substitute(motifs=self.motifs) if self.motifs else "",
            scan=scan,
            mean=f"{self.mean:.2f}",
            std=f"{self.std:.2f}",
            output=output,
            label=label,
        )

    def _data(self) -> str:
        pairs = ", ".join(f"{quoted(name)} = {quoted(known)}" for name, known in self.renamed.items())
        rules = {"hold_out": self.hold_out, "validation": self.validation}
        held = [f"    {name} = {rule}" for name, rule in rules.items() if rule]
        return models.DATA.substitute(
            genome=self.genome,
            regions=_called(self.regions),
            celltypes=f"    celltypes = [{', '.join(map(quoted, self.celltypes))}]\n"
            if self.celltypes
            else "",
            renamed=f"    rename_chromosomes = {{ {pairs} }}\n" if pairs else "",
            batch="\n".join(f"{name} = {_called(call)}" for name, call in self._batch().items()),
            held="\n".join(held),
        )

    def _batch(self) -> dict[str, Call]:
        """The readers by the keys of the batch."""
        if self.task == "profile":
            first, *others = self.targets
            files = [f"[{first}", *others]
            swap = ["swap = true"] if self.swap else []
            return {
                "sequence": ("Sequence", "length = length + 2 * margin", "jitter = 50"),
                self.target: (
                    "Signal",
                    *files[:-1],
                    f"{files[-1]}]",
                    "length = length",
                    *swap,
                    "jitter = 50",
                ),
            }
        read = max(READ, -(-self.width // 100) * 100)
        dna: Call = ("Sequence", f"length = {read}")
        if self.task == "signal":
            signal = ("Signal", self.targets[0], f"length = {self.width}", 'reduce = "mean"')
            return {"sequence": dna, self.target: signal}
        return {"sequence": dna, self.target: self._counted()}

    def _counted(self) -> Call:
        """What reads a value, or several, of a region."""
        if self.task == "anndata":
            return ("AnnData", self.targets[0], f"width = {self.columns}")
        first, *others = self.targets
        files = [first] if not others else [f"[{first}", *others[:-1], f"{others[-1]}]"]
        if self.task == "alignments":
            return ("Alignments", *files, *([] if self.paired else ["paired = false"]))
        return ("Fragments", *files, *([f"barcodes = {self.barcodes}"] if self.barcodes else []))

    def _training(self) -> str:
        if self.task == "profile":
            return models.PROFILE_TRAINING.substitute(weight=f"{self.weight:.1f}", epochs=self.epochs)
        baseline = f"    baseline           = MotifRidge({self.motifs})\n" if self.motifs else ""
        return models.REGION_TRAINING.substitute(
            output=self.output,
            target=f"log2(1 + batch.{self.target})" if self.logged else f"batch.{self.target}",
            lr_of=", lr_of = { motif_scanner = 1e-2 }" if self.motifs else "",
            epochs=self.epochs,
            baseline=baseline,
        )


def _called(call: Call) -> str:
    name, *args = call
    return f"{name}({', '.join(args)})"
