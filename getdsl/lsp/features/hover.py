"""What a name is: its shape or value, how it is declared, and what its doc says."""

from __future__ import annotations

from typing import NamedTuple

from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.settings import Setting, calls_of, settings_at
from getdsl.lsp.features.values import shown
from getdsl.lsp.names import Occurrence
from getdsl.text.source import Span, squeezed


class Hover(NamedTuple):
    """Markdown about what stands at a span."""

    span: Span
    markdown: str


def hover(analysis: Analysis, offset: int) -> Hover | None:
    here = analysis.index.at(analysis.source, offset)
    if here is not None:
        return Hover(here.span, "\n\n".join(filter(None, _of_name(analysis, here))))
    return _of_setting(analysis, offset)


def code(text: str) -> str:
    return f"```get\n{text}\n```"


def _of_name(analysis: Analysis, here: Occurrence) -> list[str]:
    entity = here.entity
    match entity.kind, entity.owner:
        case "definition", syntax.Definition() as definition:
            return face(definition)
        case "operation" | "function", _:
            return operation(entity.name)
        case "param" | "input" | "output" | "name", syntax.Definition() as owner:
            return _of_node(analysis, here, owner)
        case "key", _:
            return [f"`batch.{entity.name}`", _key(analysis, entity.name)]
        case "term", _:
            return [f"the term `{entity.name}`", _term(analysis, entity.name)]
        case "size", _:
            return [f"`{entity.name}` is a size that the batch tells"]
    return [_valued(entity.name, shown(analysis.values(here.node))), "of a loop"]


def face(definition: syntax.Definition) -> list[str]:
    """How a block, a source or a model is called, and what it does."""
    inputs = [f"{item.name}: {squeezed(item.type.span.text)}" for item in inputs_of(definition)]
    params = [param(item) for item in params_of(definition).values()]
    outputs = [squeezed(node.span.text) for node in _outputs(definition)]
    head = definition.kind + f" {definition.name}"
    call = usage(definition) if definition.kind != "model" else head
    lines = [*(f"input {text}" for text in inputs), *(f"param {text}" for text in params), *outputs]
    return [code("\n".join([call, *(f"    {line}" for line in lines)])), definition.doc or ""]


def param(item: syntax.Param) -> str:
    default = f" = {squeezed(item.default.span.text)}" if item.default is not None else ""
    return f"{item.name}: {squeezed(item.type.span.text)}{default}"


def operation(name: str) -> list[str]:
    """How an operation is called, what it does and an example."""
    row = OPERATIONS.get(name)
    return [code(row.usage()), row.doc, code(row.example)] if row is not None else [code(f"{name}(…)")]


def _outputs(definition: syntax.Definition) -> list[syntax.Output]:
    return [node for node in syntax.walk(definition) if isinstance(node, syntax.Output) and node.type]


def _valued(name: str, value: str) -> str:
    return (
        code(f"{name}: {value}" if value.endswith("]") and "[" in value else f"{name} = {value}")
        if value
        else ""
    )


def _of_node(analysis: Analysis, here: Occurrence, owner: syntax.Definition) -> list[str]:
    """A param, an input, a node or an output: what it is here, and how it is declared."""
    entity, node = here.entity, here.node
    declared = _declaration(owner, entity.name)
    value = shown(analysis.values(node.value if isinstance(node, syntax.Binding) else node))
    if not value and declared is not None:
        value = shown(analysis.values(declared.value if isinstance(declared, syntax.Binding) else declared))
    said = [_valued(entity.name, value)]
    match declared:
        case syntax.Param(doc=doc):
            said += [code(f"param {param(declared)}"), doc or ""]
        case syntax.Input():
            said += [code(squeezed(declared.span.text))]
        case syntax.Binding() | syntax.Output():
            said += [f"{_what(declared)} of `{owner.name}`", _weights(analysis, entity.name)]
    return said


def _what(node: syntax.Binding | syntax.Output) -> str:
    return "an output" if isinstance(node, syntax.Output) else "a node"


def _declaration(owner: syntax.Definition, name: str) -> syntax.Node | None:
    kinds = syntax.Param | syntax.Input | syntax.Binding | syntax.Output
    found = (node for node in syntax.walk(owner) if isinstance(node, kinds) and node.name == name)
    return next(found, None)


def _weights(analysis: Analysis, name: str) -> str:
    """How many parameters stand under a name of the main model."""
    spec = analysis.checked.spec
    if spec is None:
        return ""
    count = sum(
        tensor.size
        for tensor in spec.graph.tensors()
        if tensor.name.split(".")[0] == name and tensor.kind != "buffer"
    )
    return f"{count:,} parameters" if count else ""


def _key(analysis: Analysis, name: str) -> str:
    """The type of a key of the batch, by the data or by what the loss makes of it."""
    spec = analysis.checked.spec
    if spec is None:
        return ""
    outputs = spec.data.outputs if spec.data is not None else {}
    type = outputs.get(name) or spec.stages.wanted.get(name) or spec.raw.get(name)
    return code(f"batch.{name}: {type}") if type is not None else ""


def _term(analysis: Analysis, name: str) -> str:
    spec = analysis.checked.spec
    term = spec.stages.terms.get(name) if spec is not None else None
    return code(squeezed(term.setting.span.text)) if term is not None else ""


# ---- settings


def _of_setting(analysis: Analysis, offset: int) -> Hover | None:
    """The word of a section, the name of a setting, or the word of a call among settings."""
    keyword, steps = "", tuple[str, ...]()
    for node in analysis.path_to(offset):
        match node:
            case syntax.Section() | syntax.Setting():
                name = node.keyword if isinstance(node, syntax.Section) else node.name
                span = node.keyword_span if isinstance(node, syntax.Section) else node.name_span
                if span.start <= offset <= span.end:
                    return _section(name, span) if not keyword else _setting(keyword, steps, name, span)
                keyword, steps = (keyword, (*steps, name)) if keyword else (name, ())
            case syntax.Call(callee=syntax.Name(id=word)) if keyword:
                if node.callee.span.start <= offset <= node.callee.span.end:
                    return _call(keyword, steps, word, node.callee.span)
                steps = (*steps, word)
            case syntax.Keyword(name=name) | syntax.Pair(key=name) if keyword:
                span = node.name_span if isinstance(node, syntax.Keyword) else node.key_span
                if span.start <= offset <= span.end:
                    return _setting(keyword, steps, name, span)
                steps = (*steps, name)
    return None


def _section(name: str, span: Span) -> Hover | None:
    section = SECTIONS.get(name)
    if section is None:
        return None
    without = f"Without it, {section.without}." if section.without else ""
    return Hover(span, "\n\n".join(filter(None, [code(section.written), section.doc, without])))


def _setting(keyword: str, steps: tuple[str, ...], name: str, span: Span) -> Hover | None:
    found = settings_at(keyword, steps).get(name)
    return Hover(span, setting(found)) if found is not None else None


def setting(found: Setting) -> str:
    return f"{code(found.name + ' = …')}\n\n{found.doc}\n\n{found.said}"


def _call(keyword: str, steps: tuple[str, ...], word: str, span: Span) -> Hover | None:
    table = calls_of(keyword, steps).get(word)
    return Hover(span, f"{code(word + '(…)')}\n\n{(table.__doc__ or '').strip()}") if table else None
