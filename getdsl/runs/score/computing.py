"""Outputs of samples as they are and with edits of the genome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.rerun import Edits, Reference, Rerun
from getdsl.compiler.reach import course_of
from getdsl.data.edited_genome import Edit
from getdsl.data.readers.sequence import Sequence as SequenceReader
from getdsl.diagnostics import UserError
from getdsl.formats.fasta import Codes, N, reverse_complement
from getdsl.runs.opened.strands import Batch
from getdsl.runs.score.placing import Samples, dna_keys, genome_of
from getdsl.runs.score.widths import by_width

Outputs = dict[str, Tensor]
KEPT = 512 << 20
"""Bytes of values of references that are held at once."""


@dataclass(frozen=True)
class Reading:
    """How samples are read: so many bp further on, and from the other strand."""

    shift: int = 0
    turned: bool = False


@dataclass(frozen=True)
class Case:
    """A sample with edits of its chromosome, which do not overlap."""

    sample: int
    chrom: str
    edits: tuple[Edit, ...]


class Computing:
    """Outputs of cases in a reading; `whole` computes every alternate as a batch of its own."""

    def __init__(
        self, compiled: Compiled, samples: Samples, *, whole: bool = False, at_once: int = 64
    ) -> None:
        self.compiled, self.samples, self.at_once = compiled, samples, at_once
        self.keys = dna_keys(samples.source)
        self.rerun = Rerun(compiled, self.keys[0]) if not whole and self._of_one_sequence() else None
        self.course = course_of(compiled.graph, self.keys[0]) if self._of_one_input() else None
        self._kept = 0  # bytes of a sample's values

    def _of_one_input(self) -> bool:
        """Whether what follows from bases enters the model as it is, at one input."""
        key, spec = self.keys[0], self.compiled.spec
        derived = key in spec.prepare.outputs or f"batch.{key}" in spec.prepare.inputs
        return len(self.keys) == 1 and key in spec.graph.inputs and not derived

    def _of_one_sequence(self) -> bool:
        """Whether that are the bases of one `Sequence`."""
        source = self.samples.source
        plain = type(source.readers[self.keys[0]]) is SequenceReader and source.rows.ndim == 1
        return self._of_one_input() and plain

    def outputs(self, cases: Sequence[Case], reading: Reading) -> tuple[Outputs, Outputs]:
        """Of each case the outputs as the sample is, and with its edits."""
        with torch.no_grad(), genome_of(self.samples.source).shifted(reading.shift):
            parts = [self._some(cases[rows.start : rows.stop], reading) for rows in self._groups(cases)]
        return tuple(_joined([part[side] for part in parts]) for side in (0, 1))  # type: ignore[return-value]

    def _groups(self, cases: Sequence[Case]) -> Iterator[range]:
        """Cases in a row of as many samples as can be held."""
        limit = self.at_once if self.rerun is None else self._samples_at_once(cases)
        start, seen = 0, set[int]()
        for at, case in enumerate(cases):
            if case.sample not in seen and len(seen) == limit:
                yield range(start, at)
                start, seen = at, set()
            seen.add(case.sample)
        if cases:
            yield range(start, len(cases))

    def _samples_at_once(self, cases: Sequence[Case]) -> int:
        if not self._kept and cases:
            reference = self._reference([cases[0].sample], Reading())
            self._kept = sum(value.nbytes for value in reference.values.values())
        return max(1, min(self.at_once, KEPT // max(1, self._kept)))

    def _some(self, cases: Sequence[Case], reading: Reading) -> tuple[Outputs, Outputs]:
        numbers = list(dict.fromkeys(case.sample for case in cases))
        row = torch.tensor([numbers.index(case.sample) for case in cases])
        if self.rerun is None:
            return self._whole(cases, numbers, row, reading)
        reference = self._reference(numbers, reading)
        alternates = self._alternates(self.rerun, reference, cases, row, reading)
        return {name: reference.outputs[name][row].cpu() for name in alternates}, alternates

    # -- what an edit touches

    def _reference(self, numbers: Sequence[int], reading: Reading) -> Reference:
        assert self.rerun is not None
        return self.rerun.reference(self._prepared(self._batch(numbers, reading)))

    def _alternates(
        self, rerun: Rerun, reference: Reference, cases: Sequence[Case], row: Tensor, reading: Reading
    ) -> Outputs:
        hot = reference.values[rerun.course.inputs[rerun.changed]]
        there = torch.where(hot.sum(2) > 0, hot.argmax(2), N).cpu().numpy()
        codes = np.stack([self._codes(case, reading) for case in cases])
        found: dict[str, list[Tensor]] = {}
        order = []
        for own in by_width(codes != there[row.numpy()]):
            values = codes[own.rows[:, None], own.start[:, None] + np.arange(own.width)]
            edits = Edits(
                row[own.rows].to(hot.device),
                torch.from_numpy(own.start).to(hot.device),
                torch.eye(N + 1, 4, dtype=hot.dtype, device=hot.device)[torch.from_numpy(values).long()],
            )
            for name, value in rerun.alternates(reference, edits).items():
                found.setdefault(name, []).append(value.cpu())
            order.append(torch.from_numpy(own.rows))
        back = torch.cat(order).argsort()
        return {name: torch.cat(parts)[back] for name, parts in found.items()}

    def _codes(self, case: Case, reading: Reading) -> Codes:
        """The bases of a case as the model reads them."""
        chrom, start, end, strand = self.samples.stretch(case.sample)
        genome = genome_of(self.samples.source)
        with genome.edited(case.chrom, case.edits):
            codes = genome.codes(chrom, start, end)
        return reverse_complement(codes) if (strand < 0) != reading.turned else codes

    # -- whole batches

    def _whole(
        self, cases: Sequence[Case], numbers: Sequence[int], row: Tensor, reading: Reading
    ) -> tuple[Outputs, Outputs]:
        reference = self._run(self._batch(numbers, reading))
        parts = []
        for start in range(0, len(cases), self.at_once):
            some = cases[start : start + self.at_once]
            parts.append(self._run(self._edited(some, reading)))
        return {name: value[row] for name, value in reference.items()}, _joined(parts)

    def _edited(self, cases: Sequence[Case], reading: Reading) -> Batch:
        """A batch of the cases, in which the keys that follow from bases are read with the edits."""
        genome = genome_of(self.samples.source)
        batch = self.samples.batch([case.sample for case in cases])
        rows: dict[str, list[Tensor]] = {key: [] for key in self.keys}
        for case in cases:
            with genome.edited(case.chrom, case.edits):
                read = self.samples.batch([case.sample], self.keys)
            for key in self.keys:
                rows[key].append(read[key])
        for key, values in rows.items():
            batch[key] = _stacked(values, batch[key].shape[1])
        return self._turned(batch) if reading.turned else batch

    def _run(self, batch: Batch) -> Outputs:
        self.compiled.eval()
        found = self.compiled.module(**self._prepared(batch))
        return {name: value.cpu() for name, value in found.items()}

    # -- batches

    def _batch(self, numbers: Sequence[int], reading: Reading) -> Batch:
        batch = self.samples.batch(numbers)
        return self._turned(batch) if reading.turned else batch

    def _turned(self, batch: Batch) -> Batch:
        turn = self.samples.source.reverse_complement
        if turn is None:
            raise UserError(
                "a reader of the data cannot read the other strand", "leave `--both-strands` away"
            )
        return turn(batch)

    def _prepared(self, batch: Batch) -> dict[str, Tensor]:
        try:
            device = self.compiled.device
            return self.compiled.prepare({name: value.to(device) for name, value in batch.items()})
        except InputError as error:
            raise UserError(f"a batch does not fit the spec: {error}") from error


def _stacked(values: Sequence[Tensor], length: int) -> Tensor:
    """Rows of one length, zeros behind those that are shorter."""
    return torch.cat(
        [
            F.pad(value, (0, 0) * (value.dim() - 2) + (0, length - value.shape[1]))
            if value.dim() > 1
            else value
            for value in values
        ]
    )


def _joined(parts: Sequence[Outputs]) -> Outputs:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]} if parts else {}
