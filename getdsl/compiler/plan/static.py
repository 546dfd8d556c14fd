"""What can be wrong with directives before any file is read: patterns held against the model's names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.compiler.plan.adapting import can_adapt
from getdsl.compiler.plan.directives import Directives, Load, Lora, Pattern, is_url
from getdsl.compiler.plan.patterns import any_covers, covers, is_glob
from getdsl.compiler.plan.rules import check_rules
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostics, Label, nearest
from getdsl.text.source import Span


def check_directives(
    directives: Directives,
    settings: Mapping[str, Settings],
    graph: Graph,
    unsure: Iterable[str],
    diagnostics: Diagnostics,
) -> None:
    """Reports what is wrong. `unsure` are names of the model that were reported already."""
    names = _Names(graph, unsure, diagnostics)
    for load in directives.loads:
        _load(load, names, diagnostics)
    if directives.lora is not None:
        _lora(directives.lora, settings["lora"], names, diagnostics)
    for keyword, patterns in (("freeze", directives.freeze), ("train_only", directives.train_only)):
        names.hold(patterns or (), keyword)
    if directives.freeze is not None and directives.train_only is not None:
        diagnostics.report(
            "GET519",
            "`freeze` and `train_only` both say what is trained",
            settings["train_only"].span,
            labels=[Label(settings["freeze"].span, "the other one")],
            help="keep one of them: `freeze` names what stays as it is, `train_only` all that changes",
        )


class _Names:
    """The names of a model's parts and tensors."""

    def __init__(self, graph: Graph, unsure: Iterable[str], diagnostics: Diagnostics) -> None:
        self.tensors: dict[str, StateTensor] = {tensor.name: tensor for tensor in graph.tensors()}
        self.parts = dict.fromkeys(
            prefix for name in self.tensors for prefix in _prefixes(name) if prefix not in self.tensors
        )
        self.modules = {path for path, _ in graph.walk_modules()}
        self.unsure = set(unsure)
        self.report = diagnostics.report
        self.blamed: set[Span] = set()  # a range that goes wrong is wrong once, not at each of its numbers

    def hold(self, patterns: Iterable[Pattern], keyword: str) -> list[Pattern]:
        """The patterns that cover something; the others are reported."""
        return [pattern for pattern in patterns if self._holds(pattern, keyword)]

    def _holds(self, pattern: Pattern, keyword: str) -> bool:
        if any(covers(pattern.text, name) for name in self.tensors):
            return True
        if not self.is_unsure(pattern.text) and pattern.span not in self.blamed:
            self.blamed.add(pattern.span)
            self._explain(pattern, keyword)
        return False

    def is_unsure(self, text: str) -> bool:
        return text.split(".")[0] in self.unsure or bool(is_glob(text) and self.unsure)

    def _explain(self, pattern: Pattern, keyword: str) -> None:
        if is_glob(pattern.text):
            self._nothing(
                pattern.span,
                f"`{keyword}` names `{pattern.text}`, and nothing of the model is called so",
                "`*` stands for any characters, dots among them; `getdsl plan --all` lists the names",
            )
        elif pattern.text in self.modules:
            self._nothing(
                pattern.span,
                f"`{keyword}` names `{pattern.text}`, which has no weights",
                "take it away: it has nothing to load, to freeze or to adapt",
            )
        else:
            self._explain_name(pattern, keyword)

    def _explain_name(self, pattern: Pattern, keyword: str) -> None:
        steps = pattern.text.split(".")
        known = 0
        while known < len(steps) and ".".join(steps[: known + 1]) in self.parts:
            known += 1
        parent = ".".join(steps[:known])
        children = self._children(parent)
        place = _step(pattern, known)
        wrong = steps[known] if known < len(steps) else steps[-1]
        numbers = [int(child) for child in children if child.isdigit()]
        if numbers and wrong.isdigit():
            self._nothing(
                place,
                f"`{keyword}` goes beyond the end of `{parent}`",
                f"`{parent}` has {len(numbers)} parts, {min(numbers)} to {max(numbers)}; a range excludes "
                f"its end: `{parent}[{min(numbers)}..{max(numbers) + 1}]` is all of them",
            )
            return
        owner = f"`{parent}`" if parent else "the model"
        self._nothing(
            place,
            f"`{keyword}` names `{pattern.text}`, and {owner} has no `{wrong}`",
            self._near(wrong, parent, children),
        )

    def _near(self, wrong: str, parent: str, children: Sequence[str]) -> str:
        near = nearest(wrong, children)
        if near is not None:
            return f"did you mean `{parent}.{near}`?" if parent else f"did you mean `{near}`?"
        deeper = next((name for name in self.parts if name.endswith(f".{wrong}")), None)
        if deeper is not None:
            return f"did you mean `{deeper}`?"
        shown = ", ".join(f"`{child}`" for child in children[:12])
        return f"there are {shown}" + (f" and {len(children) - 12} more" if len(children) > 12 else "")

    def _children(self, parent: str) -> list[str]:
        start = f"{parent}." if parent else ""
        found = [*self.parts, *self.tensors]
        return list(
            dict.fromkeys(name[len(start) :].split(".")[0] for name in found if name.startswith(start))
        )

    def _nothing(self, span: Span, message: str, help: str) -> None:
        self.report("GET511", message, span, help=help)


def _prefixes(name: str) -> list[str]:
    steps = name.split(".")
    return [".".join(steps[:depth]) for depth in range(1, len(steps))]


def _step(pattern: Pattern, depth: int) -> Span:
    """Where one step of a name stands; the whole pattern where the text does not tell."""
    words = list(re.finditer(r"\d+\s*\.\.\s*\d+|\w+", pattern.span.text))
    if len(words) != len(pattern.text.split(".")) or depth >= len(words):
        return pattern.span
    start = pattern.span.start
    return Span(pattern.span.file, start + words[depth].start(), start + words[depth].end())


def _load(load: Load, names: _Names, diagnostics: Diagnostics) -> None:
    names.hold(load.new, "new")
    if load.into is not None and (is_glob(load.into.text) or load.into.text in names.tensors):
        what = "a pattern" if is_glob(load.into.text) else "a tensor"
        diagnostics.report(
            "GET511",
            f"`into` names `{load.into.text}`, which is {what}",
            load.into.span,
            help="`into` names a part of the model, whose names the file's keys continue",
        )
    elif load.into is not None:
        names.hold([load.into], "into")
    check_rules(load, diagnostics)
    _absent(load.request.location, load.span, diagnostics)


def _absent(location: str, span: Span, diagnostics: Diagnostics) -> None:
    if location and not is_url(location) and not Path(location).exists():
        diagnostics.report(
            "GET603",
            f"`{location}` is not there yet",
            span,
            severity="note",
            help="check goes on without it; plan and train need it",
        )


def _lora(lora: Lora, settings: Settings, names: _Names, diagnostics: Diagnostics) -> None:
    if lora.adapter is not None and lora.adapter_span is not None:
        _absent(lora.adapter.location, lora.adapter_span, diagnostics)
    if lora.on is None:
        if lora.adapter is None and "on" not in settings.broken:
            diagnostics.report(
                "GET404", "`lora` needs `on`", lora.span, help="name the parts to adapt: `on = [encoder]`"
            )
        return
    adapted: list[str] = []
    for pattern in names.hold(lora.on, "on"):
        found = [
            name for name, tensor in names.tensors.items() if covers(pattern.text, name) and can_adapt(tensor)
        ]
        adapted += found
        if not found:
            diagnostics.report(
                "GET520",
                f"`{pattern.text}` has no weight that LoRA can adapt",
                pattern.span,
                help="LoRA adapts the weights of Linear, Conv1d and Conv2d layers",
            )
    for name, table in (("rank", lora.rank), ("alpha", lora.alpha)):
        _table(name, table, adapted, settings, names, diagnostics)


def _table(
    setting: str,
    table: Mapping[str, float] | None,
    adapted: Sequence[str],
    settings: Settings,
    names: _Names,
    diagnostics: Diagnostics,
) -> None:
    """A table of ranks or alphas says something of each adapted weight, and nothing of others."""
    if table is None or not adapted:
        return
    place = settings.place((setting,))
    wrong = False
    for pattern in table:
        if not any(covers(pattern, name) for name in adapted) and not names.is_unsure(pattern):
            diagnostics.report(
                "GET511",
                f"`{setting}` names `{pattern}`, and `lora` adapts nothing of that name",
                settings.places.get((setting, pattern, ""), place),
                help=_help_of_table(pattern, adapted),
            )
            wrong = True
    left = [name for name in adapted if not any_covers(table, name)]
    if left and setting == "rank" and not wrong:
        diagnostics.report(
            "GET404",
            f"`rank` says nothing of `{left[0]}`" + (f" and {len(left) - 1} more" if len(left) > 1 else ""),
            place,
            help='the last row may be for the rest: `"*" = 8`',
        )


def _help_of_table(pattern: str, adapted: Sequence[str]) -> str:
    near = nearest(pattern, {prefix for name in adapted for prefix in _prefixes(name)})
    return f"did you mean `{near}`?" if near is not None else f"it adapts `{adapted[0]}`, for example"
