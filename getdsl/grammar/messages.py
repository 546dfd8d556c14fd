"""What the parser says of text that it does not understand."""

from __future__ import annotations

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from getdsl.diagnostics import Diagnostics
from getdsl.grammar.repair import RepairedText

TERMINALS = {
    "NAME": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "STRING": "a string",
    "DOC": 'a """docstring"""',
    "OPTIONAL": "`?`",
    "COMPARE": "a comparison",
    "TIMES": "`*`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "POWER": "`**`",
    "$END": "the end of the file",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "DOT": "`.`",
}
PUNCTUATION = ("`)`", "`]`", "`,`", "`=`", "`:`", "`{`", "`}`")
CHARACTERS = {
    "'": 'strings are written with double quotes: "…"',
    ";": "there are no semicolons; statements just follow each other",
    "&": "write `and`",
    "!": "write `not`",
    "@": "matrix products are `matmul(a, b)`",
    "\\": "a statement goes on over as many lines as it needs",
    "\t": "indent with spaces",
}
TOKENS = {
    "=": "a binding is `name = expression`; compare with `==`",
    ":": "the type of a binding stands before `=`: `name: [B, D] = …`",
    "input": "`param`, `input` and `output` are reserved words",
    "output": "`param`, `input` and `output` are reserved words",
    "param": "`param`, `input` and `output` are reserved words",
}
WORDS = {
    "def": "a block of your own is `block Name { … }`",
    "class": "a block of your own is `block Name { … }`",
    "from": 'another file comes with `use "file.get"`',
    "import": 'another file comes with `use "file.get"`',
    "return": "write `output name = …`",
    "lambda": "a block of your own is `block Name { … }`",
}


def report_syntax(
    error: UnexpectedInput,
    repaired: RepairedText,
    offset: int,
    diagnostics: Diagnostics,
    *,
    unfinished: int | None = None,
    word: str = "",
) -> None:
    """Reports a syntax error at an offset.

    `unfinished` is the end of a statement that stops too early, `word` the one that it starts with.
    """
    text = repaired.text
    if unfinished is not None or offset >= len(text):
        last = len(text[: unfinished if unfinished is not None else len(text)].rstrip())
        place = repaired.span(max(0, last - 1), last)
        diagnostics.report(
            "GET102", "this statement is not finished", place, expectation(error), help=WORDS.get(word)
        )
        return
    if isinstance(error, UnexpectedCharacters):
        char = text[offset]
        shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
        place = repaired.span(offset, offset + 1)
        diagnostics.report("GET105", f"{shown} means nothing here", place, help=CHARACTERS.get(char))
        return
    found = str(getattr(error, "token", "")).split("\n")[0]
    place = repaired.span(offset, offset + max(1, len(found)))
    help = TOKENS.get(found) or WORDS.get(word)
    diagnostics.report("GET102", f"unexpected `{found}`", place, expectation(error), help=help)


def expectation(error: UnexpectedInput) -> str:
    """What could have stood there, where that is worth saying."""
    names = (
        error.accepts
        if isinstance(error, UnexpectedToken) and error.accepts
        else getattr(error, "allowed", None)
    )
    names = set(names or getattr(error, "expected", None) or ())
    if {"NAME", "INT", "STRING", "LSQB"} <= names:
        return "expected an expression here"
    if "BROKEN" in names and len(names) > 6:
        return "expected a statement here"
    shown = []
    for name in sorted(names - {"BROKEN"}):
        if name in TERMINALS:
            shown.append(TERMINALS[name])
        elif name.isalpha():
            shown.append(f"`{name.lower()}`")
    shown = list(dict.fromkeys(shown))
    if len(shown) > 5:
        shown = [name for name in PUNCTUATION if name in shown]
    return "expected " + " or ".join(shown) if shown else ""
