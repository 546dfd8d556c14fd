"""What the checks of settings may know beside the settings."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.sections.figures import figures


class Facts(NamedTuple):
    """A spec's model, loss and data, as far as they are known.

    `unsure` are names of the model whose meaning is lost to what was reported. `terms` are those of the loss,
    `metrics` those of them that are measured, with their metrics. `batch` is what the data source yields.
    `epochs` or `steps` are trained, by what the settings say; both None where they are wrong.
    Where `measured` is false loss, metrics or data are wrong, and nothing is said about figures.
    """

    graph: Graph
    unsure: Collection[str] = ()
    terms: Sequence[str] = ()
    metrics: Mapping[str, Sequence[str]] = MappingProxyType({})
    measured: bool = True
    validates: bool = False
    source: str | None = None
    batch: Mapping[str, TensorType] = MappingProxyType({})
    epochs: int | None = None
    steps: int | None = None

    def figures(self) -> Mapping[str, str] | None:
        """What a monitor may name, and the columns of the history that it means; None where unsure."""
        return figures(self.terms, self.metrics, validates=self.validates) if self.measured else None

    def figures_with_validation(self) -> Mapping[str, str]:
        """What it could name if the data set samples aside."""
        return figures(self.terms, self.metrics, validates=True)
