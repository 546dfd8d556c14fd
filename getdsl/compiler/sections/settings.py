"""One section of a file as plain values, each with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from getdsl.compiler.constants.constant import Constant
from getdsl.grammar import syntax
from getdsl.text.source import Span

Steps = tuple[
    str | int, ...
]  # from a section to a value: `("early_stop", "monitor")`; a last "" is its name's
CALLED = ""  # the key under which the plain value of a call holds what is called


class Places:
    """Where the values of a section stand, and their names."""

    def __init__(self, whole: Span) -> None:
        self.whole = whole
        self.spans: dict[Steps, Span] = {}

    def note(self, steps: Steps, span: Span) -> None:
        self.spans[steps] = span

    def of(self, steps: Steps) -> Span:
        return nearest_place(steps, self.spans, self.whole)

    def of_name(self, steps: Steps) -> Span:
        """Where the name of a value stands, or else the value."""
        return self.spans.get((*steps, ""), self.of(steps))

    def of_called(self, steps: Steps) -> Span:
        """Where the name of a call stands, or else the value."""
        return self.spans.get((*steps, CALLED, ""), self.of(steps))


def nearest_place(steps: Steps, spans: Mapping[Steps, Span], whole: Span) -> Span:
    """Where a value stands, or the nearest that holds it."""
    while steps and steps not in spans:
        steps = steps[:-1]
    return spans.get(steps, whole)


@dataclass(frozen=True)
class Settings:
    """One section as plain values.

    `wrong` names the settings that something was reported about, `broken` those of them that could not be
    read at all; neither has a value that can be built upon.
    """

    name: str
    span: Span
    value: Constant
    places: Mapping[Steps, Span]
    rules: Mapping[Steps, Sequence[syntax.Rule]] = field(default_factory=dict)  # of `rename` and `replace`
    label: str | None = None
    label_span: Span | None = None
    broken: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()

    @property
    def table(self) -> dict[str, Constant]:
        """The settings by name; none where the section is a single value, or went wrong as a whole."""
        return dict(self.value) if isinstance(self.value, dict) else {}

    def place(self, steps: Steps) -> Span:
        return nearest_place(steps, self.places, self.span)

    def inside(self, *steps: str | int) -> Settings:
        """What stands at `steps`, as if it were a section of its own; its span is that of its name."""
        value: Constant = self.value
        for step in steps:
            value = value.get(str(step)) if isinstance(value, dict) else None
        depth = len(steps)
        places = {key[depth:]: span for key, span in self.places.items() if key[:depth] == steps}
        name = self.places.get((*steps, ""), self.place(steps))
        return replace(self, name=str(steps[-1]), span=name, value=value, places=places)
