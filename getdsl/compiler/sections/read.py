"""Sections to plain values: bare words stand for themselves, and names of weights are no expressions."""

from __future__ import annotations

from collections.abc import Mapping

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.evaluate import WORDS, NotConstantError, evaluate
from getdsl.compiler.constants.functions import CompileTimeError
from getdsl.compiler.constants.markers import POISON, contains_poison
from getdsl.compiler.sections.find import name_of
from getdsl.compiler.sections.settings import CALLED, Places, Steps
from getdsl.compiler.sections.weight_paths import weight_paths
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import names, terms
from getdsl.diagnostics.mistakes import sections as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

RULES = {("load", ("rename",)), ("load", ("replace",))}  # where rules `"old." -> "new."` stand


class Reader:
    """Reads one section, noting where each value stands; what is wrong with it is reported and left out."""

    def __init__(
        self, keyword: str, places: Places, params: Mapping[str, Constant], diagnostics: Diagnostics
    ) -> None:
        self.keyword = keyword
        self.places = places
        self.params = params
        self.diagnostics = diagnostics
        self.rules: dict[Steps, list[syntax.Rule]] = {}
        self.broken: set[str] = set()  # settings that could not be read
        self.misplaced: Span | None = None  # rules beside the settings, which belong into a table

    def wrong(self, mistake: Diagnostic) -> Constant:
        self.diagnostics.add(mistake)
        return POISON

    # -- entries

    def entries(self, entries: tuple[syntax.Entry, ...], steps: Steps) -> dict[str, Constant]:
        """The settings of a block by name; rules are kept apart."""
        found: dict[str, Constant] = {}
        self.misplaced = _misplaced(entries) if (self.keyword, steps) == ("load", ()) else None
        first: dict[str, syntax.Setting | syntax.Section] = {}
        for entry in entries:
            if not isinstance(entry, syntax.Setting | syntax.Section) or self.takes_rules(steps):
                self.other(entry, steps)
                continue
            name, place = name_of(entry)
            if name in found:
                _, before = name_of(first[name])
                self.wrong(mistakes.set_twice(name, place, before, (entry.span, first[name].span)))
                continue
            first[name] = entry
            found[name] = self.entry(entry, (*steps, name))
        return self.readable(found)

    def readable(self, found: dict[str, Constant]) -> dict[str, Constant]:
        self.broken.update(name for name, value in found.items() if contains_poison(value))
        return {name: value for name, value in found.items() if not contains_poison(value)}

    def takes_rules(self, steps: Steps) -> bool:
        return (self.keyword, steps) in RULES

    def tables_of_rules(self) -> dict[str, Constant]:
        """The rules that were read as tables, by the block that they stand in."""
        return {
            str(steps[0]): {rule.old: rule.new for rule in rules if rule.old}
            for steps, rules in self.rules.items()
        }

    def other(self, entry: syntax.Entry, steps: Steps) -> None:
        """What is no setting: rules, what could not be parsed, and what stands in the wrong place."""
        if isinstance(entry, syntax.Rule) and self.takes_rules(steps):
            self.rules.setdefault(steps, []).append(entry)
        elif isinstance(entry, syntax.Rule):
            rules, self.misplaced = self.misplaced, None
            self.wrong(mistakes.rule_out_of_place(entry.span, rules))
        elif isinstance(entry, syntax.Declared):
            self.wrong(terms.target_out_of_place(entry.span))
        elif isinstance(entry, syntax.Broken):
            self.broken.update(entry.names)
        elif isinstance(entry, syntax.Each | syntax.Keyed):
            self.wrong(mistakes.loop_out_of_place(entry.span))
        elif isinstance(entry, syntax.Remove):
            self.wrong(names.remove_out_of_place(entry.span))
        else:
            self.wrong(mistakes.no_rule(entry.span, _as_rule(entry)))

    def entry(self, entry: syntax.Setting | syntax.Section, steps: Steps) -> Constant:
        self.places.note((*steps, ""), name_of(entry)[1])
        if isinstance(entry, syntax.Section):
            self.places.note(steps, entry.span)
            return self.entries(entry.entries, steps)
        for extra, word in ((entry.pair, "of"), (entry.where, "where"), (entry.weight, "weight")):
            if extra is not None:
                self.wrong(mistakes.of_terms_only(word, extra.span))
        return self.value(entry.value, steps)

    # -- values

    def value(self, expr: syntax.Expr, steps: Steps) -> Constant:
        """The value of an expression; POISON after a report."""
        self.places.note(steps, expr.span)
        match expr:
            case syntax.Name(id=name) if name not in WORDS:
                return self.params.get(name, name)
            case syntax.List(items=items):
                return self.items(items, steps)
            case syntax.Union(options=options):
                return [self.value(option, (*steps, i)) for i, option in enumerate(options)]
            case syntax.Call():
                return self.call(expr, steps)
            case syntax.Attribute() | syntax.Index() if (paths := weight_paths(expr)) is not None:
                return paths[0] if len(paths) == 1 else [*paths]
        return self.constant(expr, steps)

    def constant(self, expr: syntax.Expr, steps: Steps) -> Constant:
        for pair in expr.pairs if isinstance(expr, syntax.Dict) else ():
            self.places.note((*steps, pair.key, ""), pair.key_span)
        try:
            return evaluate(expr, lambda part, step: self.value(part, (*steps, step)))
        except NotConstantError:
            return self.wrong(mistakes.no_constant(expr.span))
        except CompileTimeError as error:
            return self.wrong(mistakes.not_computable(error, expr.span))

    def items(self, items: tuple[syntax.Expr, ...], steps: Steps) -> list[Constant]:
        """A list's values; `blocks[0..3]` in it are three."""
        found: list[Constant] = []
        for item in items:
            paths = weight_paths(item) if isinstance(item, syntax.Attribute | syntax.Index) else None
            for value in paths if paths is not None else [self.value(item, (*steps, len(found)))]:
                self.places.note((*steps, len(found)), item.span)
                found.append(value)
        return found

    def call(self, expr: syntax.Call, steps: Steps) -> Constant:
        """A table of the arguments, those by position under `#0`, `#1`, …; CALLED is what is called."""
        if not isinstance(expr.callee, syntax.Name):
            return self.wrong(mistakes.not_callable(expr.span))
        self.places.note((*steps, CALLED, ""), expr.callee.span)
        found: dict[str, Constant] = {CALLED: expr.callee.id}
        for position, arg in enumerate(expr.args):
            found[f"#{position}"] = self.value(arg, (*steps, f"#{position}"))
        for keyword in expr.keywords:
            self.places.note((*steps, keyword.name, ""), keyword.name_span)
            if keyword.name in found:
                first = next(item.value.span for item in expr.keywords if item.name == keyword.name)
                name, second = keyword.name_span, keyword.span
                self.wrong(mistakes.argument_twice(keyword.name, name, second, first))
            found[keyword.name] = self.value(keyword.value, (*steps, keyword.name))
        return self.readable(found)


def _misplaced(entries: tuple[syntax.Entry, ...]) -> Span | None:
    """The rules among the settings of a `load`, where they stand together and are of `rename` for sure.

    An old side that ends with a dot is the start of keys; `replace` takes any part of them.
    """
    rules = [entry for entry in entries if isinstance(entry, syntax.Rule)]
    if not rules or any(isinstance(entry, syntax.Section) for entry in entries):
        return None
    first = entries.index(rules[0])
    together = entries[first : first + len(rules)] == tuple(rules)
    is_start = all(rule.old.endswith(".") for rule in rules)
    return rules[0].span.to(rules[-1].span) if together and is_start else None


def _as_rule(entry: syntax.Entry) -> str | None:
    """`old = "new"` as the rule that it was meant to be."""
    if not isinstance(entry, syntax.Setting) or entry.pair or entry.where or entry.weight:
        return None
    new = entry.value.span.text
    if isinstance(entry.value, syntax.Name):
        new = f'"{new}"'
    is_text = isinstance(entry.value, syntax.Name | syntax.String)
    return f'"{entry.name}" -> {new}' if is_text else None
