"""What each piece of text is, by regular expressions that Python and TextMate grammars read alike.

A word of the language is a word only where the grammar asks for it, and a name elsewhere: rules look at what
stands around it. They are held against the parser's own tokens by a test. No rule reaches over a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from getdsl.highlighting import vocabulary

Kind = Literal[
    "space",
    "comment",
    "string",
    "float",
    "integer",
    "declaration",  # `model`, `param`
    "namespace",  # `use`
    "keyword",
    "section",  # `loss`
    "subsection",  # `batch` in `data`
    "logic",  # `and`
    "constant",  # `true`
    "type",  # `int`
    "symbol",  # `B`, a size that a batch tells
    "class",  # a model, a block or a source
    "function",
    "builtin",  # an operation
    "batch",
    "binding",  # what a statement names
    "argument",  # what a call names
    "attribute",
    "name",
    "operator",
    "elision",  # `…`, in the code of docs
    "punctuation",
]


class Rule(NamedTuple):
    """A pattern, and what each of its groups is; all of what it matches stands in a group."""

    pattern: str
    kinds: tuple[Kind, ...]


NAME = r"(?!(?:param|input|output)\b)[A-Za-z_][A-Za-z0-9_]*"
STRING = r'"(?!"")(?:\\.|[^"\\\n\r])*"'
GIVEN = r"\s*=(?!=)"  # what stands behind a name that is given a value
USED = r"\s*(?:[=!<>:.?|+*/%]|or\b|and\b)"  # and behind one that is given one, or whose value is taken


def _any(words: Iterable[str]) -> str:
    return rf"\b(?:{'|'.join(words)})\b"


def _rule(pattern: str, *kinds: Kind) -> Rule:
    return Rule(pattern, kinds)


COMMENT = _rule(r"(#[^\n]*)", "comment")
_LITERALS = (
    _rule(rf"({STRING})", "string"),
    _rule(r'("[^\n]*)', "string"),  # without its end
    _rule(r"([0-9][0-9_]*\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?|[0-9][0-9_]*[eE][+-]?[0-9]+)", "float"),
    _rule(r"([0-9][0-9_]*)", "integer"),
)
_FOR = rf"(\bfor)(\s+)({NAME})(?:(\s*,)(\s*)({NAME}))?(\s+)(in\b)"
_EXPRESSIONS = (
    *_LITERALS,
    _rule(r"(\.\.\.?)", "operator"),
    _rule(rf"(\.)(\s*)({NAME})", "operator", "space", "attribute"),
    _rule(_FOR, "keyword", "space", "name", "punctuation", "space", "name", "space", "keyword"),
    _rule(rf"({_any(vocabulary.CHOICES)})(?!{GIVEN})", "keyword"),
    _rule(rf"({_any(vocabulary.LOGIC)})(?!{GIVEN})", "logic"),
    _rule(r"(\b(?:param|input|output)\b)", "declaration"),
    _rule(rf"({_any(vocabulary.CONSTANTS)})(?!{GIVEN})", "constant"),
    _rule(r"(\bbatch\b)(?=\s*[.\[])", "batch"),
    _rule(rf"({_any(vocabulary.BUILTINS)})(?=\s*\()", "builtin"),
    _rule(r"([A-Z]\w*)(?=\s*\()", "class"),
    _rule(rf"({NAME})(?=\s*\()", "function"),
)
_REST = (
    _rule(r"([A-Z][A-Z0-9_]*\b)", "symbol"),
    _rule(r"([A-Z]\w*)", "class"),
    _rule(rf"({NAME})", "name"),
    _rule(r"(->|\.|\?\?|\*\*|//|[=!<>]=|[-+*/%<>=|])", "operator"),
    _rule(r"([,:?])", "punctuation"),
    _rule(r"(…)", "elision"),
)
_TYPE = _any(vocabulary.TYPES)
_LIST_OF = _rule(
    rf"([:|])(\s*)(list\b)(\[)({_TYPE})(\])",
    *("punctuation", "space", "type", "punctuation", "type", "punctuation"),
)
_STATEMENTS = (
    _rule(rf"({_any(vocabulary.DEFINITIONS)})([ \t]+)({NAME})", "declaration", "space", "class"),
    _rule(rf"(\bextends\b)([ \t]+)({NAME})", "declaration", "space", "class"),
    _rule(rf"({_any(vocabulary.FILES)})(?=\s*\")", "namespace"),
    _rule(rf"(\b(?:param|input|output)\b)([ \t]+)({NAME})", "declaration", "space", "binding"),
    _rule(rf"({_any(vocabulary.OWNED)})([ \t]+)({NAME})(?=\s*:)", "declaration", "space", "binding"),
    _rule(rf"({_any(vocabulary.OWNED)})(?=[ \t]+{STRING}\s*:)", "declaration"),
    _rule(rf"(\bremove\b)([ \t]+)({NAME})", "keyword", "space", "name"),
    _rule(rf"(\brequire\b)(?!{USED})", "keyword"),
    _rule(rf"({_any(vocabulary.CALLS)})(?=[ \t]*\()", "keyword"),
    _rule(r"(\btake\b)(?=[ \t]+[0-9])", "keyword"),
    _rule(rf'({_any(vocabulary.PARTS)})(?=\s+[-A-Za-z_0-9"\[])', "keyword"),
    _rule(rf"({_any(vocabulary.ENDS)})(?!{USED}|\()", "keyword"),
    _rule(rf"(->)(\s*)({STRING})(\s+)(permute\b)", "operator", "space", "string", "space", "keyword"),
    _LIST_OF,
    _rule(r"(\|)(\s*)(none\b)", "punctuation", "space", "constant"),
    _rule(rf"([:|])(\s*)({_TYPE})", "punctuation", "space", "type"),
    _rule(rf"(^[ \t]*)((?!else\b){NAME})(?=[ \t]*\{{)", "space", "subsection"),
    _rule(rf"({NAME})(?={GIVEN}|\s*:)", "binding"),
)
_ARROW = _rule(rf"(->)(\s*)({_any(vocabulary.BUILTINS)})(?=\s*\()", "operator", "space", "builtin")
_FLOWS = _rule(r"(->)(\s*)([A-Z]\w*)", "operator", "space", "class")
_CALLED = _rule(rf"(->)(\s*)({NAME})", "operator", "space", "function")
_FLOW = (_ARROW, _FLOWS, _CALLED)
_SECTIONS = (
    _rule(
        rf"({_any(vocabulary.SECTIONS)})(?=\s*(?:\{{|=(?!=)|{STRING}\s*\{{|{NAME}\s*(?:\{{|=)))", "section"
    ),
)

ARGUMENTS = (
    *_FLOW,
    _rule(rf"({NAME})(?={GIVEN})", "argument"),
    *_EXPRESSIONS,
    *_REST,
)
"""What stands in parentheses and brackets."""
STATEMENTS = (*_STATEMENTS, *_FLOW, *_EXPRESSIONS, *_REST)
"""What stands in braces."""
FILE = (*_SECTIONS, *STATEMENTS)
"""What stands in neither."""
