"""What a setting may be, and what it is instead, in words."""

from __future__ import annotations

from getdsl.compiler.sections.schema import Schema

KINDS = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table `{ … }`",
}
LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "minItems": "with at least",
    "maxItems": "with at most",
}


def wanted(rules: Schema) -> str:
    """`an integer at least 1`, as messages say it."""
    if "description" in rules:
        return rules["description"]
    if "anyOf" in rules:
        return " or ".join(wanted(option) for option in rules["anyOf"])
    if "enum" in rules:
        return "one of " + ", ".join(rules["enum"])
    text = KINDS.get(rules.get("type", ""), "a setting")
    if "minItems" in rules and rules["minItems"] == rules.get("maxItems"):
        return f"{text} of {rules['minItems']}"
    return text + _limits(rules)


def _limits(rules: Schema) -> str:
    limits = [f"{word} {limit}" for key, word in LIMITS.items() if (limit := rules.get(key)) is not None]
    items = " items" if "minItems" in rules else ""
    return f" {' and '.join(limits)}{items}" if limits else ""


def shown(value: object) -> str:
    """A value as messages show it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return str(value) if isinstance(value, int | float) else "a table"
