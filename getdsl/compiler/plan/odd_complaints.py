"""What is to be said of tensors that are wanted and cannot be loaded, and of counts that no file has."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.plan.matching.counts import uncounted
from getdsl.compiler.plan.matching.matched import Matched
from getdsl.compiler.plan.plan import Plan
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import loads


def unloadable(item: Matched, plan: Plan) -> Iterator[Diagnostic]:
    """One for all tensors of a file that the model wants, and whose values are no plain numbers."""
    refused = [left.source.key for left in item.of_fate("refused") if left.name in plan.tensors]
    whys = {key: item.header.tensors[key].unread for key in refused if item.header.tensors[key].unread}
    if whys:
        yield loads.unloadable(item.load.file, item.load.span, whys)


def counts_from_zero(item: Matched, plan: Plan) -> Iterator[Diagnostic]:
    """One for all counts of batches that begin anew beside means of a file."""
    counts = [name for name, tensor in plan.tensors.items() if tensor.origin == "new"]
    found = uncounted(counts, item.tensors)
    if found:
        yield loads.counts_from_zero(item.load.file, item.load.span, sorted(found))
