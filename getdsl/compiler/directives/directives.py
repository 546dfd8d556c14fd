"""The directives of a spec as typed values, each with the place that it was written at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.spec import Spec
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.grammar import syntax
from getdsl.text.source import Span


@dataclass(frozen=True)
class Pattern:
    """A name or glob, and where it stands."""

    text: str
    span: Span


@dataclass(frozen=True)
class Rule:
    """A rule of `rename` or `replace`."""

    old: str
    new: str
    span: Span
    old_span: Span
    new_span: Span
    permute: tuple[int, ...] = ()  # of the file's axes, in the model's order; none: as they are
    permute_span: Span | None = None

    def __str__(self) -> str:
        behind = f" permute({', '.join(map(str, self.permute))})" if self.permute else ""
        return f'"{self.old}" -> "{self.new}"{behind}'


@dataclass(frozen=True)
class Load:
    """One `load`; `span` is where its file is named."""

    number: int
    request: LoadRequest
    span: Span
    into: Pattern | None = None
    new: tuple[Pattern, ...] = ()
    drop: tuple[Pattern, ...] = ()
    strict: bool = True
    rename: tuple[Rule, ...] = ()
    replace: tuple[Rule, ...] = ()

    @property
    def file(self) -> str:
        """The file or the URL's last part, as messages name it."""
        return (
            re.split(r"[/\\]", self.request.location.split("?")[0].rstrip("/"))[-1] or self.request.location
        )

    def owes(self, name: str) -> bool:
        """Whether this file should hold a tensor of the model."""
        return self.into is None or name.startswith(f"{self.into.text}.")


@dataclass(frozen=True)
class Lora:
    """`lora`; `rank` and `alpha` are tables from patterns to numbers, first match."""

    span: Span
    on: tuple[Pattern, ...] | None
    rank: Mapping[str, float] | None
    alpha: Mapping[str, float] | None
    dropout: float = 0.0
    adapter: LoadRequest | None = None
    adapter_span: Span | None = None
    rank_span: Span | None = None


@dataclass(frozen=True)
class Stage:
    """What one of `train.stages` trains; `span` is its name's place."""

    name: str
    span: Span
    freeze: tuple[Pattern, ...] | None = None
    train_only: tuple[Pattern, ...] | None = None
    length: str = ""  # as `2 epochs`


@dataclass(frozen=True)
class Directives:
    """`freeze` and `train_only` are None where they are not written."""

    loads: tuple[Load, ...] = ()
    lora: Lora | None = None
    freeze: tuple[Pattern, ...] | None = None
    train_only: tuple[Pattern, ...] | None = None
    stages: tuple[Stage, ...] = ()


def read_directives(spec: Spec) -> Directives:
    return directives_of(spec.settings, spec.loads)


def directives_of(settings: Mapping[str, Settings], loads: tuple[Settings, ...]) -> Directives:
    """The directives of checked settings; what is of the wrong form was reported and is left out."""
    lora = settings.get("lora")
    return Directives(
        tuple(_load(number, item) for number, item in enumerate(loads)),
        _lora(lora) if lora is not None and isinstance(lora.value, dict) else None,
        patterns(settings["freeze"], ()) if "freeze" in settings else None,
        patterns(settings["train_only"], ()) if "train_only" in settings else None,
        tuple(_stages(settings["train"])) if "train" in settings else (),
    )


def _stages(train: Settings) -> Iterator[Stage]:
    stages = train.table.get("stages")
    for name in stages if isinstance(stages, dict) else ():
        said = train.inside("stages", name)
        freeze, train_only = (
            patterns(said, (word,)) if word in said.table else None for word in ("freeze", "train_only")
        )
        unit = "steps" if "steps" in said.table else "epochs"
        number = said.table.get(unit)
        yield Stage(
            name, said.span, freeze, train_only, f"{number} {unit.removesuffix('s') if number == 1 else unit}"
        )


def is_url(location: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", location) is not None


def _location(text: str, span: Span | None) -> str:
    return text if is_url(text) else str(resolve_path(text, span))


def patterns(settings: Settings, path: tuple[str | int, ...]) -> tuple[Pattern, ...]:
    value: object = settings.value
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return ()
    found = [(item, settings.place((*path, i))) for i, item in enumerate(value)]
    return tuple(Pattern(text, span) for text, span in found if isinstance(text, str))


def _load(number: int, settings: Settings) -> Load:
    value = settings.value if isinstance(settings.value, dict) else {}
    span, into = settings.label_span or settings.span, value.get("into")
    return Load(
        number,
        _request(_location(settings.label or "", span), value),
        span,
        Pattern(into, settings.place(("into",))) if isinstance(into, str) else None,
        patterns(settings, ("new",)),
        patterns(settings, ("drop",)),
        value.get("strict", True) is not False,
        _rules(settings, "rename"),
        _rules(settings, "replace"),
    )


def _request(location: str, value: Mapping[str, object]) -> LoadRequest:
    sha256, key, size = value.get("sha256"), value.get("key"), value.get("size")
    keys = [key] if isinstance(key, str) else key if isinstance(key, list) else []
    return LoadRequest(
        location,
        sha256 if isinstance(sha256, str) else None,
        tuple(item for item in keys if isinstance(item, str)),
        size if isinstance(size, int) else None,
    )


def _rules(settings: Settings, name: str) -> tuple[Rule, ...]:
    """The rules as the file has them, or as they were set from outside."""
    written = settings.rules.get((name,))
    if written:
        return tuple(map(_rule, written))
    place = settings.place((name,))
    value = settings.value.get(name) if isinstance(settings.value, dict) else None
    pairs = value.items() if isinstance(value, dict) else ()
    texts = [(old, new) for old, new in pairs if isinstance(new, str)]
    return tuple(Rule(old, new, place, place, place) for old, new in texts)


def _rule(written: syntax.Rule) -> Rule:
    axes, place = ((), None) if written.permute is None else (written.permute.axes, written.permute.span)
    return Rule(written.old, written.new, written.span, written.old_span, written.new_span, axes, place)


def _lora(settings: Settings) -> Lora:
    value = settings.table
    adapter, place = value.get("adapter"), settings.place(("adapter",))
    dropout = value.get("dropout", 0.0)
    return Lora(
        settings.span,
        patterns(settings, ("on",)) if "on" in value else None,
        _table(value.get("rank")),
        _table(value.get("alpha")),
        float(dropout) if isinstance(dropout, int | float) else 0.0,
        LoadRequest(_location(adapter, place)) if isinstance(adapter, str) else None,
        place if isinstance(adapter, str) else None,
        settings.places.get(("rank",)),
    )


def _table(value: object) -> Mapping[str, float] | None:
    table = value if isinstance(value, dict) else {"*": value}
    return {name: number for name, number in table.items() if isinstance(number, int | float)} or None
