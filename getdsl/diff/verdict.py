"""Whether the checkpoints of one spec load in another, and by what `load`: asked of the plan itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.directives.narrowest import narrowest
from getdsl.compiler.plan.complaints import drops, owed
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.matching.matched import Leftover, Matched
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.suggest.suggestion import Suggestion, ambiguous_lines, rename_block
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.spec import Spec
from getdsl.diagnostics.listing import patterns_list, quoted, quoted_list
from getdsl.diff.side import Side
from getdsl.formats.checkpoint_header import Header
from getdsl.text.source import SourceFile, Span

How = Literal["as it is", "renamed", "in part", "not"]
FILE = "checkpoint.safetensors"
OWN = ("freeze", "train_only")  # what a spec says of its weights once they are loaded


@dataclass(frozen=True)
class OtherShape:
    name: str
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Verdict:
    """How a checkpoint loads: `load` is the block to write, `reasons` are why it does not load.

    `loaded` of `wanted` tensors come from the file. `new` ones it does not have, `dropped` keys nobody wants.
    """

    how: How
    load: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    open: tuple[str, ...] = ()  # what nothing tells, in words
    reasons: tuple[str, ...] = ()
    loaded: int = 0
    wanted: int = 0
    new: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    other_shapes: tuple[OtherShape, ...] = ()

    @property
    def loads(self) -> bool:
        """Whether each tensor of the one is a tensor of the other, under whatever name."""
        return self.how in ("as it is", "renamed")


@dataclass(frozen=True)
class _Attempt:
    """A spec's plan for one file, with what stands in its `load`."""

    spec: Spec
    header: Header
    said: Mapping[str, Constant] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        place = Span(SourceFile("load", ""), 0, 0)
        load = Settings("load", place, dict(self.said), {}, label=FILE, label_span=place)
        return make_plan(replace(self.spec, loads=(load,)), lambda request: self.header)

    def with_(self, **said: Constant) -> _Attempt:
        return replace(self, said={**self.said, **said})


def verdict(before: Side, after: Side) -> Verdict:
    """Whether checkpoints of the one load in the other: as they are, with a table, in part, or not."""
    attempt = _Attempt(_for_loading(after.spec), before.checkpoint)
    plain = attempt.plan
    if plain.ok:
        return replace(_account(plain), how="as it is")
    suggestion = plain.suggestions.get(0, Suggestion())
    open = tuple(ambiguous_lines(suggestion))
    renamed = attempt.with_(rename=dict(suggestion.rules)) if suggestion.rules else attempt
    plan = renamed.plan if suggestion.rules else plain
    table = rename_block(suggestion)
    if plan.ok:
        found = replace(_account(plan), how="renamed")
        return replace(found, rules=suggestion.rules, load=_load(before, table), open=open)
    found = replace(_account(plan), rules=suggestion.rules, open=open, reasons=tuple(_reasons(plain)))
    afresh = _afresh(plan)
    if not found.loaded or not renamed.with_(**afresh).plan.ok:
        return found
    return replace(found, how="in part", load=_load(before, table, afresh))


def _for_loading(spec: Spec) -> Spec:
    """A spec without what it says of its own files and of its training; `lora` takes what it is given."""
    settings = {name: item for name, item in spec.settings.items() if name not in OWN}
    if "lora" in settings:
        table = {name: value for name, value in settings["lora"].table.items() if name != "adapter"}
        settings["lora"] = replace(settings["lora"], value=table)
    return replace(spec, settings=settings)


def _account(plan: Plan) -> Verdict:
    """What becomes of each tensor of either side."""
    (item,) = plan.findings.files
    refused = [left for left in item.of_fate("refused") if left.name in plan.tensors]
    return Verdict(
        "not",
        loaded=sum(tensor.origin == "loaded" for tensor in plan.tensors.values()),
        wanted=len(plan.tensors),
        new=tuple(owed(item, plan)),
        dropped=tuple(left.source.key for left in item.leftovers if left not in refused),
        other_shapes=tuple(
            OtherShape(left.name, left.shape, plan.tensors[left.name].shape) for left in refused
        ),
    )


def _reasons(plan: Plan) -> Iterable[str]:
    for item in plan.diagnostics:
        if item.severity == "error":
            yield item.message if item.help is None else f"{item.message}: {item.help}"


def _afresh(plan: Plan) -> dict[str, Constant]:
    """What a `load` says to take what fits and leave the rest."""
    (item,) = plan.findings.files
    gone = [left.source.key for left in item.leftovers]
    absent = [*owed(item, plan), *_names(item.of_fate("refused"), item, plan)]
    patterns = {"drop": drops(item, gone), "new": narrowest(absent, set(plan.tensors))}
    return {name: list[Constant](found) for name, found in patterns.items() if found}


def _names(refused: Iterable[Leftover], item: Matched, plan: Plan) -> list[str]:
    return [left.name for left in refused if left.name in plan.tensors and left.name not in item.tensors]


def _load(
    before: Side, table: Iterable[str], afresh: Mapping[str, Constant] | None = None
) -> tuple[str, ...]:
    """The block to write, a line each."""
    file = str(before.header.paths[0]) if before.header is not None else FILE
    lists = {"drop": quoted_list, "new": patterns_list}
    told = [f"    {name:4} = {lists[name](found)}" for name, found in (afresh or {}).items()]  # type: ignore[arg-type]
    return (f"load {quoted(file)} {{", *(f"    {line}" for line in table), *told, "}")
