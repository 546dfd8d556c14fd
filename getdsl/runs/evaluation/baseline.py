"""The figure to beat, in the units of the model's target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from getdsl.compiler.lower.measures.value_pairs import metrics_of
from getdsl.compiler.sections.figures import figure_name
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.splits import Split
from getdsl.diagnostics import SpecError, UserError
from getdsl.diagnostics.mistakes import sections
from getdsl.formats.meme import MemeError, read_meme
from getdsl.runs.evaluation.measurement import Floats

NAME = "baseline: ridge regression on summed motif hits"


def refuse_unfit_baseline(spec: Spec, settings: TrainSettings, source: DataSource) -> None:
    """Looks before the training whether there can be a baseline after it.

    Raises SpecError where the data hold no DNA, UserError where its motifs cannot be read.
    """
    if settings.baseline is None:
        return
    if dna_of(spec) is None or not isinstance(source, DeclaredData):
        place = spec.settings["train"].place(("baseline",))
        found = spec.data.name if spec.data else "absent"
        raise SpecError([sections.baseline_without_dna(settings.baseline.word, place, found)])
    try:
        read_meme(settings.baseline.motifs)
    except (MemeError, OSError) as error:
        raise UserError(
            f"the motifs of the baseline cannot be read: {error}", "give a file in MEME format"
        ) from error


def dna_of(spec: Spec) -> str | None:
    """The batch key that holds one-hot DNA; None where there is none."""
    outputs = spec.data.outputs if spec.data is not None else {}
    return next((key for key, type in outputs.items() if type.domain == "onehot"), None)


def measure_baseline(
    spec: Spec,
    settings: TrainSettings,
    source: DataSource,
    split: Split,
    targets_of: Callable[[Indices], dict[str, Floats]],
) -> dict[str, float]:
    """Of the first term whose values are compared, for a ridge that is fitted on all but the test samples.

    `targets_of` gives the targets of each term for some samples, flat. Where a mask leaves some out, so that
    they are not the same number for each region, there is no baseline.
    """
    from getdsl.data.baseline import motif_hits, ridge  # scikit-learn is slow to import

    key = dna_of(spec)
    if settings.baseline is None or key is None or not isinstance(source, DeclaredData):
        return {}
    fitted_on = np.concatenate([split.train, split.validation])
    term = next((name for name, term in spec.stages.metric_terms.items() if term.of("values")), None)
    if term is None:
        return {}
    try:
        features, tested = (
            motif_hits(source, key, indices, settings.baseline.motifs) for indices in (fitted_on, split.test)
        )
    except DataError as error:
        raise UserError(f"{error.path}: {error.problem}", error.fix) from error
    label, target = (targets_of(indices)[term] for indices in (fitted_on, split.test))
    if len(label) % len(features) or len(target) % len(tested):
        return {}
    predicted = ridge(features, label.reshape(len(features), -1), tested)
    names = spec.stages.metric_terms[term].of("values")
    values = metrics_of(names, torch.from_numpy(predicted.ravel()), torch.from_numpy(target))
    single = len(spec.stages.metric_terms) == 1
    return {figure_name(term, name, single=single): value for name, value in values.items()}
