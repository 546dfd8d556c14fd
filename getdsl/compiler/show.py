"""What a spec says, and what of it becomes one kernel, as text."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.graph import Graph, Node
from getdsl.compiler.graph.text import argument_text, graph_text
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.passes.fuse import Candidate, find_fusions
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.stages import MetricTerm
from getdsl.text.source import squeezed

# ---- the fused graph


def fused_text(graph: Graph, fuse: bool = True) -> str:
    """Which lines become one kernel, which do not and why; then the graph that is lowered."""
    if not fuse:
        return f"fusion is turned off\n\n{graph_text(graph)}"
    lines = [_fusion(fusion) for fusion in find_fusions(graph)]
    return "\n".join([*(lines or ["nothing to fuse"]), "", graph_text(run_passes(graph, FUSIONS))])


def _fusion(found: Candidate) -> str:
    if found.obstacle is not None:
        return f"not fused  {_place(found.nodes[0])}: {found.obstacle}"
    return f"{found.fusion.told}  {' -> '.join(map(_place, found.nodes))}: {found.fusion.becomes}"


def _place(node: Node) -> str:
    return (
        f"`{node.name}`" if node.span is None else f"`{node.name}` ({node.span.file.name}:{node.span.line})"
    )


# ---- the resolved spec


def spec_text(spec: Spec) -> str:
    """Params and settings with their values, and where each came from."""
    sections = (_params(spec), _terms(spec), _source(spec), _settings(spec))
    return "\n".join(
        [f"model {spec.model}", *_documented(spec.doc), *(line for section in sections for line in section)]
    )


def _params(spec: Spec) -> Iterator[str]:
    width = max((len(name) for name in spec.params), default=0)
    for name, value in spec.params.items():
        origin = spec.origins.get(name, "")
        shown = {"default": "the file", "call": "the call"}.get(origin, origin)
        yield f"  {name.ljust(width)} = {argument_text(value)}  # {shown}"


def _terms(spec: Spec) -> Iterator[str]:
    for term in spec.stages.terms.values():
        value = squeezed(term.setting.value.span.text)
        yield f"loss.{term.name} = {value}  weight {term.shown_weight}"
    for metric in spec.stages.metric_terms.values():
        yield f"metrics.{metric.name} = [{', '.join(metric.metrics)}]{_pair(metric)}"


def _pair(metric: MetricTerm) -> str:
    if metric.setting.pair is None:
        return ""
    return f" of ({', '.join(squeezed(side.span.text) for side in metric.pair)})"


def _source(spec: Spec) -> Iterator[str]:
    for setting, source in spec.data.sources.items() if spec.data is not None else ():
        params = ", ".join(f"{name} = {argument_text(value)}" for name, value in source.params.items())
        yield f"data.{setting} = {source.name}({params})"


def _settings(spec: Spec) -> Iterator[str]:
    for name, settings in spec.settings.items():
        values = spec.section(name) if isinstance(settings.value, dict) else {"": settings.value}
        for key, item in values.items():
            path = f"{name}.{key}".rstrip(".")
            origin = "set from outside" if path in spec.overrides else "the file"
            yield f"{path} = {_setting(item)}  # {origin}"
    for part in spec.training.parts:
        yield from (f"optimizer.{part.name}.{name} = {_setting(item)}" for name, item in part.said().items())


def _documented(doc: str | None) -> list[str]:
    return [f"  # {line}".rstrip() for line in (doc or "").splitlines()]


def _setting(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_setting(item)}" for key, item in value.items()) + " }"
    return argument_text(value)
