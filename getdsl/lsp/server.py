"""The server: what the protocol asks, answered by the features."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from getdsl.lsp.documents import Change, Document
from getdsl.lsp.positions import Encoding, Place
from getdsl.lsp.protocol import Protocol
from getdsl.lsp.publishing import Publisher
from getdsl.lsp.questions import QUESTIONS, Asked
from getdsl.lsp.wire.places import Places
from getdsl.lsp.workspace import Workspace

DELAY = 0.05  # seconds without an edit, after which a document is checked


class Server(LanguageServer):
    """Keeps documents in step, publishes diagnostics, and answers questions, each by its file."""

    def __init__(self, version: str = "") -> None:
        super().__init__("getdsl", version, protocol_cls=Protocol)
        self.known = Workspace()
        self.places = Places(self.known)
        self.publisher = Publisher(self.known, self.places, self.text_document_publish_diagnostics)
        self._timer: asyncio.TimerHandle | None = None
        self._take_notifications()
        for question in QUESTIONS:
            self._answer(question.method, question.options, question.answer)

    def _take_notifications(self) -> None:
        notifications: dict[str, Callable[[Any], None]] = {
            types.INITIALIZE: self.initialize,
            types.TEXT_DOCUMENT_DID_OPEN: self.did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self.did_change,
            types.TEXT_DOCUMENT_DID_CLOSE: self.did_close,
            types.TEXT_DOCUMENT_DID_SAVE: self.files_changed,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: self.files_changed,
        }
        for method, take in notifications.items():
            self.feature(method)(self._guarded(take))

    def _answer(self, method: str, options: object, answer: Callable[[Asked], Any]) -> None:
        def asked(params: Any) -> Any:
            return answer(Asked(self.known, self.places, params))

        self.feature(method, options)(self._guarded(asked))

    def _guarded(self, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What is wrong in the server is told in its log, and the answer is empty."""

        def guarded(params: Any) -> Any:
            try:
                return run(params)
            except JsonRpcException:  # which says to the user what is wrong
                raise
            except Exception:
                self.log(traceback.format_exc())
                return None

        return guarded

    def log(self, text: str) -> None:
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))

    # -- documents

    def initialize(self, params: types.InitializeParams) -> None:
        """The client's encoding is UTF-16, unless it prefers another that we know."""
        general = params.capabilities.general
        offered = (general.position_encodings if general is not None else None) or []
        chosen = next((item for item in offered if item in ("utf-8", "utf-16", "utf-32")), "utf-16")
        self.known.encoding = cast(Encoding, str(getattr(chosen, "value", chosen)))

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self.known.take(Document(item.uri, item.text, item.version))
        self._check_soon(*self.known.documents)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        item = params.text_document
        self.known.change(item.uri, [_change(each) for each in params.content_changes], item.version)
        self._check_soon(item.uri)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.known.close(uri)
        self.publisher.closed(uri)
        self._check_soon(*self.known.documents)

    def files_changed(self, params: object) -> None:
        """A file that a spec uses or reads may have come, gone or changed."""
        self.known.look_again()
        self._check_soon(*self.known.documents)

    def _check_soon(self, *uris: str) -> None:
        """Checks documents when no edit has come for a while."""
        self.publisher.edited(uris)
        if self._timer is not None:
            self._timer.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody waits: who drives the server says when
            return
        self._timer = loop.call_later(DELAY, self.check_now)

    def check_now(self) -> None:
        """Publishes what there is to say of all that was edited."""
        self._guarded(lambda _: self.publisher.run())(None)


def _change(event: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(event, types.TextDocumentContentChangePartial):
        start, end = event.range.start, event.range.end
        return Change(event.text, Place(start.line, start.character), Place(end.line, end.character))
    return Change(event.text)
