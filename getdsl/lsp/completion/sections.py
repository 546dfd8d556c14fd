"""What may be written in sections, and where a file's statements begin."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.sections.measured import METRICS
from getdsl.grammar import syntax
from getdsl.lsp.completion.bodies import Names, choices, in_call
from getdsl.lsp.completion.candidates import Candidate, definitions, of_settings, operations, words
from getdsl.lsp.completion.context import Context, Open
from getdsl.lsp.features.settings import calls_of, settings_at
from getdsl.lsp.names.scopes import Scope

FILE_WORDS = {
    "use": "models and blocks of another file",
    "model": "a graph; the last model is the one that sections apply to",
    "block": "a block of your own",
    "source": "a data source of your own",
}
TERM_WORDS = {
    "where": "a mask, which selects",
    "weight": "what the term is multiplied by",
    "of": "what is compared",
}


def at_file(names: Names) -> Iterator[Candidate]:
    """Where a definition or a section may begin."""
    yield from words(FILE_WORDS, rank=1)
    unit = names.program.unit
    there = {item.keyword for item in unit.file.items if isinstance(item, syntax.Section)} if unit else set()
    for name, section in SECTIONS.items():
        if name not in there or section.form == "labelled":
            insert = (
                f"{name} = "
                if section.form == "setting"
                else f"{name} {{"
                if section.form == "block"
                else name
            )
            yield Candidate(name, "setting", section.written, section.doc, insert, 2)


def section_scope(names: Names) -> Scope | None:
    """The scope of the model that the sections of the file are about."""
    unit = names.program.unit
    model = unit.last_model() if unit is not None else None
    if model is None:
        used = [item for item in names.program.visible().values() if item.kind == "model"]
        model = used[-1] if used else None
    return Scope(names.program, model) if model is not None else None


def in_section(
    names: Names, context: Context, keyword: str, types: dict[str, str], keys: dict[str, str]
) -> Iterator[Candidate]:
    """In a section, by its keyword: terms, sources of data, or settings."""
    scope = section_scope(names)
    if context.before == ".":
        if context.inner.words[-2:-1] == ["batch"]:
            yield from (Candidate(name, "key", type, rank=0) for name, type in keys.items())
        return
    if keyword in ("loss", "metrics"):
        yield from _in_terms(names, context, keyword, scope, types)
    elif keyword == "data":
        yield from _in_data(names, context, scope)
    else:
        yield from in_settings(context, keyword, scope, types)


def _in_terms(
    names: Names, context: Context, keyword: str, scope: Scope | None, types: dict[str, str]
) -> Iterator[Candidate]:
    inner = context.inner
    outputs = scope.outputs if scope is not None else {}
    if inner.char == "{" and not inner.words:
        for name in outputs:
            yield Candidate(name, "node", types.get(name, ""), "an output", f"{name} = ", 1)
        yield from words({"for": "a term for each item", "remove": "takes away a term of a parent"})
        return
    if keyword == "metrics" and (inner.char == "[" or context.before == "="):
        yield from (Candidate(name, "word", row.doc, rank=1) for name, row in METRICS.items())
        return
    if inner.char == "{" and context.before != "=":
        yield from words(TERM_WORDS, rank=2)
    if inner.char == "(" and inner.callee:
        yield from in_call(names, inner)
    if context.before == "=":
        yield from definitions(names.program, ("block",), 3)
    for name in outputs:
        yield Candidate(name, "node", types.get(name, ""), "an output", rank=1)
    if scope is not None:
        yield from (Candidate(name, "node", types.get(name, ""), rank=4) for name in scope.body)
    yield Candidate("batch", "word", doc="the batch as it is read", rank=2)
    yield from operations()


def _in_data(names: Names, context: Context, scope: Scope | None) -> Iterator[Candidate]:
    inner = context.inner
    if inner.char == "(" and inner.callee:
        yield from in_call(names, inner)
        return
    steps = _steps(context.bodies)
    if steps == ("batch",) and not inner.words:
        for name, declared in (scope.body if scope is not None else {}).items():
            if isinstance(declared[-1].node, syntax.Input) and name not in inner.given:
                yield Candidate(name, "key", "an input of the model", "", f"{name} = ", 1)
    elif not inner.words:
        yield from of_settings(settings_at("data", steps), inner.given)
        if not steps:
            yield Candidate("batch", "setting", "batch { … }", "the keys of a batch", "batch {", 2)
    elif context.before == "=":
        yield from definitions(names.program, ("source",), 2)
        yield from _values("data", (*steps, inner.words[0]))


def in_settings(
    context: Context, keyword: str, scope: Scope | None, types: dict[str, str]
) -> Iterator[Candidate]:
    """Settings by name, and their values: words and calls, or names of the model's parts."""
    inner = context.inner
    steps = _steps(context.bodies) + ((inner.callee,) if inner.char == "(" else ())
    if inner.char in ("(", "{") and not inner.words:
        yield from of_settings(settings_at(keyword, steps), inner.given)
        return
    named = (
        (inner.words[0],) if inner.words and inner.char in ("(", "{") and inner.words[0] != keyword else ()
    )
    if inner.char == "[" and inner.head[-1:] == ("=",) and inner.head[0] != keyword:
        named = (inner.head[0],)
    yield from _values(keyword, (*steps, *named))
    for name, declared in (scope.body if scope is not None else {}).items():
        node = declared[-1].node
        if isinstance(node, syntax.Binding | syntax.Param):
            yield Candidate(
                name, "param" if isinstance(node, syntax.Param) else "node", types.get(name, ""), rank=4
            )


def _values(keyword: str, steps: tuple[str, ...]) -> Iterator[Candidate]:
    """The words that a setting may be, or the calls."""
    for word, table in calls_of(keyword, steps).items():
        yield Candidate(word, "block", f"{word}(…)", (table.__doc__ or "").strip(), rank=1)
    found = settings_at(keyword, steps[:-1]).get(steps[-1]) if steps else None
    for word in found.words if found is not None else ():
        if not word.endswith("(…)"):
            shown = word if word in ("true", "false") else f'"{word}"'
            yield Candidate(shown, "word", rank=1)


def _steps(bodies: list[Open]) -> tuple[str, ...]:
    """The names of the tables and blocks around a place, from the section on."""
    return tuple(item.head[0] for item in bodies[1:] if item.head)


def in_string(names: Names, context: Context, keyword: str) -> Iterator[Candidate]:
    """Inside of quotes: the words that a setting or a param may be."""
    inner = context.inner
    if keyword and inner.char in ("{", "(") and len(inner.words) > 1:
        steps = _steps(context.bodies) + ((inner.callee,) if inner.char == "(" else ())
        found = settings_at(keyword, steps).get(inner.words[0])
        yield from (Candidate(word, "word", rank=0) for word in (found.words if found is not None else ()))
    yield from choices(names, context)
