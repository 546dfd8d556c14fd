"""A comparison as JSON."""

from __future__ import annotations

from getdsl.compiler.graph.dimensions import Dim
from getdsl.diff.comparison import Comparison
from getdsl.diff.figures import Amount, Figure
from getdsl.diff.nodes import Change, NodeChange
from getdsl.diff.side import Side
from getdsl.diff.steps import Step
from getdsl.diff.verdict import Verdict
from getdsl.formats.json_values import Json
from getdsl.runs.run_folder.identity import identity, sha256_of

SCHEMA = "getdsl.diff/1"


def record(found: Comparison) -> dict[str, Json]:
    """All of it, nothing cut, as plain data."""
    return {
        "schema": SCHEMA,
        "before": _side(found.before),
        "after": _side(found.after),
        "same": found.same,
        "nodes": [_node(change) for change in found.nodes],
        "outputs": [_change(change) for change in found.outputs],
        "sections": {name: [_change(item) for item in changes] for name, changes in found.sections.items()},
        "figures": [_figure(item) for item in found.figures],
        "checkpoints": _verdict(found.verdict),
    }


def _side(side: Side) -> Json:
    return {"name": side.name, "model": side.spec.model, "sha256": sha256_of(identity(side.spec))}


def _change(change: Change) -> Json:
    return {"name": change.name, "before": change.before, "after": change.after}


def _node(change: NodeChange) -> Json:
    return {
        "fate": change.fate,
        "name": change.name,
        "was": change.was or None,
        "arguments": [_change(item) for item in change.arguments],
        "before": _step(change.before),
        "after": _step(change.after),
    }


def _step(step: Step | None) -> Json:
    if step is None:
        return None
    return {"kind": step.kind, "what": step.what, "shape": step.shape, "parameters": step.parameters}


def _figure(item: Figure) -> Json:
    """Numbers where all sizes are known, else formulas in those that are not."""
    return {
        "part": item.part or None,
        "what": item.what,
        "before": _amount(item, item.before),
        "after": _amount(item, item.after),
    }


def _amount(item: Figure, amount: Amount) -> Json:
    if not isinstance(amount, Dim):
        return amount
    return amount.value if amount.value is not None else item.text(amount)


def _verdict(found: Verdict) -> Json:
    return {
        "load": found.loads,
        "how": found.how,
        "rename": [{"old": old, "new": new} for old, new in found.rules],
        "write": "\n".join(found.load) or None,
        "open": list(found.open),
        "reasons": list(found.reasons),
        "loaded": found.loaded,
        "wanted": found.wanted,
        "new": list(found.new),
        "dropped": list(found.dropped),
        "other_shapes": [
            {"name": item.name, "before": list(item.before), "after": list(item.after)}
            for item in found.other_shapes
        ],
    }
