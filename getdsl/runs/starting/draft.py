"""A first spec as text, from what is known of the files and of what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from getdsl.runs.starting import models
from getdsl.runs.starting.files import quoted

Task = Literal["profile", "signal", "fragments"]
"""A profile of base-resolution signal and its counts; the mean signal of a region; its cut sites."""
READ = 1000  # bp of DNA that a region's value is read from, at least


@dataclass(frozen=True)
class Draft:
    """All that a first spec says. Files are written as the spec names them, quotes included."""

    task: Task
    genome: str
    regions: str  # the call of the source
    width: int  # bp of a region
    targets: Sequence[str]
    swap: bool = False
    motifs: str | None = None
    motif_width: int = 0
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
        return "\n".join(part.rstrip() + "\n" for part in parts)

    @property
    def output(self) -> str:
        return {"profile": "counts", "signal": "signal", "fragments": "accessibility"}[self.task]

    def _model(self) -> str:
        if self.task == "profile":
            return models.PROFILE.format(
                length=self.width, mean=f"{self.mean:.2f}", std=f"{self.std:.2f}", tracks=len(self.targets)
            )
        about = "What is measured in a region" if self.task == "signal" else "How accessible a region is"
        how = "scan for known motifs on both strands, count them in bins," if self.motifs else "find patterns, keep the best of each bin,"
        return models.REGION.format(
            about=f"{about}, from its DNA: {how}\n    let neighbouring bins see each other, and read the region part by part.",
            motifs=models.MOTIFS.format(motifs=self.motifs) if self.motifs else "",
            scan=(models.SCAN.format(kernel=self.motif_width) if self.motifs else models.STEM).rstrip("\n") + "\n",
            mean=f"{self.mean:.2f}",
            std=f"{self.std:.2f}",
            output=self.output,
            label="the mean signal" if self.task == "signal" else "log2(1 + cut sites)",
        )

    def _data(self) -> str:
        held = [f"    {name.ljust(10)} = {rule}\n" for name, rule in (("hold_out", self.hold_out), ("validation", self.validation)) if rule]
        pairs = ", ".join(f"{quoted(name)} = {quoted(known)}" for name, known in self.renamed.items())
        return models.DATA.format(
            genome=self.genome,
            regions=self.regions,
            renamed=f"    rename_chromosomes = {{ {pairs} }}\n" if pairs else "",
            batch="\n".join(f"        {line}" for line in self._batch()),
            held="".join(held),
        )

    def _batch(self) -> list[str]:
        listed = f"[{', '.join(self.targets)}]"
        if self.task == "profile":
            swap = ", swap = true" if self.swap else ""
            return [
                "sequence = Sequence(length = length + 2 * margin, jitter = 50)",
                f"signal   = Signal({listed}, length = length{swap}, jitter = 50)",
            ]
        read = max(READ, -(-self.width // 100) * 100)
        dna = f"sequence  = Sequence(length = {read})"
        files = self.targets[0] if len(self.targets) == 1 else listed
        if self.task == "fragments":
            return [dna, f"cut_sites = Fragments({files})"]
        return [dna, f"measured  = Signal({self.targets[0]}, length = {self.width}, reduce = \"mean\")"]

    def _training(self) -> str:
        if self.task == "profile":
            return models.PROFILE_TRAINING.format(weight=f"{self.weight:.1f}", epochs=self.epochs)
        baseline = f"    baseline           = MotifRidge({self.motifs})\n" if self.motifs else ""
        return models.REGION_TRAINING.format(
            output=self.output,
            target="batch.measured" if self.task == "signal" else "log2(1 + batch.cut_sites)",
            lr_of=", lr_of = { motif_scanner = 1e-2 }" if self.motifs else "",
            epochs=self.epochs,
            baseline=baseline,
        )
