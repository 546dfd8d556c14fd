"""What became of a piece of the text, in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.compiler.constants.markers import Marker
from getdsl.compiler.elaborate.values import Family, ModuleValue, Part, Tensor, Value
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.text import argument_text

SHOWN = 3  # values of one place, of which a loop and calls of a block may make several
LONGEST = 60  # characters of a constant


def shown(values: Iterable[Value]) -> str:
    """The values that a place takes, the first and the last of many; empty where nothing is known."""
    texts = list(dict.fromkeys(filter(None, map(_shown, values))))
    if len(texts) > SHOWN:
        return f"{texts[0]} … {texts[-1]}"
    return " or ".join(texts)


def tensors(values: Iterable[Value]) -> str:
    """The types of the tensors among values."""
    return shown(value for value in values if isinstance(value, Tensor))


def _shown(value: Value) -> str:
    match value:
        case Marker() | Part() | Family():
            return ""
        case Tensor(type=type):
            return str(type)
        case ModuleValue(block=block):
            return f"{block}(…), not applied yet"
        case Callee():
            return f"the {value.kind} {value}"
    text = argument_text(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
