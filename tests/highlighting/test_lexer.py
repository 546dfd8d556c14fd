"""The Pygments lexer sees what the parser sees: every token of every spec, held against the parser's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from random import Random
from typing import Any

import pytest
from pygments.lexers import get_all_lexers
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Whitespace, _TokenType

from getdsl.grammar.tables import GRAMMAR
from getdsl.highlighting import vocabulary
from getdsl.highlighting.lexer import GetLexer
from tests.fuzzing.inputs import drawn
from tests.highlighting.texts import ROOT, Piece, of_docs, pieces, shipped

LEXER: Any = GetLexer(stripnl=False, ensurenl=False)
Lexed = dict[int, tuple[_TokenType, str]]


@cache
def lexed(text: str) -> Lexed:
    found = list(LEXER.get_tokens_unprocessed(text))
    assert "".join(piece for _, _, piece in found) == text
    return {start: (token, piece) for start, token, piece in found}


def is_as(piece: Piece, token: _TokenType) -> bool:
    """Whether a token is coloured as what the parser takes it for."""
    named = (
        Keyword.Reserved,
        Keyword.Type,
        Keyword.Constant,
    )  # sections, types, `true` are names to the parser
    match piece:
        case "comment":
            return token is Comment.Single
        case "doc":
            return token is String.Doc
        case "string":
            return token is String.Double
        case "integer":
            return token is Number.Integer
        case "float":
            return token is Number.Float
        case "name":
            return token in Name or token in named
        case "word":
            return (token in Keyword and token not in named) or token is Operator.Word
        case "mark":
            return token not in Keyword and token not in Name and token not in Error
    raise AssertionError(piece)


def differences(text: str, found: dict[int, tuple[Piece, str]]) -> Iterator[tuple[str, Piece, str]]:
    ours = lexed(text)
    for start, (piece, written) in found.items():
        token, shown = ours.get(start, (Error, ""))
        if not is_as(piece, token) or (piece in ("name", "word", "comment") and shown.rstrip() != written):
            yield text[max(0, start - 40) : start + 20], piece, str(token)


def test_every_token_of_every_spec_is_what_the_parser_takes_it_for() -> None:
    tokens = 0
    for name, text in {**shipped(), **of_docs()}.items():
        found = pieces(text)
        assert found is not None or name not in shipped(), name
        tokens += len(found or {})
        assert list(differences(text, found or {})) == [], name
    assert tokens > 30_000


def test_the_comparison_sees_a_wrong_colour() -> None:
    found = pieces("model M { input x: [B] output x }")
    assert found is not None
    found[10] = ("name", "input")
    [(_, piece, token)] = differences("model M { input x: [B] output x }", found)
    assert (piece, token) == ("name", "Token.Keyword.Declaration")


def test_errors_are_what_the_parser_refuses() -> None:
    """No piece of the docs has a character that is not coloured, but for those that show a wrong one."""
    wrong = {
        name
        for name, text in {**shipped(), **of_docs()}.items()
        if any(token in Error for token, _ in lexed(text).values())
    }
    assert {name.partition(":")[0] for name in wrong} <= {"docs/codes/GET105.md"}


SPEC = '''\
use "base.get"  # more
model Mine extends Base {
    """What it is."""
    param width: int = 8
    param norm: block = LayerNorm
    input dna: onehot[B, L, 4]
    input step: mask[B, L]?
    hits[i] = dna -> Conv1d(width, kernel_size = 1e-3) -> relu
    if not given(step) and true { step = exp(hits.where[0..3]) } else { y = none }
    weight scale: [D]
    output y = [2 * h for h in hits]
}
loss { y = MSE(y, batch.of) where batch.of > 0 weight 0.5 }
data {
    batch { of = Column("a\\"b") }
}
train = 3
'''
OF_SPEC = [
    (1, "use", Keyword.Namespace),
    (1, '"base.get"', String.Double),
    (1, "# more", Comment.Single),
    (2, "model", Keyword.Declaration),
    (2, "Mine", Name.Class),
    (2, "extends", Keyword.Declaration),
    (2, "Base", Name.Class),
    (3, "What it is.", String.Doc),
    (4, "param", Keyword.Declaration),
    (4, "width", Name.Variable),
    (4, "int", Keyword.Type),
    (4, "8", Number.Integer),
    (5, "block", Keyword.Type),
    (5, "LayerNorm", Name.Class),
    (6, "onehot", Keyword.Type),
    (6, "L", Name.Constant),
    (7, "step", Name.Variable),
    (7, "mask", Keyword.Type),
    (8, "hits", Name),
    (8, "->", Operator),
    (8, "Conv1d", Name.Class),
    (8, "kernel_size", Name.Attribute),
    (8, "1e-3", Number.Float),
    (8, "relu", Name.Function),
    (9, "if", Keyword),
    (9, "not", Operator.Word),
    (9, "given", Name.Builtin),
    (9, "true", Keyword.Constant),
    (9, "step", Name),
    (9, "exp", Name.Builtin),
    (9, "where", Name.Property),
    (9, "3", Number.Integer),
    (9, "else", Keyword),
    (9, "none", Keyword.Constant),
    (10, "weight", Keyword.Declaration),
    (11, "for", Keyword),
    (11, "in", Keyword),
    (13, "loss", Keyword.Reserved),
    (13, "batch", Name.Builtin.Pseudo),
    (13, "of", Name.Property),
    (13, "where", Keyword),
    (13, "weight", Keyword),
    (14, "data", Keyword.Reserved),
    (15, "batch", Name.Tag),
    (15, "of", Name.Variable),
    (15, '"a\\"b"', String.Double),
    (17, "train", Keyword.Reserved),
]


def test_what_each_thing_is() -> None:
    assert pieces(SPEC) is not None
    seen = [(SPEC.count("\n", 0, at) + 1, text, token) for at, (token, text) in lexed(SPEC).items()]
    assert [wanted for wanted in OF_SPEC if wanted not in seen] == []


@pytest.mark.parametrize(
    "text", ["", "\n", '"""', 'model M {\n    """no end', 'x = "no end\ny = 1', "}}])", "ü\r\n\t"]
)
def test_wrong_text_is_kept(text: str) -> None:
    lexed(text)


def test_damaged_texts_are_kept() -> None:
    random = Random(11)
    for _ in range(100):
        lexed(drawn(random))


def test_a_string_without_its_end_goes_to_the_end_of_its_line() -> None:
    assert lexed('x = "no end\ny = 1')[12] == (Name.Variable, "y")
    assert lexed("a }) b = 1")[5] == (Name.Variable, "b")


def test_words_are_those_of_the_grammar() -> None:
    """A word that is new in `get.lark` is entered in `vocabulary`, and in `rules` where it stands."""
    grammar = re.sub(r"//.*", "", GRAMMAR.read_text())
    words = set(re.findall(r'"([a-z]+)"', grammar)) | set(re.findall(r"_[A-Z]+\.2: /([a-z]+)\(", grammar))
    assert words == vocabulary.KEYWORDS


RARE = """\
optimizer critic = Adam(1e-4) on [critic] minimises critic every 5
load "a.pt" { rename { "a" -> "b" permute(1, 0) } }
block Rows from "torch.nn:RNN" {
    input x: lengths[B] of L step 2
    frozen a: [1]
    require L > 0 note "long"
    call(1)
    apply(x)
    take 0
}
schedule = step(every = 3)
"""


def test_every_word_is_coloured_somewhere() -> None:
    found = pieces(RARE)
    assert found is not None
    assert list(differences(RARE, found)) == []
    texts = (RARE, *shipped().values())
    seen = {piece for text in texts for token, piece in lexed(text).values() if is_as("word", token)}
    assert seen == vocabulary.KEYWORDS


def test_the_entry_point_leads_here() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = about["entry-points"]["pygments.lexers"]["getdsl"].partition(":")
    assert getattr(import_module(module), name) is GetLexer
    shipped_with_pygments = get_all_lexers(plugins=False)
    taken = {alias for _, aliases, files, _ in shipped_with_pygments for alias in (*aliases, *files)}
    assert not taken & {*GetLexer.aliases, *GetLexer.filenames}


def test_whitespace_is_nothing_else() -> None:
    assert all(
        (token is Whitespace) == piece.isspace()
        for text in shipped().values()
        for token, piece in lexed(text).values()
        if token not in String and token not in Comment
    )
