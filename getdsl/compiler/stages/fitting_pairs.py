"""Whether metrics can compare what they are given, as far as its shapes are known."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.stages.prediction_axes import profile_axes
from getdsl.compiler.stages.stages import MetricTerm
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import terms as mistakes

ONE = Dim.of(1)


def misfits(measured: MetricTerm, prediction: TensorType, target: TensorType) -> Iterator[Diagnostic]:
    """One mistake for each kind of metrics that cannot compare the two."""
    if prediction.dims is None:
        return
    place, known = measured.setting.value.span, target.dims is not None
    shown = prediction.plain(), target.plain()
    for metric in measured.of("values")[:1]:
        if known and not _broadcast(prediction.shape, target.shape):
            yield mistakes.unlike_values(metric, *shown, place)
    for metric in measured.of("classes")[:1]:
        if prediction.dtype != "float" or (known and not _labels(prediction, target)):
            yield mistakes.unlike_classes(metric, *shown, place)
    for metric in measured.of("profiles")[:1]:
        if profile_axes(prediction, measured.loss) is None:
            yield mistakes.no_profile(metric, shown[0], place)
        elif known and not _broadcast(prediction.shape, target.shape):
            yield mistakes.unlike_profiles(metric, *shown, place)


def _broadcast(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> bool:
    """Whether two shapes go together; of sizes that only a batch tells it is not known that they do not."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return all(_meet(left, right) or ONE in (left, right) for left, right in pairs)


def _meet(one: Dim, other: Dim) -> bool:
    return one == other or one.value is None or other.value is None


def _labels(prediction: TensorType, target: TensorType) -> bool:
    """Whether a target is labels of each score, or numbers of the class that the last axis counts."""
    scores, labels = prediction.shape, target.shape
    if len(labels) == len(scores):
        return all(map(_meet, scores, labels))
    one_each = target.dtype == "int" or (bool(scores) and scores[-1] == ONE)
    return len(labels) == len(scores) - 1 and one_each and all(map(_meet, scores, labels))
