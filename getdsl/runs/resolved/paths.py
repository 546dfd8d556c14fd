"""The paths in a spec's text, made absolute: the text moves into the folder of its run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.spec import Spec
from getdsl.diagnostics.listing import quoted
from getdsl.grammar import syntax
from getdsl.runs.resolved.edits import Edit


def known_paths(spec: Spec) -> set[str]:
    """All that the spec resolved as paths, absolute."""
    params: list[object] = [spec.params, *(module.params for _, module in spec.graph.walk_modules())]
    params += [module.params for _, module in spec.prepare.walk_modules()]
    params += [settings.value for settings in (*spec.settings.values(), *spec.loads)]
    if spec.data is not None:
        params += [spec.data.genome, *(source.params for source in spec.data.sources.values())]
    return {os.path.abspath(path) for path in _paths(params)}


def _paths(value: object) -> Iterator[str]:
    if isinstance(value, PathText):
        yield value
    for item in _inside(value):
        yield from _paths(item)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, list | tuple | set):
        return value
    return value.values() if hasattr(value, "values") else ()


def path_edits(file: syntax.File, folder: Path, known: set[str]) -> Iterator[Edit]:
    """What makes a file's relative paths absolute; `folder` is where they start."""
    for item in file.items:
        for node in syntax.walk(item):
            if isinstance(node, syntax.String) and _is_relative(node.value):
                absolute = os.path.abspath(folder / node.value)
                if absolute in known:
                    yield Edit.of(node.span, quoted(absolute))
            if isinstance(node, syntax.Section) and node.label is not None and node.label_span is not None:
                absolute = os.path.abspath(folder / node.label)
                if _is_relative(node.label) and Path(absolute).exists():
                    yield Edit.of(node.label_span, quoted(absolute))


def _is_relative(text: str) -> bool:
    return bool(text) and ":" not in text and not Path(text).expanduser().is_absolute()
