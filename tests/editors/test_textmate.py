"""The TextMate grammar is made of the lexer's rules, and the engine of VS Code reads it as Pygments does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from getdsl.highlighting.lexer import TOKENS
from tests.highlighting.test_lexer import lexed
from tests.highlighting.texts import ROOT, shipped
from tools.editors import textmate

EXTENSION = ROOT / "editors/vscode"
HAS_ENGINE = shutil.which("node") is not None and (EXTENSION / "node_modules/vscode-textmate").exists()
KIND_OF = {f"{scope}.getdsl": kind for kind, scope in textmate.SCOPES.items()}
UPDATE = "run `python -m tools.editors.textmate`"


def test_the_grammar_is_made_of_the_rules() -> None:
    if os.environ.get("GETDSL_UPDATE"):
        textmate.GRAMMAR.write_text(textmate.text(), encoding="utf-8")
    assert textmate.GRAMMAR.read_text(encoding="utf-8") == textmate.text(), UPDATE


def test_each_kind_has_a_scope_of_its_own() -> None:
    assert len(set(textmate.SCOPES.values())) == len(textmate.SCOPES) == len(TOKENS) - 1  # spaces have none


def differences(text: str, pieces: list[tuple[int, str, str]]) -> Iterator[tuple[int, str, str, str]]:
    """Where the engine and Pygments take a piece for something else; brackets and docstrings have no kind."""
    ours = lexed(text)
    for start, piece, scope in pieces:
        if (kind := KIND_OF.get(scope)) is None:
            continue
        token, shown = ours.get(start, (None, ""))
        if (token, shown.rstrip()) != (TOKENS[kind], piece.rstrip()):
            yield text.count("\n", 0, start) + 1, piece, scope, str(token)


@pytest.mark.skipif(not HAS_ENGINE, reason="`npm ci` in editors/vscode brings the engine")
def test_the_engine_of_vs_code_sees_what_pygments_sees() -> None:
    texts = shipped()
    done = subprocess.run(
        ["node", "test/scopes.mjs"],
        cwd=EXTENSION,
        input=json.dumps(list(texts.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    seen = dict(zip(texts, json.loads(done.stdout), strict=True))
    kinds = {KIND_OF.get(scope) for pieces in seen.values() for _, _, scope in pieces}
    assert kinds >= set(TOKENS) - {"space", "elision"}
    assert [name for name in texts if list(differences(texts[name], seen[name]))] == []
