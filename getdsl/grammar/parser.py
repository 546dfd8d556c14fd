"""Text to syntax tree, with every syntax error reported and none fatal."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from getdsl.diagnostics import Diagnostics
from getdsl.grammar import syntax
from getdsl.grammar.builder import TreeBuilder
from getdsl.grammar.recovery import RepairedText, balance_brackets, blamed
from getdsl.source import SourceFile, Span

GRAMMAR = Path(__file__).with_name("get.lark")
MAX_SYNTAX_ERRORS = 25
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
}


@cache
def _lark(start: str) -> Lark:
    """The parser's tables, kept in the user's cache directory between processes where that can be written."""
    from platformdirs import user_cache_path

    grammar = GRAMMAR.read_text()
    logging.getLogger("lark").setLevel(logging.CRITICAL)

    def make(cache: str | bool) -> Lark:
        return Lark(
            grammar,
            parser="lalr",
            start=start,
            propagate_positions=True,
            maybe_placeholders=False,
            cache=cache,
        )

    try:
        folder = user_cache_path("getdsl")
        folder.mkdir(parents=True, exist_ok=True)
        return make(str(folder / f"grammar-{start}-{hashlib.sha256(grammar.encode()).hexdigest()[:12]}.lark"))
    except OSError:
        return make(False)


def read_source(path: Path, diagnostics: Diagnostics, span: Span | None = None, name: str | None = None) -> SourceFile | None:
    """The text of a file, or None with a GET101 that says why it cannot be read.

    `span` is the place that named the file; `name` is how it is shown.
    """
    shown = name or str(path)

    def unreadable(why: str, help: str | None = None) -> None:
        diagnostics.report("GET101", f"cannot read `{shown}`: {why}", span, help=help)

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        near = _near_file(path)
        return unreadable("there is no such file", f"did you mean `{near}`?" if near else None)
    except IsADirectoryError:
        return unreadable("it is a directory", "name a `.get` file")
    except OSError as error:
        return unreadable((error.strerror or str(error)).lower())
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return unreadable(f"byte {error.start} is not UTF-8 text", "a spec is a text file; save it as UTF-8")
    if "\0" in text:
        return unreadable("it is a binary file", "a spec is a text file")
    return SourceFile(shown, text, path)


def _near_file(path: Path) -> str | None:
    import difflib

    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix == ".get"]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name, names, n=1)
    return str(path.with_name(near[0])) if near else None


def parse(file: SourceFile, diagnostics: Diagnostics) -> syntax.File:
    """The syntax tree of a file; statements that cannot be parsed become `Broken`."""
    repaired = balance_brackets(file, diagnostics)
    for _ in range(MAX_SYNTAX_ERRORS):
        try:
            tree = _lark("start").parse(repaired.text)
        except UnexpectedInput as error:
            if not _recover(error, repaired, diagnostics):
                break
        else:
            result: syntax.File = TreeBuilder(repaired, diagnostics).transform(tree)
            return result
    return syntax.File(file, ())


def parse_expression(file: SourceFile, diagnostics: Diagnostics) -> syntax.Expr | None:
    """A single expression, such as the right side of a `--set`."""
    repaired = balance_brackets(file, diagnostics)
    try:
        tree = _lark("expr").parse(repaired.text)
    except UnexpectedInput as error:
        _recover(error, repaired, diagnostics)
        return None
    result: syntax.Expr = TreeBuilder(repaired, diagnostics).transform(tree)
    return result


def _recover(error: UnexpectedInput, repaired: RepairedText, diagnostics: Diagnostics) -> bool:
    """Reports the error, overwrites the statement that it stands in, and says whether to go on."""
    text = repaired.text
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    offset = len(text) if at_end else (error.pos_in_stream or 0)
    found = blamed(text, offset)
    unfinished = found is not None and (found[2] or at_end)
    if found is not None and unfinished:
        last = repaired.original(found[1])
        place = Span(repaired.file, max(0, last - 1), last)
        diagnostics.report("GET102", "this statement is not finished", place, _expectation(error))
    elif isinstance(error, UnexpectedCharacters):
        _report_character(text[offset], repaired, offset, diagnostics)
    else:
        assert isinstance(error, UnexpectedToken)
        _report_token(error, repaired, offset, diagnostics)
    if found is None or "\0" in text[found[0] : found[1]].strip("\0 \n") or found[1] <= found[0]:
        return False
    start, end = found[0], max(found[1], min(offset + 1, len(text)) if not unfinished else found[1])
    repaired.overwrite(start, end)
    return True


def _expectation(error: UnexpectedInput) -> str:
    names = error.accepts if isinstance(error, UnexpectedToken) and error.accepts else getattr(error, "allowed", None)
    names = names or getattr(error, "expected", None) or set()
    if {"NAME", "INT", "STRING", "LSQB"} <= set(names):
        return "expected an expression here"
    if "BROKEN" in names and len(names) > 6:
        return "expected a statement here"
    literal = {"LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}", "COMMA": ","}
    literal |= {"COLON": ":", "EQUAL": "=", "DOT": "."}
    shown = []
    for name in sorted(names):
        if name in TERMINALS:
            shown.append(TERMINALS[name])
        elif name in literal:
            shown.append(f"`{literal[name]}`")
        elif name.isalpha() and name != "BROKEN":
            shown.append(f"`{name.lower()}`")
    shown = [name for name in dict.fromkeys(shown)]
    closers = [name for name in ("`)`", "`]`", "`,`", "`=`", "`:`", "`{`", "`}`") if name in shown]
    if len(shown) > 5:
        shown = closers
    return "expected " + " or ".join(shown) if shown else ""


def _report_character(char: str, repaired: RepairedText, offset: int, diagnostics: Diagnostics) -> None:
    place = Span(repaired.file, repaired.original(offset), repaired.original(offset) + 1)
    helps = {
        "'": 'strings are written with double quotes: "…"',
        ";": "there are no semicolons; statements just follow each other",
        '"': 'close the string with `"` on the same line',
        "&": "write `and`",
        "!": "write `not`",
        "@": "matrix products are `matmul(a, b)`",
    }
    what = "a string that is not closed" if char == '"' else f"`{char}` means nothing here"
    diagnostics.report("GET105", what, place, help=helps.get(char))


def _report_token(error: UnexpectedToken, repaired: RepairedText, offset: int, diagnostics: Diagnostics) -> None:
    token: Token = error.token
    start = repaired.original(offset)
    end = max(start + 1, repaired.original(offset + len(str(token))))
    found = str(token).split("\n")[0]
    help = None
    if found == "=":
        help = "a binding is `name = expression`; compare with `==`"
    elif found == ":":
        help = "the type of a binding stands before `=`: `name: [B, D] = …`"
    diagnostics.report(
        "GET102", f"unexpected `{found}`", Span(repaired.file, start, end), _expectation(error), help=help
    )
