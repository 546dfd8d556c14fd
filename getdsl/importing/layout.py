"""The parts of an imported spec as text, in the layout of the shipped specs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.importing.child import ModelText
from getdsl.importing.dataset import Data
from getdsl.importing.ledger import Entry
from getdsl.importing.literals import WIDTH, binding, shown
from getdsl.importing.starting import Starting
from getdsl.importing.training import Training


@dataclass
class Parts:
    """What an imported spec consists of."""

    files: tuple[str, ...]
    target: str | None
    use: str | None = None
    parent: str | None = None
    model: str | None = None
    body: ModelText = field(default_factory=ModelText)
    loss: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    training: Training = field(default_factory=Training)
    starting: Starting = field(default_factory=Starting)
    data: Data = field(default_factory=Data)


def lay_out(parts: Parts, entries: Sequence[Entry]) -> str:
    """The spec, with a comment at its place for each setting that is not carried over as it was."""
    said = {name: comments(entries, name) for name in ("model", "load", "data", "loss", "metrics")}
    rest = {name: comments(entries, name) for name in ("optimizer", "train", "")}
    training, starting = parts.training, parts.starting
    optimizer = [line for line in (training.optimizer, training.schedule) if line]
    paragraphs = [
        header(parts, entries),
        [f'use "{parts.use}"'] if parts.use else [],
        _model(parts, said["model"]),
        said["load"],
        *starting.loads,
        [*starting.lora, *starting.freeze],
        _settings("data", parts.data.settings, said["data"]),
        _section("loss", parts.loss, said["loss"]),
        _section("metrics", parts.metrics, said["metrics"]),
        [*rest["optimizer"], *optimizer],
        _settings("train", training.train, rest["train"]),
        rest[""],
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"


def header(parts: Parts, entries: Sequence[Entry]) -> list[str]:
    names = ", ".join(Path(name).name for name in parts.files)
    fate = [item.fate for item in entries]
    here, anyway = fate.count("written"), fate.count("default")
    counts = (
        f"{len(fate)} setting{'' if len(fate) == 1 else 's'}: {here} {'is' if here == 1 else 'are'} here, "
        f"{anyway} {'says' if anyway == 1 else 'say'} what holds anyway"
    )
    missing = fate.count("none") + fate.count("unknown")
    return [
        *comment(f"Made by `getdsl import` from {names}."),
        *comment(f"{counts}, {missing} {'has' if missing == 1 else 'have'} no counterpart."),
    ]


def _model(parts: Parts, said: list[str]) -> list[str]:
    if parts.parent is None:
        what = f"`{parts.target}`" if parts.target else "the model, which the config does not name"
        return [*comment(f"GAP: no spec stands for {what}; write `model NAME {{ … }}` here."), *said]
    inside = [f"    {line}" for line in said]
    blocks = [parts.body.params, parts.body.bindings, inside]
    body = "\n\n".join("\n".join(lines) for lines in blocks if lines)
    doc = f'    """{(parts.target or "").rpartition(".")[2]}, as its config has it."""'
    return [f"model {parts.model} extends {parts.parent} {{", doc, *(["", body] if body else []), "}"]


def _section(name: str, lines: list[str], said: list[str]) -> list[str]:
    return [*said, f"{name} {{", *lines, "}"] if lines else said


def _settings(section: str, settings: list[tuple[str, str]], said: list[str]) -> list[str]:
    """A section of settings with its comments in it; the comments alone where it has none."""
    if not settings:
        return said
    width = max(len(name) for name, _ in settings)
    rows = [line for name, value in settings for line in binding(name.ljust(width), value).splitlines()]
    inside = [f"    {line}" for line in said]
    return [f"{section} {{", *rows, *([""] if inside else []), *inside, "}"]


def comments(entries: Iterable[Entry], section: str) -> list[str]:
    """The settings of a section that are not carried over, or not as they were, by the reason."""
    reasons: dict[tuple[str, bool], list[str]] = {}
    for item in entries:
        lost = item.fate in ("none", "unknown")
        if item.section == section and item.note and (lost or item.fate == "written"):
            text = f"{item.path} = {shown(item.value)}" if lost else item.path
            reasons.setdefault((item.note, lost), []).append(text)
    return [line for (why, _), names in reasons.items() for line in comment(f"{', '.join(names)}: {why}")]


def comment(text: str) -> list[str]:
    text = " ".join(text.split())
    return textwrap.wrap(
        text,
        WIDTH - 6,
        initial_indent="# ",
        subsequent_indent="#     ",
        break_long_words=False,
        break_on_hyphens=False,
    )
