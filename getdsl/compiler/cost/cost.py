"""What a step of training costs: floating-point operations and memory, as polynomials over the free sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from getdsl.compiler.graph.dimensions import Dim


@dataclass(frozen=True)
class Line:
    """The cost of one node of a graph: FLOPs of both passes, and bytes kept between them."""

    forward: Dim
    backward: Dim
    kept: Dim


@dataclass(frozen=True)
class Cost:
    """A step of training: `forward` and `backward` in FLOPs, all else in bytes, in float32.

    FLOPs are those of matrix products, convolutions and attention, two for a multiply-add, as
    torch.utils.flop_counter counts them. `activations` are what autograd keeps for the backward pass,
    without weights and batch, `passing` what it keeps only until a `detach`. `not_counted` names blocks
    whose cost nobody has stated, with where they are.
    """

    forward: Dim
    backward: Dim
    parameters: int
    buffers: int
    gradients: int
    optimizer: int
    activations: Dim
    passing: Dim
    batch: Dim
    not_counted: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], Line] = field(default_factory=dict, repr=False)

    def line(self, *nodes: str) -> Line | None:
        """What a node costs, named from the outermost graph inwards; None for one that costs nothing."""
        return self.lines.get(nodes)

    @property
    def flops(self) -> Dim:
        return self.forward + self.backward

    @property
    def weights(self) -> int:
        """Bytes that are there all the time."""
        return self.parameters + self.buffers + self.optimizer

    @property
    def peak(self) -> Dim:
        """An upper estimate: all of it at once, although activations go as gradients come."""
        return self.activations + self.passing + self.batch + self.weights + self.gradients

    @property
    def symbols(self) -> frozenset[str]:
        """The sizes that are still free."""
        return frozenset(map(str, self.flops.symbols | self.peak.symbols))
