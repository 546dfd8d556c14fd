"""What is offered at a place, by its context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from getdsl.compiler.program import Program
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.grammar.words import DEFINITIONS
from getdsl.lsp.completion.bodies import Names, in_body
from getdsl.lsp.completion.candidates import Candidate, definitions
from getdsl.lsp.completion.context import Context, context_at
from getdsl.lsp.completion.paths import used_paths
from getdsl.lsp.completion.sections import at_file, in_section, in_settings, in_string, section_scope


def completions(
    program: Program, offset: int, types: Mapping[str, str], keys: Mapping[str, str]
) -> tuple[Context, list[Candidate]]:
    """What may be written at a place of the program's main file, and what is begun there.

    `types` are those of nodes, and `keys` those of the batch, as far as an earlier check knows them.
    """
    assert program.unit is not None
    source = program.unit.file.source
    context = context_at(source.text, offset)
    names = Names(program, source.text, offset, context.bodies[0] if context.bodies else None)
    found: dict[str, Candidate] = {}
    for item in _offered(names, context, dict(types), dict(keys)):
        known = found.get(item.label)
        if known is None or item.rank < known.rank:
            found[item.label] = item
    return context, sorted(found.values(), key=lambda item: (item.rank, item.label))


def _offered(
    names: Names, context: Context, types: dict[str, str], keys: dict[str, str]
) -> Iterator[Candidate]:
    keyword = _section(context)
    if context.inside == "comment":
        return
    if context.inside == "string":
        if context.before == "use":
            source = names.program.unit.file.source if names.program.unit is not None else None
            yield from used_paths(context.prefix, source.path if source is not None else None)
        else:
            yield from in_string(names, context, keyword)
    elif keyword:
        if context.bodies:
            yield from in_section(names, context, keyword, types, keys)
        else:
            yield from in_settings(context, keyword, section_scope(names), types)
    elif context.bodies:
        yield from in_body(names, context, types)
    elif context.before == "extends":
        yield from definitions(names.program, ("model",), 2)
    elif context.inner.char == "" and not context.inner.words:
        yield from at_file(names)


def _section(context: Context) -> str:
    """The section that a place is in, by its word; empty in definitions and between items."""
    outermost = context.brackets[1] if len(context.brackets) > 1 else None
    words = outermost.head if outermost is not None else tuple(context.inner.words)
    first = words[0] if words else ""
    is_section = first in SECTIONS and first not in DEFINITIONS
    return first if is_section and (outermost is not None or len(words) > 1) else ""
