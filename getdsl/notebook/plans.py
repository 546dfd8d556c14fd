"""A plan: what is loaded, new, frozen and adapted, as shares, a row a block, and a row a tensor."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from getdsl.compiler.plan.page.leftovers import leftover_lines, suggestion_lines
from getdsl.compiler.plan.page.report import file_lines
from getdsl.compiler.plan.page.tensor_table import BLOCKS, TENSORS, block_rows, tensor_rows
from getdsl.compiler.plan.plan import Plan, TensorPlan
from getdsl.notebook.diagnostics import told
from getdsl.notebook.framed import folded, framed, rows, shown, title

NUMBERS = tuple(BLOCKS.index(name) for name in ("tensors", "parameters", "frozen", "trainable"))


def plan(plan: Plan) -> str:
    return framed(_parts(plan))


def _parts(plan: Plan) -> Iterator[str]:
    weights = [tensor for tensor in plan.tensors.values() if tensor.kind != "buffer"]
    origins = _shares({tensor.name: tensor.origin for tensor in weights}, plan)
    states = _shares({tensor.name: _state(tensor) for tensor in weights}, plan)
    can = "it can be carried out" if plan.ok else "it cannot be carried out"
    yield title("Plan", f"{origins.total():,} parameters in {len(weights):,} tensors", can)
    yield from (f'<p class="soft">{shown(line)}</p>' for line in file_lines(plan))
    yield from (_bar(origins), _bar(states))
    yield rows(BLOCKS, block_rows(plan), NUMBERS)
    yield folded(f"{len(plan.tensors):,} tensors", rows(TENSORS, tensor_rows(plan), most=1000))
    yield _lines(leftover_lines(plan, every=False))
    if plan.suggestions:
        yield folded("What to rename", _lines(suggestion_lines(plan)))
    yield from told(plan.diagnostics)


def _state(tensor: TensorPlan) -> str:
    if tensor.adapter is not None:
        return "adapted"
    return "trained" if tensor.trainable else "frozen"


def _shares(kinds: Mapping[str, str], plan: Plan) -> Counter[str]:
    """The parameters of each kind."""
    counts: Counter[str] = Counter()
    for name, kind in kinds.items():
        counts[kind] += math.prod(plan.tensors[name].shape)
    return counts


def _bar(shares: Counter[str]) -> str:
    """Shares as a bar in their colours, and what they are."""
    kinds = [(kind, count) for kind, count in shares.items() if count]
    pieces = [
        f'<span style="flex: {count} 0 3px; background: var(--{kind})"></span>' for kind, count in kinds
    ]
    keys = [
        f'<span><i style="background: var(--{kind})"></i>{kind} {100 * count / shares.total():.3g} %</span>'
        for kind, count in kinds
    ]
    bar = f'<div class="bar">{"".join(pieces)}</div>' if len(kinds) > 1 else ""
    return f'{bar}<div class="keys">{"".join(keys)}</div>' if kinds else ""


def _lines(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return f"<pre>{shown(text)}</pre>" if lines else ""
