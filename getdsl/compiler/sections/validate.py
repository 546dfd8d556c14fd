"""Plain values against the schema of their section, and what is wrong in our words; jsonschema validates."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.in_quotes import in_quotes
from getdsl.compiler.constants.markers import contains_poison
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.sections import verdicts
from getdsl.compiler.sections.schema import Schema
from getdsl.compiler.sections.settings import CALLED, Places, Steps
from getdsl.compiler.sections.wording import shown, wanted
from getdsl.diagnostics import Diagnostics, Help, nearest
from getdsl.diagnostics.fixes import remove
from getdsl.diagnostics.mistakes import sections as mistakes
from getdsl.diagnostics.rewrites import in_brackets, unquoted
from getdsl.text.source import Span

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


class Validator:
    """Holds the values of one section against its schema; `wrong` are the settings that do not fit it."""

    def __init__(
        self, keyword: str, places: Places, broken: Collection[str], diagnostics: Diagnostics
    ) -> None:
        self.keyword = keyword
        self.places = places
        self.broken = broken  # settings that could not be read, and were reported
        self.diagnostics = diagnostics
        self.wrong: set[str] = set()
        self.given: Collection[str] = ()

    def visit(self, value: Constant, rules: Schema, steps: Steps = ()) -> Constant:
        """The value with its calls named and its paths resolved; None where it is something else entirely."""
        if contains_poison(value):
            return None
        if "calls" in rules:
            return self.call(value, rules["calls"], steps)
        if rules.get("format") == "source" or (rules.get("format") == "genome" and _is_call(value)):
            return value  # which is read where data are
        if isinstance(value, dict):
            if CALLED in value:
                self.blame(steps)
                place = self.places.of(steps)
                self.diagnostics.add(mistakes.call_out_of_place(value[CALLED], place, wanted(rules)))
                return None
            value = self.table(value, rules, steps)
        if isinstance(value, list) and "calls" in rules.get("items", {}):
            return [self.visit(item, rules["items"], (*steps, number)) for number, item in enumerate(value)]
        self.validate(value, rules, steps)
        if rules.get("format") in ("path", "genome") and isinstance(value, str):
            return resolve_path(value, self.places.of(steps))
        return value

    def table(self, value: dict[str, Constant], rules: Schema, steps: Steps) -> dict[str, Constant]:
        """The values of what the schema knows, and of the rows that are tables themselves, each visited."""
        self.given = value if not steps else self.given
        known = {**dict.fromkeys(value, _rows(rules)), **rules.get("properties", {})}
        return {
            name: self.visit(item, inner, (*steps, name)) if (inner := known[name]) is not None else item
            for name, item in value.items()
        }

    def blame(self, steps: Steps) -> None:
        if steps:
            self.wrong.add(str(steps[0]))

    def last(self, steps: Steps) -> str:
        """What messages call the value at `steps`; one of `loggers` is a logger."""
        if steps and isinstance(steps[-1], int):
            return self.last(steps[:-1]).removesuffix("s")
        return str(steps[-1]) if steps else self.keyword

    # -- calls

    def call(self, value: Constant, calls: dict[str, Schema], steps: Steps) -> Constant:
        """`AdamW(1e-3)` as `{name = "AdamW", lr = 1e-3}`; None after a report."""
        called: Constant = {CALLED: value} if isinstance(value, str) else value
        if not isinstance(called, dict) or CALLED not in called:
            self.blame(steps)
            self.diagnostics.add(mistakes.not_a_choice(self.last(steps), self.places.of(steps), calls))
            return None
        name = str(called[CALLED])
        if name not in calls:
            self.blame(steps)
            place = self.places.of_called(steps)
            self.diagnostics.add(mistakes.no_such_choice(self.last(steps), name, place, calls))
            return None
        found = self.visit(self.arguments(name, called, calls[name], steps), calls[name], steps)
        return {"name": name, **(found if isinstance(found, dict) else {})}

    def arguments(
        self, call: str, called: dict[str, Constant], rules: Schema, steps: Steps
    ) -> dict[str, Constant]:
        """The arguments by name; those by position have the names of `positional`."""
        positional = rules.get("positional", [])
        found: dict[str, Constant] = {}
        for key, value in called.items():
            if key.startswith("#"):
                position, place = int(key[1:]), self.places.of((*steps, key))
                if position >= len(positional):
                    first = next(iter(rules["properties"]), "")
                    self.diagnostics.add(mistakes.given_by_name(call, place, first))
                    continue
                key = positional[position]
                if key in called:
                    name = self.places.of_name((*steps, key))
                    second = name.to(self.places.of((*steps, key)))
                    self.diagnostics.add(mistakes.argument_twice(key, name, second, place))
                self.places.note((*steps, key), place)
            if key != CALLED:
                found[key] = value
        return found

    # -- values

    def validate(self, value: Constant, rules: Schema, steps: Steps) -> None:
        """Reports what is wrong with a value itself; its settings have been visited."""
        shallow = cast(Schema, dict(rules))
        if "properties" in rules:
            shallow["properties"] = {name: {} for name in rules["properties"]}
        if _rows(rules) is not None:
            shallow["additionalProperties"] = {}
        key = verdicts.key_of(shallow, value)
        if verdicts.found_right(key):
            return
        from jsonschema import Draft202012Validator

        errors = list(Draft202012Validator(shallow).iter_errors(value))
        if not errors:
            verdicts.keep(key)
        for error in errors:
            self.explain(error, rules, (*steps, *error.absolute_path))

    def explain(self, error: ValidationError, rules: Schema, steps: Steps) -> None:
        self.blame(steps)
        value = cast(Constant, error.instance)
        if error.validator == "additionalProperties" and isinstance(value, dict):
            self.unknown(value, rules.get("properties", {}), steps)
        elif error.validator == "required" and isinstance(value, dict):
            self.missing(value, rules, steps)
        else:
            self.misfit(value, cast(Schema, error.schema), error.validator == "enum", steps)

    def unknown(self, given: Collection[str], known: Collection[str], steps: Steps) -> None:
        for name in sorted(set(given) - set(known)):
            near = nearest(name, known)
            self.wrong.update({near} if near is not None and not steps else ())
            place = self.places.of_name((*steps, name))
            self.diagnostics.add(mistakes.no_such_setting(self.last(steps), name, place, known))

    def missing(self, given: Collection[str], rules: Schema, steps: Steps) -> None:
        """The first setting that must be given and is not; one that was reported is not missing."""
        known = rules.get("properties", {})
        near = {nearest(name, known) for name in given if name not in known}
        absent = [name for name in rules.get("required", []) if name not in {*given, *near, *self.broken}]
        if absent:
            place = self.places.of_called(steps)
            self.diagnostics.add(mistakes.setting_missing(self.last(steps), absent[0], place))

    def misfit(self, value: Constant, rules: Schema, is_word: bool, steps: Steps) -> None:
        """A value of a wrong type, out of range, or not one of some words."""
        setting = ".".join(map(str, steps)) or self.keyword
        place = self.places.of(steps)
        if is_word:
            self.diagnostics.add(mistakes.not_among(setting, value, shown(value), place, rules["enum"]))
        else:
            help = self.told_elsewhere(rules, steps) or self.rewritten(value, rules, place)
            self.diagnostics.add(mistakes.wrong_value(setting, wanted(rules), shown(value), place, help))

    def told_elsewhere(self, rules: Schema, steps: Steps) -> Help | None:
        """The help for a setting of the section that the file of another one tells."""
        other, name, value = rules.get("told_by"), self.places.of_name(steps), self.places.of(steps)
        if other not in self.given or len(steps) > 1 or name.file is not value.file:
            return None
        return remove(name.to(value), f"take it away: the file of `{other}` tells it")

    def rewritten(self, value: Constant, rules: Schema, place: Span) -> Help | None:
        """The help for a number in quotes, and for an item where a list is wanted."""
        from jsonschema import Draft202012Validator

        if not isinstance(value, str):
            return None
        takes, number = Draft202012Validator(rules).is_valid, in_quotes(value)
        if place.text.startswith('"') and number is not None and takes(number):
            return unquoted(place, value)
        return in_brackets(place) if takes([value]) else None


def _is_call(value: Constant) -> bool:
    return isinstance(value, dict) and CALLED in value


def _rows(rules: Schema) -> Schema | None:
    """The schema of a table's rows, where they are tables of settings."""
    rows = rules.get("additionalProperties")
    return rows if isinstance(rows, dict) and "properties" in rows else None
