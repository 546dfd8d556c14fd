"""What a check knows of the names that completion offers."""

from __future__ import annotations

from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.values import shown


def types_of(analysis: Analysis) -> dict[str, str]:
    """The shapes and values of the names of a document's definitions; the last of several of one name."""
    found: dict[str, str] = {}
    for node, values in analysis.witness.values.items():
        if isinstance(node, syntax.Param | syntax.Input | syntax.Output) and node.name:
            found[node.name] = shown(values)
    for item in analysis.unit.file.items:
        for node in syntax.walk(item):
            if isinstance(node, syntax.Binding) and (text := shown(analysis.values(node.value))):
                found[node.name] = text
    return found


def keys_of(analysis: Analysis) -> dict[str, str]:
    """The keys of the batch, with their types where those are known."""
    spec = analysis.checked.spec
    found = {
        item.entity.name: ""
        for item in analysis.index.of_file(analysis.source)
        if item.entity.kind in ("key", "input")
    }
    if spec is not None:
        outputs = spec.data.outputs if spec.data is not None else {}
        found |= {name: str(type) for name, type in {**spec.stages.wanted, **spec.raw, **outputs}.items()}
    return found
