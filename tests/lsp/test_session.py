"""A whole session with `getdsl lsp` as a process, spoken to over stdio by a client of another hand."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from getdsl import check_text, format_text

GOOD = "model M {\n    input x: [B, 8]\n    head = x -> Linear(4)\n    output y = head\n}\n"
BAD = GOOD.replace("Linear(4)", "Lineer(4)")


class Client(LanguageClient):
    """Waits for what the server publishes of a version."""

    def __init__(self) -> None:
        super().__init__("test", "1")
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def take(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

    async def codes(self, version: int) -> list[str]:
        while (found := await asyncio.wait_for(self.published.get(), 30)).version != version:
            pass
        return [str(item.code) for item in found.diagnostics]


async def session(client: Client, folder: Path) -> tuple[dict[str, Any], int | None]:
    await client.start_io(sys.executable, "-m", "getdsl", "lsp")
    await client.initialize_async(
        types.InitializeParams(types.ClientCapabilities(), root_uri=folder.as_uri())
    )
    client.initialized(types.InitializedParams())
    uri = (folder / "a.get").as_uri()
    document, at = types.TextDocumentIdentifier(uri), types.Position(2, 18)
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "getdsl", 1, BAD.replace("= x", "=x")))
    )
    said: dict[str, Any] = {"opened": await client.codes(1)}
    said["action"] = await client.text_document_code_action_async(
        types.CodeActionParams(document, types.Range(at, at), types.CodeActionContext([]))
    )
    edit = types.TextDocumentContentChangePartial(
        types.Range(types.Position(2, 15), types.Position(2, 21)), "Linear"
    )
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [edit])
    )
    said["edited"] = await client.codes(2)
    name = types.Position(3, 17)
    said["hover"] = await client.text_document_hover_async(types.HoverParams(document, name))
    said["definition"] = await client.text_document_definition_async(types.DefinitionParams(document, name))
    said["completion"] = await client.text_document_completion_async(types.CompletionParams(document, name))
    said["formatting"] = await client.text_document_formatting_async(
        types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
    )
    said["rename"] = await client.text_document_rename_async(types.RenameParams(document, name, "top"))
    process = client._server
    await client.shutdown_async(None)
    client.exit(None)
    code = await asyncio.wait_for(process.wait(), 30) if process is not None else None
    await client.stop()
    return said, code


def test_a_session_over_stdio(tmp_path: Path) -> None:
    said, code = asyncio.run(session(Client(), tmp_path))
    uri = (tmp_path / "a.get").as_uri()
    assert (said["opened"], said["edited"]) == (["GET207"], [])
    assert [item.title for item in said["action"]] == ["write `Linear` for `Lineer`"]
    assert "[B, 4]" in said["hover"].contents.value
    assert [item.range.start for item in said["definition"]] == [types.Position(2, 4)]
    assert "head" in [item.label for item in said["completion"].items]
    [formatting] = said["formatting"]
    assert formatting.new_text == format_text(GOOD)
    assert check_text(formatting.new_text).ok
    assert {item.new_text for item in said["rename"].changes[uri]} == {"top"}
    assert code == 0
