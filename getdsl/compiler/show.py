"""Stages of the compiler as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from getdsl.compiler.graph.graph import Graph, Node, Ref, SliceArgument
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.passes.fuse import Candidate, find_fusions
from getdsl.compiler.spec import Spec
from getdsl.grammar import syntax

# ---- the syntax tree


def syntax_text(file: syntax.File) -> str:
    return "\n".join(line for item in file.items for line in _tree(item, 0))


def _tree(node: syntax.Node, depth: int) -> Iterator[str]:
    plain = []
    nested: list[tuple[str, Any]] = []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "span" or field.name.endswith("_span") or value is None or value == ():
            continue
        if isinstance(value, syntax.Node) or (isinstance(value, tuple) and isinstance(value[0], syntax.Node)):
            nested.append((field.name, value))
        else:
            plain.append(f"{field.name}={value!r}")
    yield f"{'  ' * depth}{type(node).__name__}({', '.join(plain)})  @{node.span.line}:{node.span.column}"
    for name, value in nested:
        yield f"{'  ' * (depth + 1)}{name}:"
        for item in value if isinstance(value, tuple) else (value,):
            yield from _tree(item, depth + 2)


# ---- the graph


def graph_text(graph: Graph, depth: int = 0) -> str:
    """The graph, one node a line, nested graphs below it."""
    return "\n".join(_graph(graph, depth))


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


def _graph(graph: Graph, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}graph {graph.name}"
    for node in graph.nodes.values():
        types = ", ".join(f"{name}: {type}" if name else str(type) for name, type in node.outputs.items())
        yield f"{pad}  {node.name} = {_call(node)}  # {types}"
    outputs = ", ".join(f"{name or 'output'} = {_argument(ref)}" for name, ref in graph.outputs.items())
    yield f"{pad}  return {outputs}"
    for module in graph.modules.values():
        params = ", ".join(f"{name} = {_argument(value)}" for name, value in module.params.items())
        yield f"{pad}  module {module.name}: {module.block}({params})"
        if module.graph is not None:
            yield from _graph(module.graph, depth + 2)


def _call(node: Node) -> str:
    if node.kind in ("input", "parameter"):
        return f"{node.kind} {node.target}"
    arguments = [
        *map(_argument, node.args),
        *(f"{name} = {_argument(value)}" for name, value in node.kwargs.items()),
    ]
    return f"{'module ' if node.kind == 'module' else ''}{node.target}({', '.join(arguments)})"


def _argument(value: Any) -> str:
    if isinstance(value, Ref):
        return f"{value.node}.{value.output}" if value.output else value.node
    if isinstance(value, SliceArgument):
        return f"{'' if value.start is None else value.start}:{'' if value.stop is None else value.stop}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_argument, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return (
        {None: "none", Ellipsis: "..."}.get(value, str(value))
        if value is None or value is Ellipsis
        else str(value)
    )


# ---- the resolved spec


def spec_text(spec: Spec) -> str:
    """Params and settings with their values, and where each came from."""
    lines = [f"model {spec.model}", *_documented(spec.doc)]
    width = max((len(name) for name in spec.params), default=0)
    for name, value in spec.params.items():
        origin = {"default": "the file", "call": "the call"}.get(
            spec.origins.get(name, ""), spec.origins.get(name, "")
        )
        lines.append(f"  {name.ljust(width)} = {_argument(value)}  # {origin}")
    for term in spec.stages.terms.values():
        lines.append(
            f"loss.{term.name} = {' '.join(term.setting.value.span.text.split())}  weight {term.weight:g}"
        )
    for metric in spec.stages.metric_terms.values():
        lines.append(f"metrics.{metric.name} = [{', '.join(metric.metrics)}]")
    if spec.source is not None:
        params = ", ".join(f"{name} = {_argument(value)}" for name, value in spec.source.params.items())
        lines.append(f"data.source = {spec.source.name}({params})")
    for name, settings in spec.settings.items():
        lines += [
            f"{path} = {_argument_plain(value)}  # {_origin(spec, path)}"
            for key, value in _entries(settings.value)
            for path in (f"{name}.{key}".rstrip("."),)
            if key != "source"
        ]
    return "\n".join(lines)


def _documented(doc: str | None) -> list[str]:
    return [f"  # {line}".rstrip() for line in (doc or "").splitlines()]


def _entries(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else [("", value)]


def _origin(spec: Spec, path: str) -> str:
    return "set from outside" if path in spec.overrides else "the file"


def _argument_plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_argument_plain(item)}" for key, item in value.items()) + " }"
    return _argument(value)
