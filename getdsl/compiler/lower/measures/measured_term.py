"""All that is measured of one term."""

from __future__ import annotations

from torch import Tensor

from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.measures.classes import Classes
from getdsl.compiler.lower.measures.profiles import Profiles
from getdsl.compiler.lower.measures.value_pairs import Values
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.prediction_axes import profile_axes


class MeasuredTerm:
    """Is given what each batch compares; each of its metrics is that of all samples together."""

    def __init__(self, spec: Spec, name: str) -> None:
        self.term = term = spec.stages.metric_terms[name]
        graph = next(iter(spec.stages.metrics.values()))
        self.values = Values() if term.of("values") else None
        self.classes = Classes(name, term.loss) if term.of("classes") else None
        self.profiles: Profiles | None = None
        if term.of("profiles"):
            axes = profile_axes(graph.type_of(graph.outputs[f"{name}.prediction"]), term.loss)
            assert axes is not None
            self.profiles = Profiles(name, term.loss, axes)

    def add(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        """Raises InputError where the targets are not what the metrics compare."""
        for each in (self.values, self.classes, self.profiles):
            if each is None:
                continue
            try:
                each.add(prediction, target, mask)
            except RuntimeError as error:
                sides = f"{list(prediction.shape)} and {list(target.shape)}"
                raise InputError(f"the metrics of `{self.term.name}` cannot compare {sides}") from error

    def figures(self) -> dict[str, float]:
        """In the order of the spec. Raises InputError where a metric cannot be taken of what was added."""
        found: dict[str, float] = {}
        if self.values is not None:
            found |= self.values.figures(self.term.of("values"))
        if self.classes is not None:
            found |= self.classes.figures(self.term.of("classes"))
        if self.profiles is not None:
            found |= self.profiles.figures(self.term.of("profiles"))
        return {name: found[name] for name in self.term.metrics}
