"""What regions are worth to a model: each is silenced in turn, and the outputs of its sample compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.data_source import Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.hashing import sha256_of
from getdsl.data.overlaps import Stretches, near
from getdsl.data.regions.rows import rows_of
from getdsl.data.sample_places import SamplePlaces, places_of
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.other_regions import over_regions
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import where_it_computes
from getdsl.runs.ranks.agreement import agreed
from getdsl.runs.score.computing import Outputs
from getdsl.runs.score.effects import effects_of, outputs_of
from getdsl.runs.score.scorer import effect_columns
from getdsl.runs.score.tables import Row, table_of
from getdsl.runs.score.written import Rows, Scored, Step, made_of, opened, write_results

PART = 16  # samples of a part
AT_ONCE = 64  # silenced samples that are run at once


def inactivate(
    path: Path,
    output: Path,
    peaks: Path | None = None,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done: None,
    *,
    regions: Path | None = None,
) -> Scored:
    """Writes a row for each region of each sample: what the outputs become where all that is read of it is 0.

    With `peaks` only for regions that overlap one of that file; of samples of `regions`, instead
    of the run's. Killed, it goes on where it was. Raises UserError and SpecError.
    """
    with opened(path, options, overrides) as session:
        silenced = agreed(lambda: Silenced(over_regions(session, regions), peaks))
        table = table_of(output, silenced.columns, None)
        scored, about = Scored(), made_of(session, silenced.source, "")
        about["peaks"] = sha256_of(peaks) if peaks is not None else None
        write_results(session, output, table, about, silenced.groups(scored), silenced.made, scored, step)
    return scored


class Silenced:
    """The samples of a session whose regions are silenced. Raises UserError where samples have one region."""

    def __init__(self, session: Session, peaks: Path | None) -> None:
        refuse_untrusted(session.spec, session.options.trust)
        self.source = session.source
        self.places = places_of(self.source)
        declared = isinstance(self.source, DeclaredData)
        if declared and self.places.rows.shape[1] < 2:
            raise UserError(
                "a sample of the run's data is one region, so that none can be silenced beside others",
                "it is for models of windows of regions: `samples = Windows(size = 200)`",
            )
        if peaks is not None and not declared:
            raise UserError("the run's data do not say where regions lie", "leave the file of peaks away")
        self.told = declared  # whether it is known which regions a sample has
        self.chosen = _chosen(self.places, peaks)
        self.silencing = Silencing(where_it_computes(session.compiled, session.options))
        self.outputs = outputs_of(session.spec, None)

    @property
    def columns(self) -> dict[str, type]:
        named: dict[str, type] = {"sample": int, "place": int, "region": str, "chrom": str}
        return named | {"start": int, "end": int} | effect_columns(self.outputs)

    def groups(self, scored: Scored) -> list[list[int]]:
        """The samples of each part that have a region to silence."""
        samples = np.flatnonzero(self.chosen[self.places.rows].any(axis=1)).tolist()
        scored.records = len(samples)
        return [samples[start : start + PART] for start in range(0, len(samples), PART)]

    def made(self, group: Sequence[int]) -> Rows:
        return [(None, [row for sample in group for row in self.rows(sample)])]

    def rows(self, sample: int) -> list[Row]:
        with reading():
            batch = self.source.batch(np.array([sample]))
        inputs = self.silencing.inputs(batch)
        own = np.arange(self.silencing.regions(inputs))
        if self.told:
            own = np.flatnonzero(self.chosen[self.places.rows[sample]])
        effects = effects_of(self.outputs, [self.silencing.outputs(inputs, own)])
        return [
            {"sample": sample, "place": place, **self._region(sample, place)}
            | {name: values[at].item() for name, values in effects.items()}
            for at, place in enumerate(own.tolist())
        ]

    def _region(self, sample: int, place: int) -> Row:
        places = self.places
        row = int(places.rows[sample, place if self.told else 0])
        found: Row = {"chrom": places.chromosomes[places.chrom[row]]}
        if not self.told or places.regions is None:
            return found
        name, start, end = (getattr(places.regions, name)[row] for name in ("name", "start", "end"))
        return {**found, "region": str(name), "start": int(start), "end": int(end)}


class Silencing:
    """A model whose inputs have an axis of regions."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled

    def inputs(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        device = self.compiled.device
        return self.compiled.prepare({name: value.to(device) for name, value in batch.items()})

    def regions(self, inputs: Mapping[str, Tensor]) -> int:
        return inputs[self.silenced[0]].shape[1]

    def outputs(self, inputs: Mapping[str, Tensor], places: Indices) -> tuple[Outputs, Outputs]:
        """The outputs of a sample [n, …] as it is, and with each of some of its regions silenced."""
        self.compiled.eval()
        with torch.no_grad():
            before = {name: value.cpu() for name, value in self.compiled.module(**inputs).items()}
            parts = [
                self._run(inputs, places[start : start + AT_ONCE]) for start in range(0, len(places), AT_ONCE)
            ]
        after = {name: torch.cat([part[name] for part in parts]) for name in before}
        return {name: value.expand_as(after[name]) for name, value in before.items()}, after

    @cached_property
    def silenced(self) -> list[str]:
        """The inputs of numbers for each region, of which the first has several. Raises UserError without."""
        types = {
            name: type
            for name, type in self.compiled.spec.graph.inputs.items()
            if type.dtype == "float" and type.domain is None and len(type.dims or ()) > 1
        }
        wide = [name for name, type in types.items() if len(type.shape) > 2]
        if not wide:
            raise UserError(
                "no input of the model is [B, R, …], numbers for each region", "give the model such an input"
            )
        regions = types[wide[0]].shape[1]
        return [wide[0], *(n for n, type in types.items() if n != wide[0] and type.shape[1] == regions)]

    def _run(self, inputs: Mapping[str, Tensor], places: Indices) -> Outputs:
        number, device = len(places), self.compiled.device
        rows = torch.arange(number, device=device)
        changed = {name: value.repeat(number, *(1,) * (value.dim() - 1)) for name, value in inputs.items()}
        for name in self.silenced:
            changed[name][rows, torch.from_numpy(places).to(device)] = 0
        return {name: value.cpu() for name, value in self.compiled.module(**changed).items()}


def _chosen(places: SamplePlaces, peaks: Path | None) -> Any:
    """The regions [N] that are silenced."""
    if peaks is None:
        return np.ones(len(places.chrom), bool)
    if places.start is None or places.end is None:
        raise UserError("the run's data do not say where regions lie", "leave the file of peaks away")
    with reading():
        rows = rows_of(peaks)
    names = {name: number for number, name in enumerate(places.chromosomes)}
    numbers = np.array([names.get(places.renamed.get(name, name), -1) for name in rows.chromosomes], np.int64)
    own = numbers[rows.number] >= 0
    those = Stretches(numbers[rows.number][own], rows.start[own], rows.end[own])
    found = near(Stretches(places.chrom, places.start, places.end), those) >= 0
    if not found.any():
        raise UserError(f"`{peaks}` overlaps no region of the run's data", "give peaks of these regions")
    return found
