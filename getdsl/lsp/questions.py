"""The questions of the protocol: which feature answers each, and how what is asked reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from getdsl.diagnostics import UserError
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.completion import completions
from getdsl.lsp.features.actions import actions
from getdsl.lsp.features.folding import folds
from getdsl.lsp.features.hints import hints
from getdsl.lsp.features.hover import hover
from getdsl.lsp.features.known import keys_of, types_of
from getdsl.lsp.features.layout import laid_out
from getdsl.lsp.features.outline import definitions, outline
from getdsl.lsp.features.places import definition, highlights, references
from getdsl.lsp.features.rename import rename, renamed
from getdsl.lsp.features.signature import signature
from getdsl.lsp.features.tokens import MODIFIERS, TYPES, tokens
from getdsl.lsp.wire import answers
from getdsl.lsp.wire.diagnostics import as_diagnostic
from getdsl.lsp.wire.places import Places
from getdsl.lsp.workspace import Workspace


@dataclass(frozen=True)
class Asked:
    """A question with all that is known."""

    workspace: Workspace
    places: Places
    params: Any

    @property
    def uri(self) -> str:
        return str(self.params.text_document.uri)

    @property
    def analysis(self) -> Analysis | None:
        """The check of the document as it is now; None of one that is not open."""
        return self.workspace.analysis(self.uri)

    @property
    def others(self) -> list[Analysis]:
        """The checks of the other open documents."""
        found = (self.workspace.analysis(uri) for uri in [*self.workspace.documents] if uri != self.uri)
        return [item for item in found if item is not None]

    def offset(self, analysis: Analysis, position: types.Position | None = None) -> int:
        return self.places.offset(analysis.text, position or self.params.position)


class Question(NamedTuple):
    method: str
    answer: Callable[[Asked], Any]
    options: Any = None


# ---- names


def _hover(asked: Asked) -> types.Hover | None:
    analysis = asked.analysis
    found = hover(analysis, asked.offset(analysis)) if analysis is not None else None
    return types.Hover(answers.markdown(found.markdown), asked.places.range(found.span)) if found else None


def _definition(asked: Asked) -> list[types.Location]:
    analysis = asked.analysis
    found = definition(analysis, asked.offset(analysis)) if analysis is not None else []
    return [asked.places.location(span) for span in found]


def _references(asked: Asked) -> list[types.Location]:
    analysis = asked.analysis
    here = analysis.index.at(analysis.source, asked.offset(analysis)) if analysis is not None else None
    if analysis is None or here is None:
        return []
    found = references([analysis, *asked.others], here.entity)
    wanted = asked.params.context.include_declaration
    return [asked.places.location(item.span) for item in found if wanted or not item.defines]


def _highlights(asked: Asked) -> list[types.DocumentHighlight]:
    analysis = asked.analysis
    found = highlights(analysis, asked.offset(analysis)) if analysis is not None else []
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(asked.places.range(item.span), kinds.Write if item.defines else kinds.Read)
        for item in found
    ]


def _prepare_rename(asked: Asked) -> types.Range | None:
    analysis = asked.analysis
    with _refusals():
        span = renamed(analysis, asked.offset(analysis)) if analysis is not None else None
    return asked.places.range(span) if span is not None else None


def _rename(asked: Asked) -> types.WorkspaceEdit | None:
    analysis = asked.analysis
    if analysis is None:
        return None
    with _refusals():
        edits = rename(analysis, asked.others, asked.offset(analysis), asked.params.new_name)
        broken = asked.workspace.broken_by(edits)
        if broken is not None:
            raise UserError(f"that would be wrong: {broken.message}")
    return answers.workspace_edit(asked.places, edits)


@contextmanager
def _refusals() -> Iterator[None]:
    """What the user can mend is the answer's error."""
    try:
        yield
    except UserError as error:
        raise JsonRpcInvalidParams(str(error)) from error


# ---- writing


def _completion(asked: Asked) -> types.CompletionList:
    program, known = asked.workspace.program(asked.uri), asked.workspace.last(asked.uri)
    if program is None or program.unit is None:
        return types.CompletionList(False, [])
    text = program.unit.file.source.text
    offset = asked.places.offset(text, asked.params.position)
    nodes = types_of(known) if known is not None else {}
    keys = keys_of(known) if known is not None else {}
    context, found = completions(program, offset, nodes, keys)
    items = [answers.candidate(asked.places, text, context, offset, item) for item in found]
    return types.CompletionList(False, items)


def _signature(asked: Asked) -> types.SignatureHelp | None:
    program = asked.workspace.program(asked.uri)
    if program is None or program.unit is None:
        return None
    offset = asked.places.offset(program.unit.file.source.text, asked.params.position)
    found = signature(program, offset)
    return answers.signature_help(found) if found is not None else None


def _actions(asked: Asked) -> list[types.CodeAction]:
    analysis = asked.analysis
    if analysis is None:
        return []
    start, end = (
        asked.offset(analysis, place) for place in (asked.params.range.start, asked.params.range.end)
    )
    return [
        types.CodeAction(
            title=item.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[as_diagnostic(asked.places, item.report)],
            edit=answers.workspace_edit(asked.places, item.edits),
            is_preferred=True,
        )
        for item in actions(analysis, start, end)
    ]


# ---- the whole document


def _outline(asked: Asked) -> list[types.DocumentSymbol]:
    analysis = asked.analysis
    return [answers.symbol(asked.places, item) for item in outline(analysis)] if analysis is not None else []


def _symbols(asked: Asked) -> list[types.WorkspaceSymbol]:
    known = (asked.workspace.analysis(uri) for uri in [*asked.workspace.documents])
    found = {
        (str(item.name_span), item.name): item
        for analysis in known
        if analysis is not None
        for item in definitions(analysis, asked.params.query)
    }
    return [answers.workspace_symbol(asked.places, item) for item in found.values()]


def _folds(asked: Asked) -> list[types.FoldingRange]:
    analysis = asked.analysis
    return [answers.fold(asked.places, item) for item in folds(analysis)] if analysis is not None else []


def _hints(asked: Asked) -> list[types.InlayHint]:
    analysis = asked.analysis
    if analysis is None:
        return []
    start, end = (
        asked.offset(analysis, place) for place in (asked.params.range.start, asked.params.range.end)
    )
    return [answers.hint(asked.places, analysis.text, item) for item in hints(analysis, start, end)]


def _formatting(asked: Asked) -> list[types.TextEdit]:
    """One edit of all the text; none where there is nothing to change or the text is broken."""
    document = asked.workspace.documents.get(asked.uri)
    after = laid_out(document.text) if document is not None else None
    if document is None or after is None:
        return []
    start, end = (asked.places.position(document.text, at) for at in (0, len(document.text)))
    return [types.TextEdit(types.Range(start, end), after)]


def _tokens(asked: Asked) -> types.SemanticTokens:
    analysis = asked.analysis
    if analysis is None:
        return types.SemanticTokens([])
    return answers.semantic_tokens(asked.places, analysis.text, tokens(analysis))


QUESTIONS = (
    Question(types.TEXT_DOCUMENT_HOVER, _hover),
    Question(types.TEXT_DOCUMENT_DEFINITION, _definition),
    Question(types.TEXT_DOCUMENT_REFERENCES, _references),
    Question(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, _highlights),
    Question(types.TEXT_DOCUMENT_PREPARE_RENAME, _prepare_rename),
    Question(types.TEXT_DOCUMENT_RENAME, _rename, types.RenameOptions(prepare_provider=True)),
    Question(
        types.TEXT_DOCUMENT_COMPLETION,
        _completion,
        types.CompletionOptions(trigger_characters=[".", '"', "(", ">", "/", ":"]),
    ),
    Question(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        _signature,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="]),
    ),
    Question(
        types.TEXT_DOCUMENT_CODE_ACTION,
        _actions,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    ),
    Question(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, _outline),
    Question(types.WORKSPACE_SYMBOL, _symbols),
    Question(types.TEXT_DOCUMENT_FORMATTING, _formatting),
    Question(types.TEXT_DOCUMENT_FOLDING_RANGE, _folds),
    Question(types.TEXT_DOCUMENT_INLAY_HINT, _hints),
    Question(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        _tokens,
        types.SemanticTokensLegend(token_types=[*TYPES], token_modifiers=[*MODIFIERS]),
    ),
)
