"""The JSON Schema of a declaration."""

from typing import TypedDict

from getdsl.compiler.sections.declare import Bound, Choice, Format, Table, settings_of
from getdsl.compiler.sections.kinds import is_table, items_of, kind_of, rows_of, words_of


class Schema(TypedDict, total=False):
    """A schema with what JSON Schema has no word for.

    `calls` maps the calls that a setting may be to the schemas of their arguments, `positional` lists those
    that need no name, and a `format` says what a text stands for: a path, names of weights, a data source.
    `told_by` is another setting, whose file tells this one.
    """

    type: str
    enum: list[str]
    anyOf: "list[Schema]"
    properties: "dict[str, Schema]"
    required: list[str]
    additionalProperties: "bool | Schema"
    items: "Schema"
    minimum: float
    exclusiveMinimum: float
    maximum: float
    exclusiveMaximum: float
    minItems: int
    maxItems: int
    minProperties: int
    uniqueItems: bool
    pattern: str
    format: Format
    description: str
    calls: "dict[str, Schema]"
    positional: list[str]
    told_by: str


PLAIN = {int: "integer", float: "number", str: "string", bool: "boolean"}


def schema_of(annotation: object) -> Schema:
    kind = kind_of(annotation)
    if kind.choices:
        return {"calls": {word: _call(item) for word, item in kind.choices.items()}}
    if kind.options:
        return {"anyOf": [schema_of(item) for item in kind.options], **_bounds(kind.bound)}
    return {**_plain(kind.bare), **_bounds(kind.bound, is_list=items_of(kind.bare) is not None)}


def _plain(bare: object) -> Schema:
    if is_table(bare):
        return _table(bare)
    if words := words_of(bare):
        return {"enum": list(words)}
    if (listed := items_of(bare)) is not None:
        item, length = listed
        fixed: Schema = {} if length is None else {"minItems": length, "maxItems": length}
        return {"type": "array", "items": schema_of(item), **fixed}
    if (row := rows_of(bare)) is not None:
        return {"type": "object", "additionalProperties": schema_of(row)}
    return {"type": PLAIN[bare]} if isinstance(bare, type) and bare in PLAIN else {}


def _table(table: type[Table]) -> Schema:
    names = settings_of(table)
    return {
        "type": "object",
        "properties": {name: schema_of(kind) for name, kind in names.items()},
        "required": [name for name in names if not hasattr(table, name)],
        "additionalProperties": False,
    }


def _call(choice: type[Choice]) -> Schema:
    positional: Schema = {"positional": list(choice.positional)} if choice.positional else {}
    return {**_table(choice), **positional}


def _bounds(bound: Bound, *, is_list: bool = False) -> Schema:
    found = {
        "minimum": bound.least,
        "exclusiveMinimum": bound.above,
        "maximum": bound.most,
        "exclusiveMaximum": bound.below,
        "minItems" if is_list else "minProperties": bound.items,
        "uniqueItems": bound.distinct or None,
        "pattern": bound.pattern,
        "format": bound.format,
        "description": bound.wanted,
        "told_by": bound.told_by,
    }
    return {key: value for key, value in found.items() if value is not None}  # type: ignore[return-value]
