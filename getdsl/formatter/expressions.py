"""Expressions and types as docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from getdsl.formatter.cursor import Cursor
from getdsl.formatter.docs import SPACE, Bracket, Chain, Doc, Joined, Word
from getdsl.grammar import syntax
from getdsl.grammar.node import Node

LEVELS = (("or",), ("and",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "//", "/", "%"), ("**",))


def expression(cursor: Cursor, node: Node) -> Doc:
    """An expression with the parentheses that stand around it."""
    return cursor.in_parentheses(node.span.start, lambda: _bare(cursor, node))


def type_of(cursor: Cursor, node: syntax.Type) -> Doc:
    parts = [expression(cursor, node.expr)]
    for part in (node.of, node.step):
        if part is not None:
            parts += [SPACE, cursor.take(), SPACE, expression(cursor, part)]
    if node.optional:
        parts.append(cursor.take("?"))
    return Joined(parts)


def items_of(
    cursor: Cursor, nodes: Iterable[Node], opens: Doc, closing: str, *, pad: str = "", commas: bool = True
) -> Bracket:
    """A bracket that has been opened, to its end. Commas that may be left out are put in."""
    items: list[Doc] = []
    for node in nodes:
        above = cursor.take_above()
        item = _item(cursor, node)
        if above.flat is None:  # has the item on a line of its own, and breaks nothing within it
            item = Joined([above, item])
        if cursor.next.text == ",":
            item = Joined([item, cursor.take(",")])
        elif cursor.next.text != closing and commas:
            item = Joined([item, Word(",")])
        items.append(item)
    assert isinstance(opens, Word)
    return Bracket(opens, items, cursor.take(closing), pad)


def arguments(cursor: Cursor, args: Iterable[Node], keywords: Iterable[Node]) -> Bracket:
    written = sorted([*args, *keywords], key=lambda node: node.span.start)
    return items_of(cursor, written, cursor.take("("), ")")


def _item(cursor: Cursor, node: Node) -> Doc:
    """An argument, a pair, an item of a list or of an index."""
    match node:
        case syntax.Keyword() | syntax.Pair():
            name = cursor.take()
            return Joined([name, SPACE, cursor.take("="), SPACE, expression(cursor, node.value)])
        case syntax.Slice():
            return _slice(cursor, node)
    return expression(cursor, node)


def _slice(cursor: Cursor, node: syntax.Slice) -> Doc:
    parts: list[Doc] = []
    for number, bound in enumerate((node.start, node.stop, node.step)):
        if number and (number == 1 or cursor.next.text == ":"):
            parts.append(cursor.take(":"))
        if bound is not None:
            parts.append(expression(cursor, bound))
    return Joined(parts)


def _bare(cursor: Cursor, node: Node) -> Doc:
    match node:
        case syntax.Name() | syntax.String() | syntax.Number() | syntax.Ellipsis():
            return Joined(cursor.take_until(node.span.end))
        case syntax.List():
            return items_of(cursor, node.items, cursor.take("["), "]")
        case syntax.Dict():
            return items_of(cursor, node.pairs, cursor.take("{"), "}", pad=" ")
        case syntax.Comprehension():
            return _comprehension(cursor, node)
        case syntax.Unary():
            operator = cursor.take()
            gap = [SPACE] if node.operator == "not" else []
            return Joined([operator, *gap, expression(cursor, node.operand)])
        case syntax.Range():
            return Joined([expression(cursor, node.start), cursor.take(".."), expression(cursor, node.stop)])
        case syntax.Choice():
            return _choice(cursor, node)
        case syntax.Coalesce():
            return _coalesce(cursor, node)
        case syntax.Union():
            return _union(cursor, node)
        case syntax.Arrow() | syntax.Binary():
            return _chain(cursor, node)
        case syntax.Attribute() | syntax.Call() | syntax.Index():
            return _postfix(cursor, node)
    raise AssertionError(f"{type(node).__name__} is no expression")


def _comprehension(cursor: Cursor, node: syntax.Comprehension) -> Doc:
    opens, item = cursor.take("["), expression(cursor, node.item)
    loop = Joined([cursor.take("for"), SPACE, *variables(cursor), cursor.take("in")])
    inside = Chain(item, [(loop, expression(cursor, node.source))], every=True)
    return Bracket(opens, [inside], cursor.take("]"))


def variables(cursor: Cursor) -> list[Doc]:
    """The names of a loop and a space."""
    parts: list[Doc] = [cursor.take()]
    if cursor.next.text == ",":
        parts += [cursor.take(","), SPACE, cursor.take()]
    return [*parts, SPACE]


def _choice(cursor: Cursor, node: syntax.Choice) -> Doc:
    condition = Joined([cursor.take("if"), SPACE, expression(cursor, node.condition)])
    links = [
        (cursor.take(word), expression(cursor, arm)) for word, arm in (("then", node.yes), ("else", node.no))
    ]
    return Chain(condition, links)


def _coalesce(cursor: Cursor, node: syntax.Coalesce) -> Doc:
    first, links = expression(cursor, node.value), []
    rest: syntax.Expr = node.fallback
    operator = cursor.take("??")
    while isinstance(rest, syntax.Coalesce) and cursor.next.start == rest.span.start:
        links.append((operator, expression(cursor, rest.value)))
        operator, rest = cursor.take("??"), rest.fallback
    return Chain(first, [*links, (operator, expression(cursor, rest))])


def _union(cursor: Cursor, node: syntax.Union) -> Doc:
    """Alternatives; a parenthesis may open before one of them and close behind another."""
    options: list[tuple[Word, Doc]] = []
    opened = 0
    for option in node.options:
        operator = cursor.take("|") if options else Word("")
        parts: list[Doc] = []
        while cursor.next.text == "(" and cursor.next.start < option.span.start:
            parts.append(cursor.take("("))
        opened += len(parts)
        parts.append(_bare(cursor, option))
        while opened and cursor.next.text == ")":
            parts.append(cursor.take(")"))
            opened -= 1
        options.append((operator, Joined(parts)))
    (_, first), *links = options
    return Chain(first, links)


def _chain(cursor: Cursor, node: syntax.Arrow | syntax.Binary) -> Doc:
    """Operators of one level, from the left."""
    level = _level(node)
    operands: list[Node] = []
    current: Node = node
    while isinstance(current, syntax.Arrow | syntax.Binary) and _level(current) == level:
        operands.append(current.target if isinstance(current, syntax.Arrow) else current.right)
        begins = current.source if isinstance(current, syntax.Arrow) else current.left
        if begins.span.start != node.span.start:  # in parentheses
            current = begins
            break
        current = begins
    first = expression(cursor, current)
    links = [(cursor.take(), expression(cursor, operand)) for operand in reversed(operands)]
    return Chain(first, links, every=isinstance(node, syntax.Arrow))


def _level(node: syntax.Arrow | syntax.Binary) -> Sequence[str]:
    if isinstance(node, syntax.Arrow):
        return ("->",)
    return next(level for level in LEVELS if node.operator in level)


def _postfix(cursor: Cursor, node: syntax.Attribute | syntax.Call | syntax.Index) -> Doc:
    """A value with all that stands behind it: `f(x)[0].y`."""
    suffixes: list[syntax.Attribute | syntax.Call | syntax.Index] = []
    current: Node = node
    while isinstance(current, syntax.Attribute | syntax.Call | syntax.Index):
        suffixes.append(current)
        begins = current.callee if isinstance(current, syntax.Call) else current.value
        if begins.span.start != node.span.start:
            current = begins
            break
        current = begins
    parts = [expression(cursor, current)]
    for suffix in reversed(suffixes):
        match suffix:
            case syntax.Attribute():
                parts += cursor.take_until(suffix.span.end)
            case syntax.Call():
                parts.append(arguments(cursor, suffix.args, suffix.keywords))
            case syntax.Index():
                parts.append(items_of(cursor, suffix.items, cursor.take("["), "]"))
    return Joined(parts)
