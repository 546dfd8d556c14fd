"""Lark's LALR parser, with a loop of our own over its tables.

Chains of reductions that change nothing are taken in one step: a name in the place of an expression is an
atom, a postfix, a power, … and an expression, by fifteen rules that hand on what they are given. Where such
a chain leads depends on the two states on top of the stack and on the next token alone, so each is followed
once. What does not parse is refused by Lark itself, where the loop stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from lark.grammar import NonTerminal, Rule, Terminal
from lark.lexer import ContextualLexer, LexerThread
from lark.parse_tree_builder import ParseTreeBuilder
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser
from lark.parsers.lalr_parser import _Parser
from lark.parsers.lalr_parser_state import ParseConf, ParserState
from lark.tree import Meta

from getdsl.grammar import scanning
from getdsl.grammar.scanning import Scanners

Maker: TypeAlias = Callable[[list[Any]], Any]
END = "$END"
NOWHERE = -1  # where a part begins that has no text


def shorten(lark: Lark) -> Lark:
    """The parser itself, which reads the same texts to the same trees, faster."""
    frontend: Any = lark.parser
    frontend.parser.parser = ShortParser(frontend.parser.parser, frontend.lexer, lark.rules)
    return lark


class Step(NamedTuple):
    """What a token does to the stack: `state` takes the place of the one on top, and then the token leads to
    `shift`, or the last `size` parts become one, an `origin`, by `make`, or else it cannot stand there.
    """

    state: int
    shift: int | None = None
    make: Maker | None = None
    size: int = 0
    origin: str = ""


class ShortParser(_Parser):
    """Reads as Lark's own does; tokens and trees know their offsets, and no lines."""

    def __init__(self, plain: _Parser, lexer: ContextualLexer, rules: list[Rule]) -> None:
        super().__init__(plain.parse_table, plain.callbacks)
        self.scanners = Scanners(lexer)
        trees = ParseTreeBuilder(rules, Tree)  # type: ignore[no-untyped-call]
        self.makers: Mapping[Rule, Maker] = trees.create_callback()  # type: ignore[no-untyped-call]
        self.kept = {
            symbol.name
            for rule in rules
            for symbol in rule.expansion
            if isinstance(symbol, Terminal) and (rule.options.keep_all_tokens or not symbol.filter_out)
        }
        self.steps: dict[tuple[int, int, str], Step] = {}

    def parse(
        self,
        lexer: LexerThread,
        start: str,
        value_stack: list[Any] | None = None,
        state_stack: list[int] | None = None,
        start_interactive: bool = False,
    ) -> Any:
        if start_interactive or value_stack or state_stack:
            return super().parse(lexer, start, value_stack, state_stack, start_interactive)
        assert lexer.state is not None
        held: Any = lexer.state.text
        return Reading(self, held if isinstance(held, str) else held.text, lexer, start).tree()

    def step(self, below: int, state: int, kind: str) -> Step:
        """What a token of a kind does in a state above another."""
        place = (below, state, kind)
        step = self.steps.get(place)
        if step is None:
            step = self.steps[place] = self._followed(below, state, kind)
        return step

    def _followed(self, below: int, state: int, kind: str) -> Step:
        rows = self.parse_table.states
        while (found := rows[state].get(kind)) is not None:
            action, rule = found
            if action is Shift:
                return Step(state, rule)
            if not _hands_on(rule):
                return Step(state, None, self.makers[rule], len(rule.expansion), rule.origin.name)
            state = rows[below][rule.origin.name][1]
        return Step(state)


class Place(Meta):
    """Where a tree stands in its text."""

    def __init__(self, start: int, end: int) -> None:
        self.empty = False
        self.start_pos = start
        self.end_pos = end


class Reading:
    """A text on its way to a tree: the states and parts on the parser's stack, and where each part stands."""

    def __init__(self, parser: ShortParser, text: str, lexer: LexerThread, start: str) -> None:
        table = parser.parse_table
        self.parser, self.text, self.lexer, self.start = parser, text, lexer, start
        self.rows, self.last_state = table.states, table.end_states[start]
        self.states = [table.start_states[start]]
        self.parts: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def tree(self) -> Any:
        """The tree of the whole text. Raises UnexpectedInput as Lark's own parser does."""
        scanners, kept, text, states = self.parser.scanners, self.parser.kept, self.text, self.states
        last: tuple[str, int, int] | None = None
        end = 0
        while True:
            match, words = scanners[states[-1]]
            found = match(text, end)
            if found is None:
                self._refuse_text(last)
            group = found.lastgroup or scanning.END
            if group == scanning.END:
                break
            start, end = found.span(group)
            value = found[group]
            kind = words.get(value, group)
            last = kind, start, end
            part = Token(kind, value, start, None, None, None, None, end) if kind in kept else None
            if not self._take(kind, part, start, end):
                self._refuse(self._token(last))
        if not self._take(END, None, end, end):
            self._refuse(
                Token.new_borrow_pos(END, "", self._token(last)) if last else Token(END, "", 0, 1, 1)
            )
        return self.parts[0]

    def _take(self, kind: str, part: Token | None, start: int, end: int) -> bool:
        """Puts a token on the stack, after what it completes there; False where it cannot stand here.

        The end of the text is not put there, and can stand behind a whole.
        """
        states, step = self.states, self.parser.step
        while True:
            state = states[-1]
            states[-1], shift, make, size, origin = step(
                states[-2] if len(states) > 1 else state, state, kind
            )
            if shift is not None:
                states.append(shift)
                self.parts.append(part)
                self.starts.append(start)
                self.ends.append(end)
                return True
            if make is None:
                return kind == END and states[-1] == self.last_state
            self._reduce(make, size, origin)

    def _reduce(self, make: Maker, size: int, origin: str) -> None:
        """Makes one part of the last ones, which stands where they do."""
        states, parts, starts, ends = self.states, self.parts, self.starts, self.ends
        first = len(parts) - size
        part = make(parts[first:])
        start = end = NOWHERE
        if size:
            start, end = starts[first], ends[-1]
            if start == NOWHERE or end == NOWHERE:
                start = next((place for place in starts[first:] if place != NOWHERE), NOWHERE)
                end = max(ends[first:])
            if start != NOWHERE and isinstance(part, Tree) and part._meta is None:
                part._meta = Place(start, end)
            del states[-size:], parts[first:], starts[first:], ends[first:]
        states.append(self.rows[states[-1]][origin][1])
        parts.append(part)
        starts.append(start)
        ends.append(end)

    # -- what does not parse

    def _token(self, place: tuple[str, int, int]) -> Token:
        """A token that knows its lines too."""
        kind, start, end = place
        lines = [self.text.count("\n", 0, place) + 1 for place in (start, end)]
        columns = [place - self.text.rfind("\n", 0, place) for place in (start, end)]
        return Token(kind, self.text[start:end], start, lines[0], columns[0], lines[1], columns[1], end)

    def _refuse(self, token: Token) -> NoReturn:
        """Raises what Lark does for a token that cannot stand here."""
        state = self._state(token)
        try:
            state.feed_token(token, token.type == END)
        except UnexpectedInput as error:
            error.interactive_parser = InteractiveParser(self.parser, state, self.lexer)
            raise
        raise AssertionError(token)

    def _refuse_text(self, last: tuple[str, int, int] | None) -> NoReturn:
        """Raises what Lark does for text behind a token that is no token."""
        token = self._token(last) if last else None
        self.parser.parse_from_state(self._state(token), token)
        raise AssertionError(last)

    def _state(self, token: Token | None) -> ParserState[int]:
        """The state of Lark's own parser behind a token, without trees."""
        assert self.lexer.state is not None
        if token is not None and token.end_pos is not None:
            self.lexer.state.line_ctr.feed(self.text[: token.end_pos])
            self.lexer.state.last_token = token
        return ParserState(
            ParseConf(self.parser.parse_table, {}, self.start), self.lexer, self.states, self.parts
        )


def _hands_on(rule: Rule) -> bool:
    """Whether what a rule gives is the one thing that it was given: `?sum: product`."""
    if len(rule.expansion) != 1 or not rule.options.expand1 or rule.alias:
        return False
    [part] = rule.expansion
    return isinstance(part, NonTerminal) and not part.name.startswith("_")
