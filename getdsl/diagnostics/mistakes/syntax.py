"""Text that does not parse, and what a parse tree cannot say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Edit, Fix, Help, add, remove, renamed, write, written
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.rewrites import argument_before
from getdsl.text.source import Span

MOST_WORDS = 40  # more than the language reserves
TOKENS = {  # what helps where a token stands that cannot
    "=": "a binding is `name = expression`; compare with `==`",
    ":": "the type of a binding stands before `=`: `name: [B, D] = …`",
    "input": "`param`, `input` and `output` are reserved words",
    "output": "`param`, `input` and `output` are reserved words",
    "param": "`param`, `input` and `output` are reserved words",
}
TYPE = "a type stands behind `:`, as in `target name: [B, 3]`"
WORDS = {  # what helps where a statement starts with a word of another language
    "def": "a block of your own is `block Name { … }`",
    "class": "a block of your own is `block Name { … }`",
    "from": 'another file comes with `use "file.get"`',
    "import": 'another file comes with `use "file.get"`',
    "return": "write `output name = …`",
    "load": '`load "file" { … }`: what is said of it stands in the braces, which may be empty',
    "lambda": "a block of your own is `block Name { … }`",
}
IMPORT = re.compile(r"(?:import|from)\s+(\w+)[\w., ]*")
PACKAGES = (
    "einops",
    "getdsl",
    "jax",
    "keras",
    "lightning",
    "numpy",
    "pandas",
    "scipy",
    "tensorflow",
    "torch",
)
CHARACTERS = {
    "'": 'strings are written with double quotes: "…"',
    ";": "there are no semicolons; statements just follow each other",
    "&": "write `and`",
    "!": "write `not`",
    "@": "matrix products are `matmul(a, b)`",
    "\\": "a statement goes on over as many lines as it needs",
    "\t": "indent with spaces",
}

GET102 = Code(
    "GET102",
    "unexpected or unfinished statement",
    "The parser met something that cannot stand there, or a statement ended before it was complete. "
    "A statement is a binding `name = expression`, a declaration (`param`, `input`, `output`), "
    "`for`, `if`, or a section.",
)


def unexpected(
    found: str, place: Span, expected: str, word: str = "", slip: Sequence[Edit] = ()
) -> Diagnostic:
    """A token that cannot stand there, in a statement of `word` that parses with a slip's edits."""
    is_type = (found, expected) == ("=", "expected `:`")
    help = _of_slip(slip) or (TYPE if is_type else TOKENS.get(found)) or WORDS.get(word)
    return GET102.at(place, f"unexpected `{found}`", expected, help=help)


def _of_slip(edits: Sequence[Edit]) -> Help | None:
    """What to add, write or remove, at each of the places."""
    text = joined(dict.fromkeys(map(_said, edits)))
    return Help(text, Fix(text, tuple(edits))) if edits else None


def _said(edit: Edit) -> str:
    old, new = edit.span.text, edit.text.strip()
    return f"remove `{old}`" if not new else f"write `{new}`" if old else f"add `{new}`"


def unfinished(place: Span, expected: str, word: str = "", statement: Span | None = None) -> Diagnostic:
    help = _without_import(statement) if statement is not None else None
    return GET102.at(place, "this statement is not finished", expected, help=help or WORDS.get(word))


def _without_import(statement: Span) -> Help | None:
    """The help for a line that brings a package of Python."""
    found = IMPORT.fullmatch(statement.text)
    if found is None or found[1] not in {*sys.stdlib_module_names, *PACKAGES}:
        return None
    return remove(statement, f"take it away: a spec needs nothing of Python's `{found[1]}`")


def reserved(word: str, place: Span, words: Iterable[str]) -> Diagnostic:
    """A binding to a word that starts another statement; `words` are all of those."""
    help = (
        f"choose another name; these are reserved where a statement starts: {joined(words, shown=MOST_WORDS)}"
    )
    return GET102.at(place, f"`{word}` is a reserved word, and cannot be bound", help=help)


def one_name_for_two(name: str, place: Span) -> Diagnostic:
    """`for i, i in …`."""
    help = "`for item, index in list` and `for key, value in table` take two names"
    return GET102.at(place, f"`{name}` cannot be both names of a loop", help=help)


def misspelt_keyword(word: str, meant: str, place: Span) -> Diagnostic:
    return GET102.at(
        place, f"`{word}` starts no statement", help=renamed(f"did you mean `{meant}`?", place, word, meant)
    )


def no_opening_brace(place: Span) -> Diagnostic:
    return GET102.at(place, "this has no `{`", "expected `{` after this", help=add("{", place, " "))


def too_deep(levels: int, place: Span) -> Diagnostic:
    message = f"this is nested deeper than {levels} levels"
    return GET102.at(place, message, help="bind the inner parts to names first")


def too_deep_to_check() -> Diagnostic:
    return GET102.at(None, "the spec is nested too deeply to be checked", help="bind inner parts first")


GET103 = Code(
    "GET103",
    "a bracket is never closed",
    "Where it was meant to close is guessed from the indentation, so that the rest can be checked.",
)


def never_closed(
    bracket: str, closer: str, place: Span, before: Span | None, padding: str, after: Span
) -> Diagnostic:
    """`before` is what the closing bracket may belong after; it is added `after` a place, with a padding."""
    labels = [Label(before, f"`{closer}` may belong after this")] if before is not None else []
    return GET103.at(place, f"`{bracket}` is never closed", labels=labels, help=add(closer, after, padding))


GET104 = Code(
    "GET104",
    "a bracket closes nothing",
    "There is a closing bracket without an opening one.",
)


def closes_nothing(bracket: str, place: Span) -> Diagnostic:
    return GET104.at(place, f"`{bracket}` closes nothing", help=remove(place))


def closes_another(bracket: str, place: Span, opened: str, wanted: str, opener: Span) -> Diagnostic:
    """`(` that ends with `]`."""
    return GET104.at(
        place,
        f"`{bracket}` cannot close `{opened}`",
        labels=[Label(opener, "opened here")],
        help=write(wanted, place),
    )


GET105 = Code(
    "GET105",
    "a character means nothing here",
    "Strings are written with double quotes and end on the line they start on; there are no semicolons; "
    "`and`, `or` and `not` are words.",
)


def meaningless(char: str, place: Span, slip: Sequence[Edit] = ()) -> Diagnostic:
    """A character of another language; `slip` are the edits by which its statement parses."""
    shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
    text, mend = CHARACTERS.get(char), _of_slip(slip)
    help = Help(text, mend.fix) if text and mend else mend or text
    return GET105.at(place, f"{shown} means nothing here", help=help)


def unclosed_string(place: Span, end: Span | None) -> Diagnostic:
    """`end` is where it was meant to end, if that is plain."""
    text = 'close the string with `"` on the same line'
    help = written(text, end, '"') if end is not None else text
    return GET105.at(place, "a string that is not closed", help=help)


def unclosed_docstring(place: Span) -> Diagnostic:
    return GET105.at(place, "a docstring that is not closed", help='close it with `"""`')


def number_too_large(place: Span) -> Diagnostic:
    return GET105.at(place, "this number is too large", help="numbers have 64 bits")


GET106 = Code(
    "GET106",
    "unknown escape in a string",
    r"The escapes are \" \\ \n and \t.",
)


def unknown_escape(char: str, place: Span) -> Diagnostic:
    text = r"the escapes are \" \\ \n \t; write `\\` for a backslash"
    help = written(text, place, f"\\\\{char}")
    return GET106.at(place, f"unknown escape `\\{char}` in a string", help=help)


GET107 = Code(
    "GET107",
    "a positional argument follows a named one",
    "Positional arguments come first.",
)


def positional_after_named(place: Span, named: Span) -> Diagnostic:
    """`named` is the first argument that is given by name."""
    return GET107.at(
        place,
        "a positional argument follows a named one",
        labels=[Label(named, "named")],
        help=argument_before(place, named, "put the positional arguments first, or name this one"),
    )
