"""Patterns of named axes, as einops writes them: `"b l (h d) -> b h l d"`.

A side of a pattern is a row of groups, one an axis of the tensor: a name, several in brackets that the axis
is made of, `1` or `()` for a width of 1, a number for that width, `...` for all axes that nothing else names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from getdsl.compiler.graph.dimensions import Dim, total
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations.operand import Operand, ShapeError
from getdsl.diagnostics.mistakes import axis_patterns as mistakes

TOKEN = re.compile(r"\s*(\.\.\.|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[()])")
DOTS, JOINED_DOTS = "...", "(...)"  # by itself, and in brackets
Group = tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """The groups left and right of the arrow. A width is a name too, with where it stands behind a `#`."""

    text: str
    before: tuple[Group, ...]
    after: tuple[Group, ...]

    @property
    def left(self) -> list[str]:
        return names_of(self.before)

    @property
    def right(self) -> list[str]:
        return names_of(self.after)


@dataclass(frozen=True)
class Bound(Pattern):
    """A pattern of a tensor: without dots, and with the sizes of its axes.

    `worked_out` are the names whose size is what is left of an axis once the others are divided out.
    """

    sizes: Mapping[str, Dim]
    worked_out: frozenset[str]


def names_of(groups: Iterable[Group]) -> list[str]:
    return [name for group in groups for name in group]


def shown(name: str) -> str:
    """A name as the pattern has it."""
    return DOTS if DOTS in name else name.partition("#")[0]


def read(text: Operand, usage: str) -> Pattern:
    """A pattern. Raises ShapeError."""
    if not isinstance(text, str):
        raise ShapeError(mistakes.no_pattern(usage))
    before, arrow, after = text.partition("->")
    if not arrow or "->" in after:
        raise ShapeError(mistakes.one_arrow(text, usage))
    return Pattern(text, read_side(before, "<", text), read_side(after, ">", text))


def read_side(side: str, mark: str, text: str) -> tuple[Group, ...]:
    """The groups of one side. Raises ShapeError."""
    groups: list[Group] = []
    inside: list[str] | None = None
    for number, token in enumerate(_tokens(side, text)):
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            groups.append(tuple(inside))
            inside = None
        elif token in "()":
            raise ShapeError(mistakes.brackets(text))
        else:
            names = [] if token == "1" else [f"{token}#{mark}{number}" if token.isdecimal() else token]
            if inside is None:
                groups.append(tuple(names))
            else:
                inside += [JOINED_DOTS if name == DOTS else name for name in names]
    if inside is not None:
        raise ShapeError(mistakes.brackets(text))
    found = [shown(name) for name in names_of(groups) if "#" not in name]
    twice = next((name for place, name in enumerate(found) if name in found[:place]), None)
    if twice is not None:
        raise ShapeError(mistakes.twice(twice, text))
    return tuple(groups)


def _tokens(side: str, text: str) -> Iterator[str]:
    side, at = side.rstrip(), 0
    while at < len(side):
        found = TOKEN.match(side, at)
        if found is None:
            raise ShapeError(mistakes.no_axis(side[at:].split()[0], text))
        at = found.end()
        yield found[1]


def bind(x: TensorType, text: Operand, sizes: Mapping[str, Operand], usage: str) -> Bound:
    """A pattern with the sizes that a tensor and the call give its axes. Raises ShapeError."""
    pattern = read(text, usage)
    if x.dims is None:
        raise ShapeError(mistakes.unknown_axes(pattern.text))
    if not {DOTS, JOINED_DOTS}.isdisjoint(pattern.right) and DOTS not in pattern.left:
        raise ShapeError(mistakes.dots_on_the_right(pattern.text))
    count = axes_of_dots(pattern.before, x, pattern.text)
    pattern = Pattern(pattern.text, spread(pattern.before, count), spread(pattern.after, count))
    known = _given(sizes, pattern)
    worked_out: set[str] = set()
    for group, width in zip(pattern.before, x.shape, strict=True):
        open_name = _measured(group, width, known, x)
        if open_name is not None:
            worked_out.add(open_name)
    return Bound(pattern.text, pattern.before, pattern.after, known, frozenset(worked_out))


def axes_of_dots(groups: tuple[Group, ...], x: TensorType, text: str) -> int:
    """How many axes of a tensor `...` stands for. Raises ShapeError where the ranks differ."""
    dots = (DOTS,) in groups
    if JOINED_DOTS in names_of(groups):
        raise ShapeError(mistakes.dots_in_brackets(text))
    count = len(x.shape) - len(groups) + dots
    if count < 0 or (count and not dots):
        raise ShapeError(mistakes.other_rank(text, len(groups) - dots, x.plain(), open=dots))
    return count


def spread(groups: tuple[Group, ...], count: int) -> tuple[Group, ...]:
    """The groups with so many names in the place of `...`."""
    names = tuple(f"{DOTS}{number}" for number in range(count))
    found: list[Group] = []
    for group in groups:
        if group == (DOTS,):
            found += [(name,) for name in names]
        else:
            found.append(
                tuple(each for name in group for each in (names if name == JOINED_DOTS else (name,)))
            )
    return tuple(found)


def _given(sizes: Mapping[str, Operand], pattern: Pattern) -> dict[str, Dim]:
    """The sizes that the call gives, and those that stand in the pattern."""
    names = {*pattern.left, *pattern.right}
    found = {name: Dim.of(int(shown(name))) for name in names if "#" in name}
    for name, size in sizes.items():
        if name not in names:
            raise ShapeError(mistakes.unused_size(name, pattern.text))
        if isinstance(size, bool) or not isinstance(size, int | Dim):
            raise ShapeError(mistakes.no_size(name))
        found[name] = Dim.of(size)
    small = next((name for name, size in found.items() if size.value is not None and size.value < 1), None)
    if small is not None:
        raise ShapeError(mistakes.too_small(shown(small), found[small]))
    return found


def _measured(group: Group, width: Dim, known: dict[str, Dim], x: TensorType) -> str | None:
    """Notes the sizes of the names that an axis of `x` is made of; the one that is a quotient, if one is."""
    unknown = [name for name in group if name not in known]
    if len(unknown) > 1:
        raise ShapeError(mistakes.open_axes([shown(name) for name in unknown], width, x.plain()))
    rest = total(known[name] for name in group if name in known)
    names = [shown(name) for name in group]
    if not unknown:
        if rest != width:
            raise ShapeError(mistakes.other_size(names, rest, width, x.plain()))
        return None
    if width.value is not None and rest.value is not None and width.value % rest.value:
        raise ShapeError(mistakes.no_divisor(names, unknown[0], width, rest, x.plain()))
    known[unknown[0]] = width // rest
    return unknown[0] if len(group) > 1 else None
