"""A few alternates on their way through a model."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.compiler.lower.rerun.edits import Edits
from getdsl.compiler.lower.rerun.needs import before_of
from getdsl.compiler.lower.rerun.patches import Patch, cut_from, overlaid, stretches
from getdsl.compiler.lower.rerun.reference import Reference
from getdsl.compiler.lower.rerun.segments import touched_pools
from getdsl.compiler.lower.rerun.step_calls import Calls
from getdsl.compiler.reach import Course, Way
from getdsl.compiler.work import Value
from getdsl.compiler.work.reach import Along


class Following:
    """V alternates of samples `sample` [V] of a reference: patches of its values, or values as a whole."""

    def __init__(
        self,
        course: Course,
        calls: Calls,
        reference: Reference,
        sample: Tensor,
    ) -> None:
        self.course, self.calls, self.reference, self.needs = course, calls, reference, reference.needs
        self.sample = sample
        self.sizes = reference.sizes.of_samples(course.batch, len(sample))
        self.patches: dict[Value, Patch] = {}
        self.wholes: dict[Value, Tensor] = {}

    def outputs(self, changed: str, edits: Edits) -> dict[str, Tensor]:
        value = self.course.inputs[changed]
        kept = self.reference.values[value]
        self.patches[value] = Patch(edits.values.to(kept), 1, edits.start.cpu())
        for way in self.course.ways:
            if way.reach is not None and any(each in self.needs for each in way.step.outputs.values()):
                self._follow(way)
        return {name: self.whole(value) for name, value in self.course.by_sample().items()}

    def _follow(self, way: Way) -> None:
        reach = way.reach
        if not isinstance(reach, Along):
            self.wholes |= self.calls.call(way.step, self.whole, self.sizes)
        elif reach.form == "segments":
            self._pool(way, reach)
        else:
            self._rerun(way, reach)

    # -- values

    def whole(self, value: Value) -> Tensor:
        """All of a value, [V, …], or as it is where it is one for all samples."""
        if value in self.wholes:
            return self.wholes[value]
        if value in self.patches:
            patch = self.patches[value]
            length = self.sizes.length(value, patch.axis)
            return self._stretch(value, patch.axis, torch.zeros_like(patch.start), length)
        kept = self.reference.values[value]
        return kept[self.sample.to(kept.device)] if self._by_sample(value) else kept

    def _by_sample(self, value: Value) -> bool:
        return value.dims is not None and value.dims[:1] == (self.course.batch,)

    def _stretch(self, value: Value, axis: int, start: Tensor, width: int) -> Tensor:
        """Positions from `start` [V] on of the alternates' value."""
        patch = self.patches.get(value)
        if patch is not None and (found := cut_from(patch, start, width)) is not None:
            return found
        found = stretches(self.reference.values[value], self.sample, axis, start, width)
        return found if patch is None else overlaid(found, start, patch)

    # -- steps

    def _rerun(self, way: Way, reach: Along) -> None:
        """A step, on what it reads for the stretch of its outputs that is touched."""
        start, width = self._touched(way, reach)
        at, wide = self._read(way, reach, start, width)
        rank = len(way.step.output.shape)
        given = {
            way.step.operands[name]: self._operand(way.step.operands[name], axis, at, wide, rank)
            for name, axis in reach.operands.items()
        }
        if reach.form == "cut" and reach.args is None:
            found = {way.step.output: next(iter(given.values()))}
        else:
            found = self.calls.call(
                way.step,
                lambda value: given[value] if value in given else self.whole(value),
                self.sizes,
                reach.args,
                "unpadded" if reach.form == "unpadded" else "__call__",
            )
        self.patches |= {value: Patch(tensor, reach.axis, start) for value, tensor in found.items()}

    def _operand(self, value: Value, axis: int, start: Tensor, width: int, rank: int) -> Tensor:
        if value in self.patches or self._by_sample(value):
            return self._stretch(value, axis, start, width)
        return self._shared(value, axis, start, width, rank)

    def _shared(self, value: Value, axis: int, start: Tensor, width: int, rank: int) -> Tensor:
        """Stretches of a value that is one for all samples, with as many axes as what it goes with."""
        one = self.calls.weight(value) if value.weight is not None else self.reference.values[value]
        lifted = one.reshape(*(1,) * (rank - one.dim()), *one.shape)
        first = torch.zeros_like(self.sample)
        return stretches(lifted, first, axis + rank - one.dim(), start, width)

    def _touched(self, way: Way, reach: Along) -> tuple[Tensor, int]:
        """The stretch of a step's outputs that its operands' patches reach, as far as it is needed."""
        step = way.step
        patches = [self.patches[value] for value in set(step.operands.values()) if value in self.patches]
        if reach.pointwise and len(patches) == 1:
            return patches[0].start, patches[0].width
        low = torch.stack([self._first(way, reach, patch) for patch in patches]).amin(0)
        high = torch.stack([self._last(way, reach, patch) for patch in patches]).amax(0)
        wanted = [self.needs[value] for value in step.outputs.values() if value in self.needs]
        first, last = min(low for low, _ in wanted), max(high for _, high in wanted)
        low, high = low.clamp(first, last), high.clamp(first, last)
        width = max(1, int((high - low).max()))
        return low.clamp(max=last - width), width

    def _first(self, way: Way, reach: Along, patch: Patch) -> Tensor:
        """The first position of the outputs that reads of a patch."""
        if reach.form == "reversed":
            return self.sizes.length(way.step.output, reach.axis) - patch.stop
        ahead = patch.start + before_of(way, reach, self.sizes) - (reach.span - 1)
        return -(-ahead // reach.stride)

    def _last(self, way: Way, reach: Along, patch: Patch) -> Tensor:
        """The position of the outputs behind the last that reads of a patch."""
        if reach.form == "reversed":
            return self.sizes.length(way.step.output, reach.axis) - patch.start
        return (patch.stop - 1 + before_of(way, reach, self.sizes)) // reach.stride + 1

    def _read(self, way: Way, reach: Along, start: Tensor, width: int) -> tuple[Tensor, int]:
        """What of its operands a step reads for a stretch of its outputs."""
        if reach.form == "reversed":
            return self.sizes.length(way.step.output, reach.axis) - start - width, width
        before = before_of(way, reach, self.sizes)
        return start * reach.stride - before, (width - 1) * reach.stride + reach.span

    def _pool(self, way: Way, reach: Along) -> None:
        """The pools that a patch touches, with what the kernel reads around them."""
        [(name, axis)] = reach.operands.items()
        x, lengths = way.step.operands[name], way.step.operands[reach.lengths]
        pools = touched_pools(reach, self.patches[x], self.whole(lengths))
        around = self._stretch(x, axis, pools.start, pools.width)
        given = {x: around, lengths: pools.lengths.to(around.device)}
        found = self.calls.call(
            way.step, lambda value: given[value] if value in given else self.whole(value), self.sizes
        )
        ahead = 1 if reach.before else 0
        self.patches |= {
            value: Patch(tensor[:, ahead:], reach.axis, pools.first) for value, tensor in found.items()
        }
