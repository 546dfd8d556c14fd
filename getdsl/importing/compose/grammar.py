"""Hydra's grammar of what a command line sets (`key=value`, `+group@package=option`, `~key`), read as data.

https://hydra.cc/docs/advanced/override_grammar/basic: text needs no quotes where it holds no `=`, and what
looks like a number, a truth or null is one. Sweeps are refused: they say more than one config.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from getdsl.importing.compose.casts import CASTS, cast
from getdsl.importing.compose.tokens import Token, quoting, tokens
from getdsl.importing.config import ConfigError, Place

KEY_TEXT = {"id", "null", "integer", "float", "truth", "mark", "escape", "space"}
TEXT = KEY_TEXT | {"reference", ":"}
MAX_DEPTH = 50
SWEEPS = ("choice", "range", "interval", "glob", "tag", "shuffle")
VALUES: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "float": float,
    "truth": lambda text: text.lower() == "true",
    "null": lambda text: None,
    "escape": lambda text: text[1::2],
}


def read_value(text: str, place: Place) -> Any:
    """The value of a text: scalars, lists and tables of Python. Raises ConfigError where it is none."""
    return _Reader(tokens(text, place), text, place).whole()


class _Reader:
    def __init__(self, tokens: list[Token], text: str, place: Place) -> None:
        self.tokens = [*tokens, Token("end", "", len(text))]
        self.text = text
        self.place = place
        self.next = 0
        self.depth = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.next].kind

    def take(self, kind: str) -> str:
        token = self.tokens[self.next]
        if token.kind != kind:
            raise self.mistake(kind)
        self.next += 1
        return token.text

    def mistake(self, wanted: str) -> ConfigError:
        if self.kind == "end":
            shown = "a value" if wanted == "value" else f"`{wanted}`"
            return ConfigError(self.place, f"`{self.text}` ends where {shown} must follow", "complete it")
        rest = self.text[self.tokens[self.next].start :]
        return ConfigError(self.place, f"`{rest.strip()}` cannot stand here", quoting(self.text))

    def whole(self) -> Any:
        value = self.element()
        if self.kind == ",":
            raise ConfigError(
                self.place,
                "several values are a sweep of runs, and a spec is one",
                f"choose one, or write a list: `[{self.text}]`",
            )
        self.take("end")
        return value

    def element(self) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConfigError(self.place, f"its values are nested deeper than {MAX_DEPTH} levels")
        found = self.nested()
        self.depth -= 1
        return found

    def nested(self) -> Any:
        if self.kind == "id" and self.tokens[self.next + 1].kind == "(":
            return self.call()
        if self.kind == "[":
            return self.listed("[", "]", self.element)
        if self.kind == "{":
            return dict(self.listed("{", "}", self.pair))
        return self.scalar(TEXT)

    def listed(self, opening: str, closing: str, item: Callable[[], Any]) -> list[Any]:
        self.take(opening)
        found: list[Any] = []
        while self.kind != closing:
            if found:
                self.take(",") if self.kind == "," else self.take(closing)
            found.append(item())
        self.take(closing)
        return found

    def pair(self) -> tuple[str, Any]:
        key = self.scalar(KEY_TEXT)
        if key is None:
            raise ConfigError(self.place, "`null` is no key")
        self.take(":")
        return str(key), self.element()

    def scalar(self, kinds: set[str]) -> Any:
        if self.kind == "quoted" and "reference" in kinds:
            return _unquoted(self.take("quoted"))
        run = self.run(kinds)
        if not run:
            raise self.mistake("value")
        if len(run) == 1:
            return self.value(run[0])
        return "".join(item.text[1::2] if item.kind == "escape" else item.text for item in run)

    def value(self, token: Token) -> Any:
        try:
            return VALUES.get(token.kind, str)(token.text)
        except ValueError:  # an integer of thousands of digits
            raise ConfigError(self.place, "a number of too many digits") from None

    def run(self, kinds: set[str]) -> list[Token]:
        """The next tokens of some kinds, without the space around them."""
        start = self.next
        while self.kind in kinds:
            self.next += 1
        found = self.tokens[start : self.next]
        first = 1 if found and found[0].kind == "space" else 0
        last = -1 if len(found) > 1 and found[-1].kind == "space" else None
        return found[first:last]

    def call(self) -> Any:
        """A cast (`int(3.5)`), which is carried out, or a sweep, which is not."""
        name = self.take("id")
        if name in SWEEPS:
            raise ConfigError(
                self.place, f"`{name}(…)` sweeps over runs, and a spec is one", "choose a value"
            )
        if name not in CASTS:
            raise ConfigError(self.place, f"there is no `{name}(…)`", quoting(self.text))
        arguments = self.listed("(", ")", self.element)
        if len(arguments) != 1:
            raise ConfigError(self.place, f"`{name}(…)` takes one value", f"for example `{name}(1)`")
        try:
            return cast(arguments[0], CASTS[name])
        except (ValueError, TypeError, OverflowError) as error:
            raise ConfigError(self.place, f"`{self.text}` cannot be: {error}") from None


def _unquoted(text: str) -> str:
    """What stands between quotes, with the quotes inside, and the backslashes before those, unescaped."""
    quote, inside = text[0], text[1:]
    return re.sub(
        rf"(\\*){quote}", lambda match: match[1][1::2] + (quote if len(match[1]) % 2 else ""), inside
    )
