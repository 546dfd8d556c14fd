"""All that a server says of a document, as data that can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import Editor

OF_PLACES: dict[str, Any] = {
    types.TEXT_DOCUMENT_HOVER: types.HoverParams,
    types.TEXT_DOCUMENT_DEFINITION: types.DefinitionParams,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: types.DocumentHighlightParams,
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionParams,
    types.TEXT_DOCUMENT_SIGNATURE_HELP: types.SignatureHelpParams,
    types.TEXT_DOCUMENT_PREPARE_RENAME: types.PrepareRenameParams,
}
OF_DOCUMENTS: dict[str, Any] = {
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: types.DocumentSymbolParams,
    types.TEXT_DOCUMENT_FOLDING_RANGE: types.FoldingRangeParams,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: types.SemanticTokensParams,
}
ALL = types.Range(types.Position(0, 0), types.Position(1_000_000, 0))


def of_place(editor: Editor, method: str, name: str, position: types.Position) -> Any:
    try:
        return editor.at(OF_PLACES[method], method, name, position)
    except JsonRpcException as refusal:
        return str(refusal)


def of_document(editor: Editor, method: str, name: str) -> Any:
    return editor.ask(method, OF_DOCUMENTS[method](types.TextDocumentIdentifier(editor.uri(name))))


def everything(editor: Editor, name: str, positions: Iterable[types.Position]) -> dict[str, Any]:
    """What is published of a document, what is shown of all of it, and what of places in it."""
    document = types.TextDocumentIdentifier(editor.uri(name))
    said: dict[str, Any] = {"diagnostics": _in_order(editor.published[editor.uri(name)].diagnostics)}
    for method in OF_DOCUMENTS:
        said[method] = of_document(editor, method, name)
    hints = types.TEXT_DOCUMENT_INLAY_HINT
    said[hints] = editor.ask(hints, types.InlayHintParams(document, ALL))
    said["mends"] = editor.actions(name, ALL.start, ALL.end)
    for position in positions:
        for method in OF_PLACES:
            said[f"{method} at {position}"] = of_place(editor, method, name, position)
    return said


def _in_order(diagnostics: Iterable[types.Diagnostic]) -> list[str]:
    """Those that two open documents say of one file come in the order in which they were checked."""
    return sorted(map(str, diagnostics))
