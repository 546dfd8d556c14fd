"""What indentation says of where statements start and end."""

from __future__ import annotations

from getdsl.grammar.recovery.headers import HEADER, HEADLESS
from getdsl.grammar.recovery.lexemes import Lexeme


def is_indented(text: str, tokens: list[Lexeme]) -> bool:
    """Whether most statements in braces are indented, so that indentation says what was meant."""
    depth, indented, inside = 0, 0, 0
    for token in tokens:
        if token.text == "{":
            depth += 1
        elif token.text == "}":
            depth = max(0, depth - 1)
        elif (depth or token.indent > 0) and token.indent >= 0 and HEADER.match(text, token.start):
            inside += 1
            indented += token.indent > 0
    return 2 * indented >= inside


def lacks_openers(tokens: list[Lexeme]) -> bool:
    """Whether more braces close than open."""
    braces = [token.text for token in tokens if token.text in ("{", "}")]
    return braces.count("}") > braces.count("{")


def line_from(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)]


def is_headless(text: str, tokens: list[Lexeme], number: int, may_go_on: bool) -> bool:
    """Whether a line is `train` and the like with its settings below it, and no `{`.

    `may_go_on` says that the expression of a `for` or an `if` may go on below instead.
    """
    token = tokens[number]
    if not HEADLESS.fullmatch(line_from(text, token.start)):
        return False
    if may_go_on and token.text in ("for", "if"):
        return False
    after = map(tokens.__getitem__, range(number + 1, len(tokens)))
    following = next((item for item in after if item.indent >= 0), None)
    return following is not None and following.indent > token.indent and following.text != "{"
