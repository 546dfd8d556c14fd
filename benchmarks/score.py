"""Variants a second: what a variant touches computed anew, beside whole runs of each alternate.

    python benchmarks/score.py VARIANTS.vcf.gz [--number 1000] [--no-record]

The quickstart's model, and the zoo's BPNet (64 filters, 8 dilated layers, 1,000 bp of profile), both with
random weights, in a window of its own for each variant, which lies anywhere in it.
The named baseline is the whole run of the alternates in batches of 64. References, which both ways need, are
timed apart: `times` compares alternates, `times_with_references` all of it for a file that has one variant in
each window, the worst case. No speed is reported where outputs differ by more than 1e-5 of the largest.
Seconds are the processor's, of one thread, so that what else runs on the machine counts less.
`mutagenesis` is all substitutions of 1,000 bp, beside a plain loop over batches of mutated sequences.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from recording import add_row, circumstances, processor

import getdsl
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.rerun import Edits, Rerun
from getdsl.data.edited_genome import EditedGenome
from getdsl.data.genome import Genome
from getdsl.formats.fasta import N
from getdsl.formats.variants import VariantFile
from getdsl.runs.score.alleles import Allele, alleles_of
from getdsl.runs.score.widths import by_width

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "score.csv"
GENOME = ROOT / "getdsl/data/yeast/sacCer3_16chr.fa.gz"
MODELS = {"quickstart": (ROOT / "specs/quickstart.get", 1000), "bpnet": (ROOT / "specs/zoo/bpnet.get", 2114)}
BATCH = 64
SHORT = 5.0  # seconds
Outputs = dict[str, torch.Tensor]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("variants", type=Path)
    arguments.add_argument("--number", type=int, default=1000)
    arguments.add_argument("--no-record", action="store_true")
    args = arguments.parse_args()
    torch.set_num_threads(1)
    for name, (spec, length) in MODELS.items():
        compiled = getdsl.compile(spec, seed=0)
        compiled.module.eval().requires_grad_(False)
        before, after = windows(args.variants, args.number, length)
        rows = [measured(compiled, name, before, after), mutagenesis(compiled, name, before[:1])]
        for row in rows:
            print(row)
            if not args.no_record:
                add_row(RESULTS, {**circumstances(processor()), **row})


def windows(path: Path, number: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes [n, L] around each variant, without and with it: somewhere in the middle half, as in a region."""
    genome = EditedGenome(Genome(GENOME))
    alleles = [
        allele
        for record in VariantFile(path).records()
        for allele in alleles_of(record, genome, {})
        if allele.edit
    ][:number]
    pairs = [_window(genome, allele, length, at) for at, allele in enumerate(alleles)]
    return tuple(torch.stack(side) for side in zip(*pairs, strict=True))  # type: ignore[return-value]


def _window(
    genome: EditedGenome, allele: Allele, length: int, number: int
) -> tuple[torch.Tensor, torch.Tensor]:
    assert allele.edit is not None
    start = allele.edit.start - (number * 7919) % length
    before = genome.codes(allele.chrom, start, start + length)
    with genome.edited(allele.chrom, [allele.edit]):
        after = genome.codes(allele.chrom, start, start + length)
    return torch.from_numpy(before), torch.from_numpy(after)


def one_hot(codes: torch.Tensor) -> torch.Tensor:
    return torch.eye(N + 1, 4)[codes.long()]


def inputs_of(compiled: Compiled, codes: torch.Tensor) -> dict[str, torch.Tensor]:
    sequence = one_hot(codes)
    found = {"sequence": sequence}
    if "control" in compiled.spec.graph.inputs:
        found["control"] = torch.zeros(len(sequence), sequence.shape[1], 2)
    return compiled.prepare(found)


def whole(compiled: Compiled, codes: torch.Tensor) -> Outputs:
    with torch.no_grad():
        parts = [compiled.module(**inputs_of(compiled, part)) for part in torch.split(codes, BATCH)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def measured(compiled: Compiled, name: str, before: torch.Tensor, after: torch.Tensor) -> dict[str, Any]:
    rerun = Rerun(compiled, "sequence")
    whole_seconds, want = timed(lambda: whole(compiled, after))
    _rerun(rerun, compiled, before[:8], after[:8])  # compiles kernels
    reference_seconds = rerun_seconds = 0.0
    parts: list[Outputs] = []
    for start in range(0, len(before), 1000):
        some = before[start : start + 1000], after[start : start + 1000]
        seconds, found = _rerun(rerun, compiled, *some)
        reference_seconds, rerun_seconds = reference_seconds + seconds[0], rerun_seconds + seconds[1]
        parts.append(found)
    got = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    number, error = len(before), largest_difference(got, want)
    row = {"model": name, "what": "variants", "number": number, "error": error, "right": error < 1e-5}
    return (
        row
        if error >= 1e-5
        else row
        | {
            "whole_per_second": number / whole_seconds,
            "touched_per_second": number / rerun_seconds,
            "times": whole_seconds / rerun_seconds,
            "references_per_second": number / reference_seconds,
            "times_with_references": (whole_seconds + reference_seconds)
            / (rerun_seconds + reference_seconds),
        }
    )


def _rerun(
    rerun: Rerun, compiled: Compiled, before: torch.Tensor, after: torch.Tensor
) -> tuple[tuple[float, float], Outputs]:
    """The references' seconds, the alternates', and their outputs; so many references as memory holds."""
    group = 1000 if before.shape[1] < 2000 else 48
    seconds, parts = [0.0, 0.0], []
    for start in range(0, len(before), group):
        some = slice(start, start + group)
        inputs = inputs_of(compiled, before[some])
        took, reference = timed(lambda inputs=inputs: rerun.reference(inputs), again=False)  # type: ignore[misc]
        seconds[0] += took
        took, found = timed(
            lambda reference=reference, some=some: _alternates(rerun, reference, before[some], after[some]),  # type: ignore[misc]
            again=len(before) <= group,
        )
        seconds[1] += took
        parts.append(found)
    return (seconds[0], seconds[1]), {key: torch.cat([part[key] for part in parts]) for key in parts[0]}


def _alternates(rerun: Rerun, reference: Any, before: torch.Tensor, after: torch.Tensor) -> Outputs:
    """By the width of what differs, as `getdsl score` does it."""
    found: dict[str, list[torch.Tensor]] = {}
    order = []
    for own in by_width((before != after).numpy()):
        rows, first = torch.from_numpy(own.rows), torch.from_numpy(own.start)
        values = one_hot(after[rows[:, None], first[:, None] + torch.arange(own.width)])
        for key, value in rerun.alternates(reference, Edits(rows, first, values)).items():
            found.setdefault(key, []).append(value)
        order.append(rows)
    back = torch.cat(order).argsort()
    return {key: torch.cat(parts)[back] for key, parts in found.items()}


def mutagenesis(compiled: Compiled, name: str, codes: torch.Tensor) -> dict[str, Any]:
    """All substitutions of the middle 1,000 bp of one sample."""
    inputs = inputs_of(compiled, codes)
    first = (codes.shape[1] - 1000) // 2
    edits = Edits.substitutions(inputs["sequence"], first, first + 1000)
    rerun = Rerun(compiled, "sequence")

    def loop() -> Outputs:
        parts = []
        with torch.no_grad():
            for rows in torch.split(torch.arange(len(edits)), BATCH):
                batch = {
                    key: value.repeat(len(rows), *(1,) * (value.dim() - 1)) for key, value in inputs.items()
                }
                batch["sequence"][torch.arange(len(rows)), edits.start[rows]] = edits.values[rows, 0]
                parts.append(compiled.module(**batch))
        return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}

    loop_seconds, want = timed(loop)
    rerun_seconds, got = timed(lambda: rerun.alternates(rerun.reference(inputs), edits))
    error = largest_difference(got, want)
    row = {"model": name, "what": "mutagenesis", "number": len(edits), "error": error, "right": error < 1e-5}
    return (
        row
        if error >= 1e-5
        else row
        | {
            "whole_per_second": len(edits) / loop_seconds,
            "touched_per_second": len(edits) / rerun_seconds,
            "times": loop_seconds / rerun_seconds,
        }
    )


def largest_difference(got: Outputs, want: Outputs) -> float:
    """Of the outputs, relative to the largest value of each."""
    return max(float((got[key] - want[key]).abs().max() / want[key].abs().max()) for key in want)


def timed(work: Callable[[], Any], *, again: bool = True) -> tuple[float, Any]:
    """Seconds of the processor and the result; of what is short the least of five, after the first.

    Kernels are compiled in the first, and what else runs on the machine counts less.
    """
    took, result = _once(work)
    if not again or took > SHORT:
        return took, result
    return min(_once(work)[0] for _ in range(5)), result


def _once(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


if __name__ == "__main__":
    main()
