"""What is asked of `interpret`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Reduce = Literal["sum", "mean", "profile"]
Baseline = Literal["dinucleotide", "uniform", "zeros"]

METHODS = {
    "gradient": "how fast the output changes with each number of an input",
    "input_x_gradient": "the gradient times the input",
    "integrated_gradients": "gradients on the way from references to the input",
    "deeplift": "DeepLIFT against one reference",
    "deepshap": "DeepLIFT against several references, their mean",
    "ism": "in-silico mutagenesis: every base of a sequence changed into each other one",
    "jacobian": "gradients of every chosen number of an output with respect to named nodes",
    "attention": "attention maps of named blocks, and other nodes as they are",
}
AGAINST_REFERENCES = ("integrated_gradients", "deeplift", "deepshap")
CONTRIBUTIONS = ("gradient", "input_x_gradient", *AGAINST_REFERENCES, "ism")
"""Methods that give each number of an input one figure; the others read named nodes."""
OF_BASES = ("deepshap", "deeplift", "integrated_gradients", "input_x_gradient", "ism")
"""Methods that give each base that could stand in a sequence a figure."""


@dataclass(frozen=True)
class Request:
    """`of` is an output, perhaps indexed; `wrt` are inputs or nodes, by default the model's DNA.

    What is left of an output's axes beside the samples' is reduced to one number: their sum, their mean, or
    for a profile of logits the sum of them, less their mean, weighted by the profile. `references` of each
    sample are drawn from `seed` and the sample's number alone. `regions` are those of a file, instead of the
    run's. `inactivate` names regions whose rows in the
    inputs of windows are set to zero for a second, mutant Jacobian.
    """

    method: str
    of: str | None = None
    wrt: tuple[str, ...] = ()
    reduce: Reduce = "sum"
    baseline: Baseline | None = None
    references: int = 20
    steps: int = 64
    seed: int = 0
    split: str | None = None
    regions: Path | None = None
    genes: tuple[str, ...] = ()
    limit: int | None = None
    batch_size: int = 16
    inactivate: Path | None = None

    def against(self, *, dna: bool) -> Baseline:
        """What contributions of an input are measured against: shuffles, where it can be shuffled."""
        if self.baseline is not None:
            return self.baseline
        if not dna:
            return "zeros"
        return "uniform" if self.method == "deeplift" else "dinucleotide"
