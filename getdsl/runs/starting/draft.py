"""A first spec as text, from what is known of the files and of what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from getdsl.runs.starting import models
from getdsl.runs.starting.files import quoted

Task = Literal["profile", "signal", "fragments"]
"""A profile of base-resolution signal and its counts; the mean signal of a region; its cut sites."""
Call = tuple[str, ...]
"""What is called, and its arguments as they are written."""
COLUMNS = 100  # of a line, about
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

    @property
    def target(self) -> str:
        """The key of the batch that is learnt."""
        return {"profile": "signal", "signal": "measured", "fragments": "cut_sites"}[self.task]

    def _model(self) -> str:
        if self.task == "profile":
            return models.PROFILE.substitute(
                length=self.width, mean=f"{self.mean:.2f}", std=f"{self.std:.2f}", tracks=len(self.targets)
            )
        what = "What is measured in a region" if self.task == "signal" else "How accessible a region is"
        scan = models.SCAN.substitute(kernel=self.motif_width) if self.motifs else models.STEM.template
        return models.REGION.substitute(
            name="MeanSignal" if self.task == "signal" else "Accessibility",
            what=what,
            how=models.COUNT if self.motifs else models.FIND,
            motifs=models.MOTIFS.substitute(motifs=self.motifs) if self.motifs else "",
            scan=scan,
            mean=f"{self.mean:.2f}",
            std=f"{self.std:.2f}",
            output=self.output,
            label="the mean signal" if self.task == "signal" else "log2(1 + cut sites)",
        )

    def _data(self) -> str:
        pairs = ", ".join(f"{quoted(name)} = {quoted(known)}" for name, known in self.renamed.items())
        rules = {"hold_out": self.hold_out, "validation": self.validation}
        held = [f"    {name.ljust(10)} = {rule}" for name, rule in rules.items() if rule]
        return models.DATA.substitute(
            genome=self.genome,
            regions=_laid_out(self.regions, len("    regions = ")),
            renamed=f"    rename_chromosomes = {{ {pairs} }}\n" if pairs else "",
            batch="\n".join(_key(name, call) for name, call in self._batch().items()),
            held="\n".join(_aligned(held)),
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
        if len(self.targets) == 1:
            return {"sequence": dna, self.target: ("Fragments", self.targets[0])}
        first, *others, last = self.targets
        return {"sequence": dna, self.target: ("Fragments", f"[{first}", *others, f"{last}]")}

    def _training(self) -> str:
        if self.task == "profile":
            return models.PROFILE_TRAINING.substitute(weight=f"{self.weight:.1f}", epochs=self.epochs)
        baseline = f"    baseline           = MotifRidge({self.motifs})\n" if self.motifs else ""
        return models.REGION_TRAINING.substitute(
            output=self.output,
            target="batch.measured" if self.task == "signal" else "log2(1 + batch.cut_sites)",
            lr_of=", lr_of = { motif_scanner = 1e-2 }" if self.motifs else "",
            epochs=self.epochs,
            baseline=baseline,
        )


def _key(name: str, call: Call) -> str:
    before = f"        {name.ljust(9)} = "
    return before + _laid_out(call, len(before))


def _laid_out(call: Call, before: int) -> str:
    """A call that begins after `before` columns, on several lines where it is too long for one."""
    name, *args = call
    indent = before + len(name) + 1
    lines = [""]
    for number, arg in enumerate(args):
        piece = arg + ("," if number + 1 < len(args) else ")")
        if lines[-1] and indent + len(lines[-1]) + 1 + len(piece) > COLUMNS:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}".lstrip()
    return f"{name}(" + f"\n{' ' * indent}".join(lines)


def _aligned(lines: Sequence[str]) -> list[str]:
    """Lines with their comments below each other."""
    pairs = [line.partition("  #") for line in lines]
    width = max((len(line.rstrip()) for line, _, _ in pairs), default=0)
    return [f"{line.rstrip().ljust(width)}{sharp and f'    #{said}'}".rstrip() for line, sharp, said in pairs]
