"""What of an output is explained: `exp`, `exp[:, 0]`, `profile[..., 1]`, and how it becomes one number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch import Tensor

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.diagnostics.listing import joined
from getdsl.runs.interpret.request import Reduce, Request

Index = tuple[slice | int, ...]

ASKED = re.compile(r"\s*(?P<name>[^\[\]\s]+)\s*(?:\[(?P<index>[^\[\]]*)\])?\s*")
ITEM = re.compile(r"(?P<from>-?\d+)?(?:(?P<colon>:)(?P<to>-?\d+)?)?")


@dataclass(frozen=True)
class Target:
    """Some numbers of an output for each sample."""

    output: str
    index: Index = ()
    reduce: Reduce = "sum"

    def chosen(self, output: Tensor) -> Tensor:
        """[B, …]. Raises UserError where the index goes beyond the output."""
        try:
            return output[self.index] if self.index else output
        except IndexError as error:
            raise UserError(
                f"the index of `{self}` goes beyond the output, which is {list(output.shape)}",
                "the first axis is the samples', and indices count from 0",
            ) from error

    def numbers(self, output: Tensor) -> Tensor:
        """One number for each sample, [B]."""
        chosen = self.chosen(output).reshape(len(output), -1)
        if self.reduce == "mean":
            return chosen.mean(1)
        if self.reduce == "sum":
            return chosen.sum(1)
        return ((chosen - chosen.mean(1, keepdim=True)) * chosen.softmax(1).detach()).sum(1)

    def __str__(self) -> str:
        if not self.index:
            return self.output
        return f"{self.output}[{', '.join(map(_item_text, self.index))}]"


def target_of(spec: Spec, request: Request) -> Target:
    """The output that is asked for, or the only one. Raises UserError where there is none of floats."""
    types = spec.graph.output_types()
    if request.of is None:
        if len(types) > 1:
            raise UserError(
                f"the model has {len(types)} outputs: {joined(f'`{name}`' for name in types)}",
                f"say which is explained: `--of {next(iter(types))}`",
            )
        return Target(next(iter(types)), (), request.reduce)
    match = ASKED.fullmatch(request.of)
    if match is None:
        raise UserError(
            f"`--of {request.of}` is no output", "write an output, or `exp[:, 0]` for a part of it"
        )
    name = match["name"]
    if name not in types:
        raise UserError(f"the model has no output `{name}`", suggestion_or_list(name, types, "its outputs"))
    if types[name].dtype != "float":
        raise UserError(f"the output `{name}` holds no floats, and has no gradient", "choose another output")
    rank = None if types[name].dims is None else len(types[name].shape)
    index = _index(request.of, match["index"], rank) if match["index"] is not None else ()
    return Target(name, index, request.reduce)


def _index(text: str, items: str, rank: int | None) -> Index:
    found = [_item(text, item.strip()) for item in items.split(",")]
    if found.count(...) == 1 and rank is not None:
        at = found.index(...)
        found[at : at + 1] = [slice(None)] * (rank - len(found) + 1)
    index = tuple(item for item in found if item is not ...)
    if len(index) != len(found) or (rank is not None and len(index) > rank):
        raise UserError(
            f"`--of {text}` has {len(found)} indices, and the output {rank} axes", "take some away"
        )
    if index[:1] != (slice(None),):
        raise UserError(
            f"`--of {text}` takes some samples only: the first axis of an output is theirs",
            "begin the index with `:`, as in `exp[:, 0]`, and choose samples by `--genes` or `--limit`",
        )
    return index


def _item(text: str, item: str) -> slice | int | type(...):  # type: ignore[valid-type]
    if item == "...":
        return ...
    match = ITEM.fullmatch(item)
    if match is None or not item:
        raise UserError(f"`{item}` in `--of {text}` is no index", "write a number, `0:5`, `:` or `...`")
    start = int(match["from"]) if match["from"] else None
    if match["colon"]:
        return slice(start, int(match["to"]) if match["to"] else None)
    assert start is not None
    return start


def _item_text(item: slice | int) -> str:
    if isinstance(item, int):
        return str(item)
    return f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"
