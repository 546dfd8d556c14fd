"""Runs that two processes must carry out as one does: their specs and settings.

Dropout is each process's own, so it is off in them.
"""

from __future__ import annotations

from pathlib import Path

from tests.runs.conftest import CHROMOSOMES, SPEC, write_small

ALIKE = SPEC.replace("Dropout(0.2)", "Dropout(0.0)").replace("epochs = 4", "epochs = 2")
MASKED = ALIKE.replace("batch.cut_sites + 1))", "batch.cut_sites + 1)) where batch.cut_sites > 5")
BORROWING = (  # the loss applies a part of the model itself, and reads weights, which no sample owns
    ALIKE.replace("head    = dropped -> Linear(1)", "readout = Linear(1)\n    head    = dropped -> readout")
    .replace(
        "    output signal",
        "    scale   = Parameter([3], init = ones)\n    output inside = dropped\n"
        "    output size = scale\n    output signal",
    )
    .replace(
        "loss    {",
        "loss    { again = MSE(squeeze(inside * 2.0 -> readout, 1), batch.cut_sites) weight 0.1\n"
        "          size = MSE(size, size * 0.0) weight 0.3\n         ",
    )
)
PLAIN = MASKED.replace("AdamW(lr = 1e-2, lr_of = { scanner = 1e-3 })", "SGD(lr = 1e-3)")  # feels every factor
MEASURED = ALIKE.replace(
    "    output signal", "    output shape = softplus(scanner[:, :, :4])\n    output signal"
).replace(
    "metrics {",
    """metrics {
    open  = [auroc, auprc, accuracy, f1] of (signal, to_float(batch.cut_sites > 5))
    shape = [jsd, pearson_across_positions, pearson_across_samples] of (shape, batch.sequence)
    """,
)
CASES = {
    "uneven": (ALIKE, ("train.batch_size=15",)),
    "tiny": (MEASURED, ("train.batch_size=79", "train.gradient_clip=0.5")),  # the last batch is one sample
    "accumulated": (ALIKE, ("train.batch_size=9", "train.accumulate=2")),
    "masked": (PLAIN, ("train.batch_size=15",)),
    "borrowing": (BORROWING, ("train.batch_size=15",)),
}


def write_variants(folder: Path, path: Path) -> None:
    """Thirty substitutions, a few of them in no region."""
    lines = (folder / "small.fa").read_text().split("\n")
    genome = dict(zip((line[1:] for line in lines[::2]), lines[1::2], strict=False))
    rows = ["chrom\tpos\tref\talt"]
    for number in range(30):
        chrom, at = CHROMOSOMES[number % 4], number * 100 + number
        ref = genome[chrom][at]
        rows.append(f"{chrom}\t{at + 1}\t{ref}\t{'A' if ref != 'A' else 'C'}")
    path.write_text("\n".join(rows) + "\n")


def write_cases(folder: Path) -> None:
    """A spec for each case beside the data, and `dropout.get`, which has its dropout."""
    write_small(folder)
    for name, (text, _) in CASES.items():
        (folder / f"{name}.get").write_text(text, encoding="utf-8")
    (folder / "dropout.get").write_text(SPEC, encoding="utf-8")
