"""Statements, entries of sections and items of a file as rows and braces."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence

from getdsl.formatter.cursor import Cursor
from getdsl.formatter.docs import SPACE, Doc, Joined, Word
from getdsl.formatter.entries import Around, Braced, Entry, Row
from getdsl.formatter.expressions import arguments, expression, items_of, type_of, variables
from getdsl.grammar import syntax
from getdsl.grammar.node import Node

CLAUSES = ("of", "where", "on", "minimises", "every")


def entry(cursor: Cursor, node: Node) -> Entry:
    """A statement with the comments around it."""
    first = cursor.next
    around = Around(first.above, first.blank, cursor.behind(node.span.end))
    first.above = []
    made = _entry(cursor, node)
    made.around = around
    return made


def _entry(cursor: Cursor, node: Node) -> Entry:
    match node:
        case syntax.Param() | syntax.Input() | syntax.State() | syntax.Declared():
            return _declaration(cursor, node)
        case syntax.Output():
            return _output(cursor, node)
        case syntax.Binding():
            return _binding(cursor, node)
        case syntax.Construct() | syntax.Apply():
            return Row(Joined([cursor.take(), arguments(cursor, node.args, node.keywords)]))
        case syntax.Require() | syntax.Noted():
            word, condition = cursor.take(), expression(cursor, node.condition)
            return Row(word, value=condition, clauses=[_words(cursor, node.span.end)])
        case syntax.Setting():
            return _setting(cursor, node, cursor.take())
        case syntax.PartSetting():
            word = cursor.take()
            return _part_setting(cursor, node, Joined([word, SPACE, cursor.take()]))
        case syntax.Keyed():
            return _setting(cursor, node.setting, _keyed(cursor, node.key))
        case syntax.Rule():
            old, sign = cursor.take(), cursor.take("->")
            return Row(old, sign=sign, value=_rule(cursor, node), kind="rule")
        case syntax.For() | syntax.Each() | syntax.If() | syntax.Definition() | syntax.Section():
            return _braced(cursor, node)
    return Row(_words(cursor, node.span.end))  # `use`, `extern`, `remove`, `take`


def _words(cursor: Cursor, end: int) -> Doc:
    """Tokens with a space between them."""
    first, *others = cursor.take_until(end)
    return Joined([first, *(part for word in others for part in (SPACE, word))])


def _typed(cursor: Cursor, name: Sequence[Doc], type: syntax.Type | None) -> tuple[Doc, Doc | None]:
    """A name and the type behind its colon."""
    if type is None:
        return Joined(name), None
    return Joined([*name, cursor.take(":")]), type_of(cursor, type)


def _declaration(cursor: Cursor, node: syntax.Param | syntax.Input | syntax.State | syntax.Declared) -> Row:
    kind = cursor.next.text
    key = node.key if isinstance(node, syntax.Declared) else None
    name = [cursor.take(), SPACE, cursor.take()] if key is None else [_keyed(cursor, key)]
    row = Row(*_typed(cursor, name, node.type), kind=kind)
    value = node.default if isinstance(node, syntax.Param) else getattr(node, "value", None)
    if value is not None:
        row.sign, row.value = cursor.take("="), expression(cursor, value)
    if isinstance(node, syntax.Param) and node.doc is not None:
        opens, doc = cursor.take("{"), docstring(cursor.take())
        row.note = Joined([opens, SPACE, doc, SPACE, cursor.take("}")])
    return row


def _keyed(cursor: Cursor, key: Node) -> Doc:
    """`output [key]`, `target [key]`."""
    word = cursor.take()
    return Joined([word, SPACE, items_of(cursor, [key], cursor.take("["), "]")])


def _output(cursor: Cursor, node: syntax.Output) -> Row:
    if node.key is not None:
        name: list[Doc] = [_keyed(cursor, node.key)]
    else:
        name = [cursor.take("output")]
        if node.name is not None:
            name += [SPACE, cursor.take()]
    row = Row(*_typed(cursor, name, node.type), kind="output")
    if node.value is not None:
        row.sign, row.value = cursor.take("="), expression(cursor, node.value)
    return row


def _binding(cursor: Cursor, node: syntax.Binding) -> Row:
    name: list[Doc] = [cursor.take()]
    for index in node.indices:
        name.append(items_of(cursor, [index], cursor.take("["), "]"))
    row = Row(*_typed(cursor, name, node.type), kind="binding")
    row.sign, row.value = cursor.take("="), expression(cursor, node.value)
    return row


def _setting(cursor: Cursor, node: syntax.Setting, name: Doc) -> Row:
    row = Row(name, sign=cursor.take("="), value=expression(cursor, node.value), kind="setting")
    clauses: list[Doc] = []
    if node.pair is not None:
        word = cursor.take("of")
        pair = items_of(cursor, [node.pair.prediction, node.pair.target], cursor.take("("), ")")
        clauses.append(Joined([word, SPACE, pair]))
    if node.where is not None:
        clauses.append(_clause(cursor, node.where))
    row.clauses = clauses
    row.weight = _clause(cursor, node.weight) if node.weight is not None else None
    return row


def _part_setting(cursor: Cursor, node: syntax.PartSetting, name: Doc) -> Row:
    row = Row(name, sign=cursor.take("="), value=expression(cursor, node.setting.value), kind="setting")
    clauses = (node.on, node.minimises, node.every)
    row.clauses = [_clause(cursor, clause) for clause in clauses if clause is not None]
    return row


def _clause(cursor: Cursor, node: Node) -> Doc:
    word = cursor.take()
    return Joined([word, SPACE, expression(cursor, node)])


def _rule(cursor: Cursor, node: syntax.Rule) -> Doc:
    new = cursor.take()
    if node.permute is None:
        return new
    return Joined([new, SPACE, *_permute(cursor, node.permute.span.end)])


def _permute(cursor: Cursor, end: int) -> list[Doc]:
    """`permute(2, 1, 0)`."""
    return [
        part for word in cursor.take_until(end) for part in ([word, SPACE] if word.text == "," else [word])
    ]


# ---- braces


def _braced(
    cursor: Cursor, node: syntax.For | syntax.Each | syntax.If | syntax.Definition | syntax.Section
) -> Braced:
    match node:
        case syntax.For() | syntax.Each():
            entries = node.body if isinstance(node, syntax.For) else node.entries
            source = node.range if isinstance(node, syntax.For) else node.source
            loop = [cursor.take("for"), SPACE, *variables(cursor), cursor.take("in"), SPACE]
            return _open(cursor, Joined([*loop, expression(cursor, source)]), entries)
        case syntax.If():
            return _if(cursor, node, [])
        case syntax.Section():
            head = _words(cursor, (node.label_span or node.keyword_span).end)
            return _open(cursor, head, node.entries, "setting")
        case syntax.Definition():
            origin = [item for item in node.body if isinstance(item, syntax.Origin)]
            ends = [
                node.name_span,
                *([node.extends_span] if node.extends_span else []),
                *(o.span for o in origin),
            ]
            head = _words(cursor, max(span.end for span in ends))
            return _open(cursor, head, node.body[len(origin) :], "definition")


def _if(cursor: Cursor, node: syntax.If, before: list[Doc]) -> Braced:
    condition = [cursor.take("if"), SPACE, expression(cursor, node.condition)]
    made = _open(cursor, Joined([*before, *condition]), node.yes)
    if cursor.next.text == "else" and cursor.next.start < node.span.end:
        word = cursor.take("else")
        if cursor.next.text == "if":
            [nested] = node.no
            assert isinstance(nested, syntax.If)
            made.otherwise = _if(cursor, nested, [word, SPACE])
        else:
            made.otherwise = _open(cursor, word, node.no)
    return made


def _open(cursor: Cursor, head: Doc, nodes: Sequence[Node], kind: str = "") -> Braced:
    opens = cursor.take("{")
    is_open = cursor.next.opens_line
    doc = docstring(cursor.take()) if cursor.next.text.startswith('"""') else None
    entries = [entry(cursor, node) for node in nodes]
    closing, cursor.next.above = cursor.next.above, []
    return Braced(head, opens, entries, cursor.take("}"), closing, is_open, doc, kind=kind)


def docstring(word: Word) -> Word:
    """A docstring whose lines begin where it does, so that it can be moved; one on one line as it is."""
    if "\n" not in word.text:
        return word
    first, *_, last = word.text[3:-3].split("\n")
    text = inspect.cleandoc(textwrap.dedent(word.text[3:-3]))
    opens = "\n" if not first.strip() else ""
    closes = "\n" if not last.strip() or text.endswith('"') else ""
    word.text = f'"""{opens}{text}{closes}"""'
    word.start = len(word.text)
    word.flat = None
    return word
