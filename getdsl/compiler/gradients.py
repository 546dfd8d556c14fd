"""Which tensors of a step of training require a gradient, and which of them the loss reaches.

The rules are autograd's: a weight counts as reached where `backward` would leave it a gradient, be it zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from getdsl.compiler.trace import Step, Trace, Value

CUTS = frozenset({"detach", "full", "full_like", "floordiv"})
ONLY_SHAPES = {  # inputs whose sizes alone are read
    "CenterFit": {"like"},
    "ProfileTrack": {"profile"},
    "ProfileWindow": {"profile"},
}
FIRST_DECIDES = {"select": {"0"}, "masked_target": {"0"}}  # masks


@dataclass(frozen=True)
class Gradients:
    """`required` are the tensors that autograd follows, `wanted` those that get a gradient."""

    required: frozenset[Value]
    wanted: frozenset[Value]

    @property
    def reached(self) -> frozenset[str]:
        """Names of the weights that get a gradient."""
        return frozenset(value.weight for value in self.wanted if value.weight is not None)


def gradients(trace: Trace, trainable: Collection[str], ends: Iterable[Value] | None = None) -> Gradients:
    """Follows gradients through a trace from `ends`: the loss's total, without a loss every output."""
    if ends is None:
        ends = [trace.terms["total"]] if "total" in trace.terms else trace.outputs.values()
    required = {value for name, value in trace.weights.items() if name in trainable}
    for step in trace.steps:
        for name, output in step.outputs.items():
            if any(value in required for value in _sources(step, name)):
                required.add(output)
    wanted = {value for value in ends if value in required}
    for step in reversed(trace.steps):
        for name, output in step.outputs.items():
            if output in wanted:
                wanted.update(value for value in _sources(step, name) if value in required)
    return Gradients(frozenset(required), frozenset(wanted))


def _sources(step: Step, output: str) -> Iterable[Value]:
    """The operands that an output can send a gradient to."""
    if step.outputs[output].dtype != "float" or step.what in CUTS:
        return ()
    left_out = ONLY_SHAPES.get(step.what) or FIRST_DECIDES.get(step.what) or _by_params(step)
    if step.what == "Attention" and output == "attn":
        # the map is made of queries and keys; v_bias gets zeros, for the biases are added as one tensor
        left_out = {*left_out, "proj.weight", "proj.bias"}
    return [value for name, value in step.operands.items() if value.dtype == "float" and name not in left_out]


def _by_params(step: Step) -> Collection[str]:
    params: Mapping[str, object] = step.params
    if step.what in ("MotifScanner", "MotifScanPool") and not params.get("motif_prior", True):
        return {"motif_mean_std"}
    return ()
