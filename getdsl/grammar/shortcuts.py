"""Lark's LALR parser, with chains of reductions that change nothing taken in one step.

A name in the place of an expression is an atom, a postfix, a power, … and an expression: fifteen reductions
of rules that hand on what they are given. Where such a chain leads depends on the two states on top of the
stack and on the next token alone, so each is followed once.
"""

from __future__ import annotations

from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.grammar import NonTerminal, Rule
from lark.lexer import LexerThread
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser import _Parser
from lark.parsers.lalr_parser_state import ParseConf, ParserState

Jumps = dict[tuple[int, int, str], int]


def shorten(lark: Lark) -> Lark:
    """The parser itself, which reads the same texts to the same trees, faster."""
    frontend: Any = lark.parser
    plain = frontend.parser.parser
    frontend.parser.parser = ShortParser(plain.parse_table, plain.callbacks)
    return lark


class ShortParser(_Parser):
    """Remembers where chains lead."""

    def __init__(self, parse_table: Any, callbacks: Any) -> None:
        super().__init__(parse_table, callbacks)
        self.jumps: Jumps = {}

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
        conf: ParseConf[int] = ParseConf(self.parse_table, self.callbacks, start)
        return self.parse_from_state(ShortState(conf, lexer, self.jumps))


class ShortState(ParserState[int]):
    """The state of a parse. Raises UnexpectedToken as Lark's own does."""

    __slots__ = ("jumps",)

    def __init__(self, conf: ParseConf[int], lexer: LexerThread, jumps: Jumps) -> None:
        super().__init__(conf, lexer)
        self.jumps = jumps

    def copy(self, deepcopy_values: bool = True) -> ParserState[int]:
        """A state of Lark's own, which tries what could have stood in the place of a token."""
        plain: ParserState[int] = ParserState(
            self.parse_conf, self.lexer, list(self.state_stack), list(self.value_stack)
        )
        return plain.copy(deepcopy_values)

    def feed_token(self, token: Token, is_end: bool = False) -> Any:
        """Takes a token; the tree after the last."""
        stack, values, conf = self.state_stack, self.value_stack, self.parse_conf
        states, callbacks, kind = conf.states, conf.callbacks, token.type
        while True:
            state = stack[-1]
            found = states[state].get(kind)
            if found is None:
                raise UnexpectedToken(  # type: ignore[no-untyped-call]
                    token,
                    {name for name in states[state] if name.isupper()},
                    state=self,
                    interactive_parser=None,
                )
            action, rule = found
            if action is Shift:
                stack.append(rule)
                values.append(token)
                return None
            end = self._end_of_chain(stack[-2] if len(stack) > 1 else state, state, kind)
            if end != state:
                stack[-1] = end
            else:
                size = len(rule.expansion)
                parts = values[len(values) - size :]
                del stack[len(stack) - size :], values[len(values) - size :]
                values.append(callbacks[rule](parts))
                stack.append(states[stack[-1]][rule.origin.name][1])
            if is_end and stack[-1] == conf.end_state:
                return values[-1]

    def _end_of_chain(self, below: int, state: int, kind: str) -> int:
        """The state in which a chain of reductions ends; the same where none begins."""
        place = (below, state, kind)
        end = self.jumps.get(place)
        if end is None:
            end = self.jumps[place] = self._followed(below, state, kind)
        return end

    def _followed(self, below: int, state: int, kind: str) -> int:
        states = self.parse_conf.states
        while True:
            action, rule = states[state].get(kind, (Shift, None))
            if action is Shift or not _hands_on(rule):
                return state
            state = states[below][rule.origin.name][1]


def _hands_on(rule: Rule) -> bool:
    """Whether what a rule gives is the one thing that it was given: `?sum: product`."""
    if len(rule.expansion) != 1 or not rule.options.expand1 or rule.alias:
        return False
    [part] = rule.expansion
    return isinstance(part, NonTerminal) and not part.name.startswith("_")
