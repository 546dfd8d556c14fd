"""The figure to beat, in the units of the model's target."""

from __future__ import annotations

import numpy as np

from getdsl.compiler.sections.figures import figure_name
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.data.embedded import resolve
from getdsl.data.errors import DataError
from getdsl.data.sequence_regions import SequenceRegions
from getdsl.data.splits import Split
from getdsl.diagnostics import SpecError, UserError
from getdsl.diagnostics.mistakes import sections
from getdsl.formats.meme import MemeError, read_meme
from getdsl.runs.measurement import Floats, metrics_of

NAME = "baseline: ridge regression on summed motif hits"
SAME = 1e-4  # how far a target may lie from a straight line through the labels, in their own units


def refuse_unfit_baseline(spec: Spec, settings: TrainSettings, source: DataSource) -> None:
    """Looks before the training whether there can be a baseline after it.

    Raises SpecError where it cannot read the data source, UserError where its motifs cannot be read.
    """
    if settings.baseline is None:
        return
    if isinstance(source, SequenceRegions):
        motifs = settings.baseline.motifs
        try:
            read_meme(resolve(motifs))
        except (DataError, MemeError, OSError) as error:
            raise UserError(
                f"the motifs of the baseline cannot be read: {error}", "give a file in MEME format"
            ) from error
        return
    place = spec.settings["train"].place(("baseline",))
    found = spec.source.name if spec.source else "absent"
    raise SpecError([sections.baseline_without_dna(settings.baseline.word, place, found)])


def measure_baseline(
    spec: Spec,
    settings: TrainSettings,
    source: DataSource,
    split: Split,
    pairs: dict[str, tuple[Floats, Floats]],
) -> dict[str, float]:
    """The metrics of the first measured term, for the baseline on the test samples.

    The ridge predicts log2(1 + cut_sites). Where the model's target is a multiple of that plus a constant,
    such as a standardised label, so are its predictions; elsewhere only correlations are measured.
    """
    from getdsl.data.baseline import motif_ridge  # scikit-learn is slow to import

    if settings.baseline is None or not pairs or not isinstance(source, SequenceRegions):
        return {}
    term, (_, target) = next(iter(pairs.items()))
    label = np.log2(1 + source.cut_sites(split.test).numpy())
    if len(label) != len(target):
        return {}
    try:
        predicted = motif_ridge(source, split, settings.baseline.motifs)
    except DataError as error:
        raise UserError(f"{error.path}: {error.problem}", error.fix) from error
    wanted = spec.stages.metric_terms[term].metrics
    slope, offset = np.polyfit(label.astype(float), target.astype(float), 1)
    if np.abs(slope * label + offset - target).max() > SAME * max(1.0, float(np.ptp(target))):
        wanted = tuple(name for name in wanted if name in ("pearson", "spearman"))
        slope, offset = 1.0, 0.0
    values = metrics_of(wanted, (slope * predicted + offset).astype(np.float32), target)
    single = len(spec.stages.metric_terms) == 1
    return {figure_name(term, name, single=single): value for name, value in values.items()}
