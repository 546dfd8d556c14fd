"""Answers as the protocol has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from getdsl.lsp.completion import Candidate
from getdsl.lsp.completion.context import Context
from getdsl.lsp.features.folding import Fold
from getdsl.lsp.features.hints import Hint
from getdsl.lsp.features.outline import Symbol
from getdsl.lsp.features.signature import Signature
from getdsl.lsp.features.tokens import MODIFIERS, TYPES, Token
from getdsl.lsp.wire.places import Places
from getdsl.text.source import Span

SYMBOLS = {
    "use": types.SymbolKind.File,
    "model": types.SymbolKind.Class,
    "block": types.SymbolKind.Function,
    "source": types.SymbolKind.Interface,
    "param": types.SymbolKind.Constant,
    "input": types.SymbolKind.Field,
    "output": types.SymbolKind.Property,
    "name": types.SymbolKind.Variable,
    "section": types.SymbolKind.Namespace,
    "setting": types.SymbolKind.Key,
}
ITEMS = {
    "block": types.CompletionItemKind.Function,
    "model": types.CompletionItemKind.Class,
    "source": types.CompletionItemKind.Interface,
    "operation": types.CompletionItemKind.Method,
    "function": types.CompletionItemKind.Function,
    "param": types.CompletionItemKind.Property,
    "node": types.CompletionItemKind.Variable,
    "size": types.CompletionItemKind.TypeParameter,
    "key": types.CompletionItemKind.Field,
    "setting": types.CompletionItemKind.Property,
    "word": types.CompletionItemKind.Keyword,
    "file": types.CompletionItemKind.File,
}


def markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def edit(places: Places, span: Span, text: str) -> types.TextEdit:
    return types.TextEdit(places.range(span), text)


def workspace_edit(places: Places, edits: Iterable[tuple[Span, str]]) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    for span, text in edits:
        changes.setdefault(places.uri(span.file), []).append(edit(places, span, text))
    return types.WorkspaceEdit(changes=changes)


def symbol(places: Places, item: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=item.name or item.kind,
        kind=SYMBOLS[item.kind],
        range=places.range(item.whole),
        selection_range=places.range(item.name_span),
        detail=item.detail,
        children=[symbol(places, child) for child in item.children],
    )


def workspace_symbol(places: Places, item: Symbol) -> types.WorkspaceSymbol:
    return types.WorkspaceSymbol(places.location(item.name_span), item.name, SYMBOLS[item.kind])


def fold(places: Places, item: Fold) -> types.FoldingRange:
    whole = places.range(item.span)
    kind = types.FoldingRangeKind.Comment if item.is_comment else types.FoldingRangeKind.Region
    return types.FoldingRange(whole.start.line, whole.end.line, kind=kind)


def hint(places: Places, text: str, item: Hint) -> types.InlayHint:
    place = places.position(text, item.offset)
    return types.InlayHint(place, item.text, types.InlayHintKind.Type, padding_left=True)


def candidate(
    places: Places, text: str, context: Context, offset: int, item: Candidate
) -> types.CompletionItem:
    """What is begun is replaced, and no more: what stands behind the place stays."""
    start, end = places.position(text, context.start), places.position(text, offset)
    return types.CompletionItem(
        label=item.label,
        kind=ITEMS[item.kind],
        detail=item.detail or None,
        documentation=markdown(item.doc) if item.doc else None,
        sort_text=f"{item.rank}{item.label}",
        filter_text=item.label,
        text_edit=types.TextEdit(types.Range(start, end), item.insert or item.label),
    )


def signature_help(found: Signature) -> types.SignatureHelp:
    parameters = []
    place = len(found.name) + 1
    for item in found.arguments:
        doc = markdown(item.doc) if item.doc else None
        parameters.append(types.ParameterInformation((place, place + len(item.shown)), doc))
        place += len(item.shown) + 2
    information = types.SignatureInformation(
        found.label, markdown(found.doc) if found.doc else None, parameters, found.active
    )
    return types.SignatureHelp([information], 0, found.active)


def semantic_tokens(places: Places, text: str, found: Sequence[Token]) -> types.SemanticTokens:
    """Five numbers a token: lines and units since the last, its length, its type and its modifiers."""
    data: list[int] = []
    line, character = 0, 0
    for item in found:
        start, end = places.position(text, item.span.start), places.position(text, item.span.end)
        if start.line != end.line:
            continue
        modifiers = item.declares * (1 << MODIFIERS.index("declaration"))
        modifiers += item.in_library * (1 << MODIFIERS.index("defaultLibrary"))
        since = start.character - character if start.line == line else start.character
        length = end.character - start.character
        data += [start.line - line, since, length, TYPES.index(item.type), modifiers]
        line, character = start.line, start.character
    return types.SemanticTokens(data)
