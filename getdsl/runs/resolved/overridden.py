"""Where in a spec's text a value that was set from outside stands, or would stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.program import library_definition
from getdsl.compiler.sections.declared import SECTIONS, schema
from getdsl.compiler.sections.find import WHOLE
from getdsl.grammar import syntax
from getdsl.runs.resolved.edits import Edit, literal_text


def edits_of(files: Sequence[syntax.File], model: str, path: str, value: object) -> list[Edit]:
    """What writes the value into the first of the files; nothing where no place for it was found."""
    main, *others = files
    head, *steps = path.split(".")
    part = _part(main, head, steps)
    sections = (item for item in main.items if _keyword(item) == head)
    section = next(sections, None)
    found: Edit | None
    if part is not None:
        found = _in_part(part, steps[1:], value)
    elif head in WHOLE and not steps:
        found = _whole(main, section, head, value)
    elif section is not None:
        found = _in_section(section, steps, value)
    elif head in SECTIONS and steps:
        found = _new_section(main, head, steps, value)
    elif steps:
        found = _in_model(main, model, head, steps, value)
    else:
        found = _param(main, others, model, head, value)
    return [found] if found is not None else []


def _whole(main: syntax.File, section: syntax.Item | None, keyword: str, value: object) -> Edit:
    """`freeze = [encoder]`: set from outside as the text that stands behind the sign."""
    text = value if isinstance(value, str) else literal_text(value)
    if isinstance(section, syntax.Setting):
        return Edit.of(section.value.span, text)
    return Edit.at(len(main.source.text), f"\n{keyword} = {text}\n")


def _keyword(item: syntax.Item) -> str | None:
    if isinstance(item, syntax.Section):
        return item.keyword
    return item.name if isinstance(item, syntax.Setting) else None


def _part(main: syntax.File, head: str, steps: Sequence[str]) -> syntax.PartSetting | None:
    """The optimizer of a part that `optimizer.critic.lr` is about."""
    parts = (item for item in main.items if isinstance(item, syntax.PartSetting))
    return next((item for item in parts if [item.setting.name, item.name] == [head, *steps[:1]]), None)


def _in_part(part: syntax.PartSetting, steps: Sequence[str], value: object) -> Edit | None:
    clauses = {"on": part.on, "minimises": part.minimises, "every": part.every}
    if list(steps) == ["every"] and part.every is None:
        return Edit.at(part.span.end, f" every {literal_text(value)}")
    clause = clauses.get(steps[0]) if steps else None
    return _below(part.setting.value if clause is None else clause, steps if clause is None else (), value)


# -- the model


def _definition(file: syntax.File, model: str) -> syntax.Definition | None:
    found = (item for item in file.items if isinstance(item, syntax.Definition) and item.name == model)
    return next(found, None)


def _params(files: Sequence[syntax.File]) -> Iterator[syntax.Param]:
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.Definition) and item.kind == "model":
                yield from (each for each in item.body if isinstance(each, syntax.Param))


def _param(
    main: syntax.File, others: Sequence[syntax.File], model: str, name: str, value: object
) -> Edit | None:
    """The default of a model's param; one of its parent is declared anew."""
    definition = _definition(main, model)
    if definition is None or not definition.body:
        return None
    own = (item for item in definition.body if isinstance(item, syntax.Param) and item.name == name)
    param = next(own, None)
    if param is not None and param.default is not None:
        return Edit.of(param.default.span, literal_text(value))
    if param is not None:
        return Edit.at(param.type.span.end, f" = {literal_text(value)}")
    parent = next((item for item in _params([main, *others]) if item.name == name), None)
    if parent is None:
        return None
    declared = f"param {name}: {parent.type.span.text} = {literal_text(value)}\n    "
    return Edit.at(definition.body[0].span.start, declared)


def _in_model(main: syntax.File, model: str, name: str, steps: Sequence[str], value: object) -> Edit | None:
    """An argument of the call that a model binds to a name, or an item of a param."""
    definition = _definition(main, model)
    for item in definition.body if definition is not None else ():
        if isinstance(item, syntax.Param) and item.name == name and item.default is not None:
            return _below(item.default, steps, value)
        if isinstance(item, syntax.Binding) and item.name == name:
            call = item.value.target if isinstance(item.value, syntax.Arrow) else item.value
            return _below(call, steps, value) if isinstance(call, syntax.Call) else None
    return None


# -- sections


def _in_section(section: syntax.Item, steps: Sequence[str], value: object) -> Edit | None:
    if isinstance(section, syntax.Setting):
        return _below(section.value, steps, value)
    if not isinstance(section, syntax.Section) or not steps:
        return None
    for entry in section.entries:
        if _entry_name(entry) == steps[0]:
            return _in_entry(entry, steps[1:], value)
    if any(isinstance(entry, syntax.Keyed | syntax.Each) for entry in section.entries):
        return None  # it may be of a term whose name is computed
    return Edit.at(section.span.end - 1, f"    {_pair(steps, value)}\n")


def _entry_name(entry: syntax.Entry) -> str | None:
    if isinstance(entry, syntax.Setting):
        return entry.name
    return entry.keyword if isinstance(entry, syntax.Section) else None


def _in_entry(entry: syntax.Entry, steps: Sequence[str], value: object) -> Edit | None:
    if isinstance(entry, syntax.Setting) and list(steps) == ["weight"]:  # of a term of the loss
        if entry.weight is not None:
            return Edit.of(entry.weight.span, literal_text(value))
        return Edit.at(entry.span.end, f" weight {literal_text(value)}")
    if isinstance(entry, syntax.Setting):
        return _below(entry.value, steps, value)
    return _in_section(entry, steps, value) if isinstance(entry, syntax.Section) else None


def _new_section(main: syntax.File, keyword: str, steps: Sequence[str], value: object) -> Edit | None:
    if SECTIONS[keyword].form != "block":
        return None
    return Edit.at(len(main.source.text), f"\n{keyword} {{ {_pair(steps, value)} }}\n")


def _pair(steps: Sequence[str], value: object) -> str:
    """`a = { b = value }` for the steps `a.b`."""
    first, *rest = steps
    return f"{first} = {{ {_pair(rest, value)} }}" if rest else f"{first} = {literal_text(value)}"


# -- values


def _below(expr: syntax.Expr, steps: Sequence[str], value: object) -> Edit | None:
    """A value below an expression: of a table, or an argument of a call."""
    if not steps:
        return Edit.of(expr.span, _like(expr, value))
    first, *rest = steps
    if isinstance(expr, syntax.Dict):
        named = {pair.key: pair.value for pair in expr.pairs}
    elif isinstance(expr, syntax.Call):
        named = _arguments(expr)
    elif isinstance(expr, syntax.List):
        named = {str(number): item for number, item in enumerate(expr.items)}
    else:
        return None
    if first in named:
        return _below(named[first], rest, value)
    if isinstance(expr, syntax.List):
        return None
    filled = bool(named) or (isinstance(expr, syntax.Call) and bool(expr.args))
    return Edit.at(expr.span.end - 1, f"{', ' if filled else ' '}{_pair(steps, value)} ")


def _like(expr: syntax.Expr, value: object) -> str:
    """A value in the place of another: a text in that of an operation or a block is the name of one."""
    is_name = isinstance(expr, syntax.Name) and expr.id not in WORDS
    return value if is_name and isinstance(value, str) else literal_text(value)


def _arguments(call: syntax.Call) -> dict[str, syntax.Expr]:
    """The arguments by name; those without one by the order of the params in the library's face.

    A setting's call, such as `AdamW(1e-3)`, says itself which need no name.
    """
    called = call.callee.id if isinstance(call.callee, syntax.Name) else ""
    face = library_definition(called)
    params = [item.name for item in face.body if isinstance(item, syntax.Param)] if face is not None else []
    params = params or schema("optimizer")["calls"].get(called, {}).get("positional", [])
    named = {keyword.name: keyword.value for keyword in call.keywords}
    return dict(zip(params, call.args, strict=False)) | named
