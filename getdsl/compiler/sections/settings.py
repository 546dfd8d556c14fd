"""Sections to plain settings: evaluated, set from outside, and held against their JSON Schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from getdsl.compiler.constants.functions import CompileTimeError, binary
from getdsl.compiler.constants.markers import POISON, contains_poison
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.sections import verdicts
from getdsl.diagnostics import Diagnostics, Label, nearest, suggestion_or_list
from getdsl.grammar import syntax
from getdsl.text.source import Span

SCHEMAS = Path(__file__).with_name("schemas")
SECTIONS = (
    "load",
    "lora",
    "freeze",
    "train_only",
    "data",
    "loss",
    "metrics",
    "optimizer",
    "schedule",
    "train",
)
SINGLE = tuple(name for name in SECTIONS if name != "load")
MAX_PARTS = 10_000  # that a range such as `blocks[0..12]` names
Path_ = tuple[str | int, ...]


@cache
def schema(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return result


@dataclass
class Settings:
    """One section as plain values, with the place of each."""

    name: str
    span: Span
    value: Any = None
    places: dict[Path_, Span] = field(default_factory=dict)
    rules: dict[Path_, list[syntax.Rule]] = field(default_factory=dict)
    label: str | None = None
    label_span: Span | None = None
    broken: set[str] = field(default_factory=set)  # settings that could not be parsed

    def place(self, path: Path_) -> Span:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, self.span)


class Reader:
    """Evaluates the expressions of a section; bare words stand for themselves."""

    def __init__(self, settings: Settings, params: dict[str, Any], diagnostics: Diagnostics) -> None:
        self.settings = settings
        self.params = params
        self.report = diagnostics.report

    def entries(self, entries: tuple[syntax.Entry, ...], path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        spans: dict[str, Span] = {}
        for entry in entries:
            if isinstance(entry, syntax.Rule):
                self.rule(entry, path)
            elif isinstance(entry, syntax.Broken):
                self.settings.broken.update(entry.names)
            elif isinstance(entry, syntax.Remove):
                self.report(
                    "GET209",
                    "`remove` takes away terms of a parent's `loss` or `metrics`, and statements of its "
                    "model",
                    entry.span,
                )
            elif self.in_rules(path):
                self.report("GET403", 'a rule is written `"old." -> "new."`', entry.span)
            elif isinstance(entry, syntax.Setting | syntax.Section):
                name = entry.name if isinstance(entry, syntax.Setting) else entry.keyword
                place = entry.name_span if isinstance(entry, syntax.Setting) else entry.keyword_span
                if name in found:
                    self.report(
                        "GET405", f"`{name}` is set twice", place, labels=[Label(spans[name], "first here")]
                    )
                    continue
                spans[name] = place
                found[name] = self.entry(entry, (*path, name), place)
                if contains_poison(found[name]):
                    self.settings.broken.add(name)
        return {name: value for name, value in found.items() if not contains_poison(value)}

    def in_rules(self, path: Path_) -> bool:
        return self.settings.name == "load" and path in (("rename",), ("replace",))

    def rule(self, rule: syntax.Rule, path: Path_) -> None:
        if self.in_rules(path):
            self.settings.rules.setdefault(path, []).append(rule)
        else:
            self.report("GET403", "a rule stands in `rename { … }` or `replace { … }` of a `load`", rule.span)

    def entry(self, entry: syntax.Setting | syntax.Section, path: Path_, name_span: Span) -> Any:
        self.settings.places[(*path, "")] = name_span
        if isinstance(entry, syntax.Section):
            self.settings.places[path] = entry.span
            return self.entries(entry.entries, path)
        for extra, word in ((entry.where, "where"), (entry.weight, "weight")):
            if extra is not None:
                self.report("GET403", f"`{word}` belongs to the terms of `loss` and `metrics`", extra.span)
        return self.value(entry.value, path, entry.name)

    def value(self, expr: syntax.Expr, path: Path_, key: str = "") -> Any:
        self.settings.places[path] = expr.span
        match expr:
            case syntax.Number(value=value) | syntax.String(value=value):
                return value
            case syntax.Name(id=name):
                return {"true": True, "false": False, "none": None}.get(name, self.params.get(name, name))
            case syntax.List(items=items):
                return self.items(items, path, key)
            case syntax.Dict(pairs=pairs):
                for pair in pairs:
                    self.settings.places[(*path, pair.key, "")] = pair.key_span
                return {pair.key: self.value(pair.value, (*path, pair.key)) for pair in pairs}
            case syntax.Union(options=options):
                return [self.value(option, (*path, i)) for i, option in enumerate(options)]
            case syntax.Attribute() | syntax.Index():
                names = weight_paths(expr)
                if names is not None:
                    return names[0] if len(names) == 1 else names
            case syntax.Call():
                return self.call(expr, path)
            case syntax.Unary() | syntax.Binary():
                return self.arithmetic(expr, path)
        self.report(
            "GET403",
            "this cannot stand in a setting",
            expr.span,
            help="settings are constants: numbers, strings, lists and tables",
        )
        return POISON

    def items(self, items: tuple[syntax.Expr, ...], path: Path_, key: str) -> list[Any]:
        found: list[Any] = []
        for item in items:
            names = weight_paths(item) if isinstance(item, syntax.Attribute | syntax.Index) else None
            for value in names if names is not None else [self.value(item, (*path, len(found)))]:
                self.settings.places[(*path, len(found))] = item.span
                found.append(value)
        return found

    def call(self, expr: syntax.Call, path: Path_) -> Any:
        if not isinstance(expr.callee, syntax.Name):
            self.report("GET403", "this cannot be called in a setting", expr.span)
            return POISON
        values: dict[str, Any] = {"": expr.callee.id}
        self.settings.places[(*path, "", "")] = expr.callee.span
        for position, arg in enumerate(expr.args):
            values[f"#{position}"] = self.value(arg, (*path, f"#{position}"))
        for keyword in expr.keywords:
            self.settings.places[(*path, keyword.name, "")] = keyword.name_span
            if keyword.name in values:
                self.report("GET405", f"`{keyword.name}` is set twice", keyword.name_span)
            values[keyword.name] = self.value(keyword.value, (*path, keyword.name))
        self.settings.broken.update(name for name, value in values.items() if contains_poison(value))
        return {name: value for name, value in values.items() if not contains_poison(value)}

    def arithmetic(self, expr: syntax.Unary | syntax.Binary, path: Path_) -> Any:
        if isinstance(expr, syntax.Unary):
            operand = self.value(expr.operand, (*path, "operand"))
            if isinstance(operand, bool) and expr.operator == "not":
                return not operand
            if isinstance(operand, int | float) and expr.operator == "-":
                return -operand
            if operand is not POISON:
                self.report("GET403", f"`{expr.operator}` does not take this value", expr.span)
            return POISON
        left, right = self.value(expr.left, (*path, "left")), self.value(expr.right, (*path, "right"))
        if POISON in (left, right):
            return POISON
        try:
            return binary(expr.operator, left, right)
        except CompileTimeError as error:
            self.report("GET403", str(error), expr.span)
            return POISON


def weight_paths(expr: syntax.Expr) -> list[str] | None:
    """`encoder.blocks[0..2].attn` as the paths that it means; None where it is no such thing."""
    if isinstance(expr, syntax.Name):
        return [expr.id]
    if isinstance(expr, syntax.Attribute):
        heads = weight_paths(expr.value)
        return None if heads is None else [f"{head}.{expr.name}" for head in heads]
    if isinstance(expr, syntax.Index) and len(expr.items) == 1:
        heads = weight_paths(expr.value)
        item = expr.items[0]
        if heads is None:
            return None
        if isinstance(item, syntax.Number) and isinstance(item.value, int):
            return [f"{head}.{item.value}" for head in heads]
        if (
            isinstance(item, syntax.Range)
            and isinstance(item.start, syntax.Number)
            and isinstance(item.stop, syntax.Number)
        ):
            steps = range(int(item.start.value), int(item.stop.value))
            if len(steps) > MAX_PARTS:
                return None
            return [f"{head}.{step}" for head in heads for step in steps]
    return None


# ---- validation


def read_settings(
    item: syntax.Section | syntax.Setting,
    overrides: Overrides,
    params: dict[str, Any],
    diagnostics: Diagnostics,
    index: int | None = None,
) -> Settings:
    """A section's settings; what is wrong with them is reported and left out."""
    if isinstance(item, syntax.Section):
        settings = Settings(item.keyword, item.keyword_span, label=item.label, label_span=item.label_span)
        reader = Reader(settings, params, diagnostics)
        settings.value = reader.entries(item.entries, ())
        for path, rules in settings.rules.items():
            settings.value[str(path[0])] = {rule.old: rule.new for rule in rules if rule.old}
    else:
        settings = Settings(item.name, item.name_span)
        settings.value = Reader(settings, params, diagnostics).entry(item, (), item.name_span)
    prefix = f"{settings.name}." if index is None else f"{settings.name}.{index}."
    for name, override in overrides.under(prefix).items():
        _apply_override(settings, name.split("."), override, overrides)
    Validator(settings, diagnostics).check(schema(settings.name))
    _note_known(settings, prefix, schema(settings.name), overrides)
    return settings


def _note_known(settings: Settings, prefix: str, rules: dict[str, Any], overrides: Overrides) -> None:
    if "calls" in rules and isinstance(settings.value, dict):
        rules = rules["calls"].get(settings.value.get(""), {})
    for name, inner in rules.get("properties", {}).items():
        overrides.known.add(f"{prefix}{name}")
        for nested in inner.get("properties", {}):
            overrides.known.add(f"{prefix}{name}.{nested}")


def _apply_override(settings: Settings, path: list[str], override: Override, overrides: Overrides) -> None:
    """Sets a value by its path where the schema knows the name; the rest stays unused, and so is reported."""
    rules = schema(settings.name)
    target = settings.value
    for depth, step in enumerate(path):
        if "calls" in rules and isinstance(target, dict):
            rules = rules["calls"].get(target.get(""), {})
        if rules.get("format") == "source":
            return
        known = rules.get("properties", {})
        if step not in known or not isinstance(target, dict):
            return
        rules = known[step]
        if depth == len(path) - 1:
            target[step] = override.value
            if override.span is not None:
                settings.places[tuple(path)] = override.span
                settings.places[(*path, "")] = override.span
            overrides.used.add(override.path)
            return
        target = target.setdefault(step, {})


class Validator:
    """Holds settings against a JSON Schema and says what is wrong in our words."""

    def __init__(self, settings: Settings, diagnostics: Diagnostics) -> None:
        self.settings = settings
        self.report = diagnostics.report

    def check(self, rules: dict[str, Any]) -> None:
        self.settings.value = self.visit(self.settings.value, rules, ())

    def visit(self, value: Any, rules: dict[str, Any], path: Path_) -> Any:
        if value is POISON:
            return None
        if "calls" in rules:
            return self.visit_call(value, rules["calls"], path)
        if rules.get("format") == "source":
            return value
        if isinstance(value, dict) and "" in value:
            self.report(
                "GET403",
                f"`{value['']}(…)` cannot stand here",
                self.settings.place(path),
                help=_wanted(rules),
            )
            return None
        if rules.get("type") == "object" and "properties" in rules and isinstance(value, dict):
            properties = rules["properties"]
            value = {
                name: self.visit(item, properties[name], (*path, name)) if name in properties else item
                for name, item in value.items()
            }
        self.validate(value, rules, path)
        if rules.get("format") == "path" and isinstance(value, str):
            return resolve_path(value, self.settings.place(path))
        return value

    def visit_call(self, value: Any, calls: dict[str, Any], path: Path_) -> Any:
        if isinstance(value, str):
            value = {"": value}
        if not isinstance(value, dict) or "" not in value:
            names = ", ".join(f"`{name}(…)`" for name in calls)
            self.report("GET403", f"`{self._name(path)}` is one of {names}", self.settings.place(path))
            return None
        name = value[""]
        if name not in calls:
            self.report(
                "GET403",
                f"there is no {self._name(path)} `{name}`",
                self.settings.places.get((*path, "", ""), self.settings.place(path)),
                help=suggestion_or_list(name, calls, "choices"),
            )
            return None
        rules = calls[name]
        arguments = {}
        for key, item in value.items():
            if key.startswith("#"):
                position = int(key[1:])
                positional = rules.get("positional", [])
                if position >= len(positional):
                    self.report(
                        "GET403",
                        f"`{name}` takes its settings by name",
                        self.settings.place((*path, key)),
                        help=f"for example `{next(iter(rules['properties']), '')} = …`",
                    )
                    continue
                self.settings.places[(*path, positional[position])] = self.settings.place((*path, key))
                key = positional[position]
            if key:
                arguments[key] = item
        return {"name": name, **self.visit(arguments, rules, path)}

    def _name(self, path: Path_) -> str:
        return str(path[-1]) if path else self.settings.name

    def validate(self, value: Any, rules: dict[str, Any], path: Path_) -> None:
        shallow = {key: item for key, item in rules.items() if key != "properties"}
        if rules.get("type") == "object" and "properties" in rules:
            shallow["properties"] = {name: {} for name in rules["properties"]}
        key = verdicts.key_of(shallow, value)
        if verdicts.found_right(key):
            return
        from jsonschema import Draft202012Validator

        errors = list(Draft202012Validator(shallow).iter_errors(value))
        if not errors:
            verdicts.keep(key)
        for error in errors:
            self.explain(error, rules, (*path, *error.absolute_path))

    def meant(self, instance: dict[str, Any], rules: dict[str, Any]) -> set[str]:
        """The settings that are given, those that were reported as misspelt or broken too."""
        known = rules.get("properties", {})
        near = {nearest(key, known) for key in instance if key not in known}
        return {*instance, *(key for key in near if key), *self.settings.broken}

    def explain(self, error: Any, rules: dict[str, Any], path: Path_) -> None:
        place = self.settings.place(path)
        name = ".".join(str(step) for step in path) or self.settings.name
        if error.validator == "additionalProperties":
            known = rules.get("properties", {})
            for key in sorted(set(error.instance) - set(known)):
                span = self.settings.places.get((*path, key, ""), place)
                self.report(
                    "GET402",
                    f"`{self._name(path)}` has no setting `{key}`",
                    span,
                    help=suggestion_or_list(key, known, "settings"),
                )
        elif error.validator == "required":
            given = self.meant(error.instance, rules)
            missing = [key for key in error.validator_value if key not in given]
            owner = error.instance.get("", self._name(path)) if isinstance(error.instance, dict) else name
            for key in missing[:1]:
                span = self.settings.places.get((*path, "", ""), place)
                self.report("GET404", f"`{owner or name}` needs `{key}`", span, help=f"add `{key} = …`")
        elif error.validator == "enum":
            help = suggestion_or_list(str(error.instance), map(str, error.validator_value), "choices")
            self.report("GET403", f"`{name}` cannot be {_shown(error.instance)}", place, help=help)
        else:
            self.report(
                "GET403", f"`{name}` must be {_wanted(error.schema)}, not {_shown(error.instance)}", place
            )


def _wanted(rules: dict[str, Any]) -> str:
    kinds = {
        "integer": "an integer",
        "number": "a number",
        "string": "a string",
        "boolean": "true or false",
        "array": "a list",
        "object": "a table `{ … }`",
    }
    if "description" in rules:
        return str(rules["description"])
    if "anyOf" in rules:
        return " or ".join(_wanted(option) for option in rules["anyOf"])
    if "enum" in rules:
        return "one of " + ", ".join(map(str, rules["enum"]))
    text = kinds.get(rules.get("type", ""), "a setting")
    if "minItems" in rules and rules["minItems"] == rules.get("maxItems"):
        return f"{text} of {rules['minItems']}"
    limits = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
        "minItems": "with at least",
        "maxItems": "with at most",
    }
    shown = [f"{word} {rules[key]}" for key, word in limits.items() if key in rules]
    items = " items" if "minItems" in rules else ""
    return text + (f" {' and '.join(shown)}{items}" if shown else "")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return str(value) if isinstance(value, int | float) else "a table"
