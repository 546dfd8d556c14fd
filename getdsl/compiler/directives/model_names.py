"""The names of a model's parts and tensors, and what is wrong with a pattern that covers none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from getdsl.compiler.directives.covering import covers, is_glob
from getdsl.compiler.directives.directives import Pattern
from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import weights
from getdsl.text.source import Span


class ModelNames:
    """`unsure` are names of the model that were reported already: patterns on them are not."""

    def __init__(self, graph: Graph, unsure: Iterable[str], diagnostics: Diagnostics) -> None:
        self.tensors: dict[str, StateTensor] = {tensor.name: tensor for tensor in graph.tensors()}
        self.parts = dict.fromkeys(
            prefix for name in self.tensors for prefix in prefixes(name) if prefix not in self.tensors
        )
        self.modules = {path for path, _ in graph.walk_modules()}
        self.unsure = set(unsure)
        self.diagnostics = diagnostics
        self.blamed: set[Span] = set()  # a range that goes wrong is wrong once, not at each of its numbers

    def hold(self, patterns: Iterable[Pattern], keyword: str) -> list[Pattern]:
        """The patterns that cover something; the others are reported."""
        return [pattern for pattern in patterns if self._holds(pattern, keyword)]

    def _holds(self, pattern: Pattern, keyword: str) -> bool:
        if any(covers(pattern.text, name) for name in self.tensors):
            return True
        if not self.is_unsure(pattern.text) and pattern.span not in self.blamed:
            self.blamed.add(pattern.span)
            self.diagnostics.add(self._mistake(pattern, keyword))
        return False

    def is_unsure(self, text: str) -> bool:
        return text.split(".")[0] in self.unsure or bool(is_glob(text) and self.unsure)

    def _mistake(self, pattern: Pattern, keyword: str) -> Diagnostic:
        if is_glob(pattern.text):
            return weights.glob_covers_nothing(keyword, pattern.text, pattern.span)
        if pattern.text in self.modules:
            return weights.part_without_weights(keyword, pattern.text, pattern.span)
        steps = pattern.text.split(".")
        known = self._known_steps(steps)
        parent, wrong = ".".join(steps[:known]), steps[min(known, len(steps) - 1)]
        children, place = self._children(parent), _step(pattern, known)
        numbers = [int(child) for child in children if child.isdigit()]
        if numbers and wrong.isdigit():
            return weights.beyond_the_end(keyword, parent, numbers, place)
        return weights.no_such_part(keyword, pattern.text, place, wrong, parent, children, self.parts)

    def _known_steps(self, steps: list[str]) -> int:
        """How many of the first steps lead to a part of the model."""
        known = 0
        while known < len(steps) and ".".join(steps[: known + 1]) in self.parts:
            known += 1
        return known

    def _children(self, parent: str) -> list[str]:
        start = f"{parent}." if parent else ""
        found = [*self.parts, *self.tensors]
        return list(
            dict.fromkeys(name[len(start) :].split(".")[0] for name in found if name.startswith(start))
        )


def prefixes(name: str) -> list[str]:
    """The parts around a tensor, outermost first."""
    steps = name.split(".")
    return [".".join(steps[:depth]) for depth in range(1, len(steps))]


def _step(pattern: Pattern, depth: int) -> Span:
    """Where one step of a name stands; the whole pattern where the text does not tell."""
    words = list(re.finditer(r"\d+\s*\.\.\s*\d+|\w+", pattern.span.text))
    if len(words) != len(pattern.text.split(".")) or depth >= len(words):
        return pattern.span
    start = pattern.span.start
    return Span(pattern.span.file, start + words[depth].start(), start + words[depth].end())
