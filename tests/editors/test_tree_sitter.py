"""The tree-sitter grammar takes and refuses what the parser does, and is coloured as by the lexer."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

import pytest
from lark.exceptions import UnexpectedInput, UnexpectedToken
from pygments.token import Keyword, Name, Operator
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from getdsl.grammar.tables import parser_of
from tests.fuzzing.inputs import drawn
from tests.highlighting.test_lexer import lexed
from tests.highlighting.texts import ROOT, Piece, of_docs, pieces, shipped
from tools.editors import highlights

FOLDER = ROOT / "editors/tree-sitter-get"
COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no compiler of C")
RESERVED = {
    "PARAM",
    "INPUT",
    "OUTPUT",
    "MODEL",
    "BLOCK",
    "SOURCE",
    "USE",
}  # names to a grammar without reserved words


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Language:
    """The committed parser, compiled."""
    library = tmp_path_factory.mktemp("grammar") / "getdsl.so"
    source = FOLDER / "src"
    build = [
        str(COMPILER),
        "-O0",
        "-shared",
        "-fPIC",
        "-I",
        str(source),
        str(source / "parser.c"),
        "-o",
        str(library),
    ]
    subprocess.run(build, check=True)
    made = ctypes.CDLL(str(library)).tree_sitter_getdsl
    made.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return Language(capsule(made(), b"tree_sitter.Language", None))


def root(language: Language, text: str) -> Node:
    return Parser(language).parse(text.encode()).root_node


def refusal(text: str) -> str | None:
    """What the parser stumbles over; None where it takes the text."""
    if pieces(text) is not None:
        return None
    try:
        parser_of("start").parse(text)
    except UnexpectedToken as error:
        return error.token.type
    except UnexpectedInput:
        return "a character"
    return None


@needs_compiler
def test_it_takes_and_refuses_what_the_parser_does(language: Language) -> None:
    """Every spec and face, every piece of the docs, and texts that were damaged at random."""
    random = Random(5)
    damaged = {f"damaged {number}": drawn(random) for number in range(120)}
    taken = refused = 0
    for name, text in {**shipped(), **of_docs(), **damaged}.items():
        why = "a mark of recovery" if "\0" in text else refusal(text)
        assert root(language, text).has_error == (why is not None) or why in RESERVED, (name, why)
        taken, refused = taken + (why is None), refused + (why is not None)
    assert taken > 600
    assert refused > 60


def leaves(node: Node) -> Iterator[Node]:
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def piece_of(leaf: Node) -> Piece:
    if leaf.is_named:
        return "mark" if leaf.type == "ellipsis" else cast(Piece, leaf.type)
    return "word" if leaf.type.isalpha() else "mark"


@needs_compiler
def test_its_tokens_are_the_parsers(language: Language) -> None:
    for name, text in shipped().items():
        found = pieces(text)
        assert found is not None
        code = text.encode()
        ours = {
            len(code[: leaf.start_byte].decode()): (
                piece_of(leaf),
                code[leaf.start_byte : leaf.end_byte].decode().rstrip(),
            )
            for leaf in leaves(root(language, text))
        }
        assert ours == found, name


@needs_compiler
def test_keywords_are_coloured_as_by_the_lexer(language: Language) -> None:
    query = Query(language, (FOLDER / "queries/highlights.scm").read_text())
    wanted = (Keyword, Operator.Word, Name.Tag)
    for name, text in shipped().items():
        captures = QueryCursor(query).captures(root(language, text))
        code = text.encode()
        seen = {
            len(code[: node.start_byte].decode())
            for capture, nodes in captures.items()
            if capture.startswith("keyword") or capture in ("type.builtin", "constant.builtin")
            for node in nodes
        }
        assert seen == {
            at for at, (token, _) in lexed(text).items() if any(token in each for each in wanted)
        }, name


@needs_compiler
def test_no_piece_has_two_colours(language: Language) -> None:
    """Neovim takes the last of several, others the first."""
    query = Query(language, (FOLDER / "queries/highlights.scm").read_text())
    for name, text in shipped().items():
        captures = QueryCursor(query).captures(root(language, text))
        places = [
            (node.start_byte, node.end_byte)
            for capture, nodes in captures.items()
            if not capture.startswith("_")
            for node in nodes
        ]
        assert len(places) == len(set(places)), name


@needs_compiler
@pytest.mark.parametrize("query", sorted(path.name for path in (FOLDER / "queries").glob("*.scm")))
def test_queries_find_something(language: Language, query: str) -> None:
    found = QueryCursor(Query(language, (FOLDER / "queries" / query).read_text()))
    assert found.captures(root(language, shipped()["specs/my_model.get"]))


def test_lists_of_words_are_the_languages() -> None:
    query = highlights.QUERY.read_text(encoding="utf-8")
    if os.environ.get("GETDSL_UPDATE"):
        highlights.QUERY.write_text(highlights.filled(query), encoding="utf-8")
    assert highlights.filled(query) == query, "run `python -m tools.editors.highlights`"


def cases(path: Path) -> Iterator[tuple[str, str, str]]:
    """The name, the text and the tree of each case of a corpus."""
    parts = re.split(r"^=+\n(.*)\n=+\n", path.read_text(), flags=re.MULTILINE)
    for title, case in zip(parts[1::2], parts[2::2], strict=True):
        text, _, tree = case.partition("\n---\n")
        yield title, text, " ".join(tree.split())


@needs_compiler
def test_the_corpus(language: Language) -> None:
    """As `tree-sitter test` reads it."""
    seen = 0
    for path in sorted((FOLDER / "test/corpus").glob("*.txt")):
        for title, text, tree in cases(path):
            seen += 1
            assert re.sub(r"\s+", " ", str(root(language, text))) == tree, title
    assert seen >= 8
