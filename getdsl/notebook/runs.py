"""An opened run: how good it is, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from getdsl.notebook.framed import folded, framed, shown, title
from getdsl.notebook.specs import outline, text
from getdsl.runs.opened.opened_run import OpenedRun
from getdsl.runs.page.contents import Contents
from getdsl.runs.page.html import picture, wide
from getdsl.runs.page.page import cards, figures_table, where


def opened(run: OpenedRun) -> str:
    if run.closed:
        return framed([title(repr(run))])
    folder = run.folder
    figures = _outcome(folder) if folder is not None else ()
    return framed([*outline(run.spec), *figures, text(run.spec)])


def _outcome(folder: Path) -> Iterator[str]:
    """What the folder tells; nothing of files that are not there or damaged."""
    try:
        contents = Contents.of(folder)
    except (OSError, ValueError) as error:
        yield f'<p class="soft">{shown(folder)}: {shown(error)}</p>'
        return
    yield f'<p class="soft">{shown(folder)}  ·  {shown(where(contents))}</p>'
    if contents.figures("model"):
        yield from cards(contents.figures("model"), contents.figures("baseline"))
        yield folded("Figures", wide(figures_table(contents)))
    pictures = [
        picture(files["png"], "png", name) for name, files in contents.pictures.items() if "png" in files
    ]
    if pictures:
        yield folded("Pictures", "".join(f"<figure>{image}</figure>" for image in pictures))
