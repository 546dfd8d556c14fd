"""All that differs between two specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from getdsl.compiler.spec import Spec
from getdsl.diff.figures import Figure, figures
from getdsl.diff.nodes import Change, NodeChange, differing, node_changes
from getdsl.diff.settings import section_changes
from getdsl.diff.side import Side
from getdsl.diff.steps import Reading
from getdsl.diff.verdict import Verdict, verdict


@dataclass(frozen=True)
class Comparison:
    """What differs, section by section; empty where the specs say the same."""

    before: Side
    after: Side
    nodes: tuple[NodeChange, ...]
    outputs: tuple[Change, ...]
    sections: Mapping[str, tuple[Change, ...]]
    figures: tuple[Figure, ...]
    verdict: Verdict

    @property
    def same(self) -> bool:
        return not self.nodes and not self.outputs and not self.sections


def compare(before: Side, after: Side, sizes: Mapping[str, int] | None = None) -> Comparison:
    """Two checked specs held against each other; `sizes` sets symbols, such as B, for their costs."""
    readings = _reading(before.spec), _reading(after.spec)
    nodes = node_changes(*readings)
    sections = section_changes(before.spec, after.spec)
    return Comparison(
        before,
        after,
        tuple(nodes),
        tuple(_outputs(*readings)),
        {name: tuple(found) for name, found in sections.items()},
        tuple(figures(before, after, nodes, sizes or {})),
        verdict(before, after),
    )


def _reading(spec: Spec) -> Reading:
    prepare = Reading(spec.prepare)
    list(prepare.steps())
    derived = {name: prepare.of_ref(ref) for name, ref in spec.prepare.outputs.items()}
    return Reading(spec.graph, derived)


def _outputs(before: Reading, after: Reading) -> list[Change]:
    """Outputs by what they are and their shapes, once the steps of both are paired."""
    return [
        _but_for_common(change) for change in differing(*(dict(_returned(each)) for each in (before, after)))
    ]


def _returned(reading: Reading) -> Iterator[tuple[str, str]]:
    for name, ref in reading.graph.outputs.items():
        made_of = reading.of_ref(ref)
        shape = str(reading.graph.type_of(ref).plain())
        yield name, shape if made_of == name else f"{made_of}  {shape}"


def _but_for_common(change: Change) -> Change:
    """An output of which only the shape is otherwise, by its shapes."""
    if change.before is None or change.after is None:
        return change
    (source, _, old), (other, _, new) = change.before.rpartition("  "), change.after.rpartition("  ")
    return Change(change.name, old, new) if source == other else change
