"""The counts of batches that BatchNorm keeps; files of other libraries, and of old versions, have none."""

from __future__ import annotations

from collections.abc import Collection, Iterable

COUNT, MEAN = ".num_batches_tracked", ".running_mean"


def uncounted(names: Iterable[str], given: Collection[str]) -> set[str]:
    """The counts that are not among the tensors given, while the means that they belong to are."""
    counts = (name for name in names if name.endswith(COUNT) and name not in given)
    return {name for name in counts if name.removesuffix(COUNT) + MEAN in given}
