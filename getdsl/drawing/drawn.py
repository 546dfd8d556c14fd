"""The picture of a model in Python: `getdsl.graph("spec.get")`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from getdsl.api.front import Params, checked_spec
from getdsl.compiler.spec import Spec
from getdsl.displayed import Displayed
from getdsl.drawing.draw import draw
from getdsl.drawing.formats import written
from getdsl.drawing.opening import opened
from getdsl.drawing.picture import Picture
from getdsl.drawing.suffixes import format_of
from getdsl.text.whole import whole_file


@dataclass(frozen=True, repr=False)
class Drawn(Displayed, by="drawings:drawn"):
    """A picture, with the boxes that are open in it."""

    picture: Picture
    opened: frozenset[str]

    def __repr__(self) -> str:
        return f"<picture of {self.picture.title}: {len(self.picture.inside.boxes)} boxes>"

    def save(self, path: str | Path) -> None:
        """Writes a file in the format that its name says: html, svg, png, pdf, dot, mmd. Raises UserError."""
        path = Path(path)
        content = written(self.picture, self.opened, format_of(path))
        with whole_file(path) as aside:
            aside.write_bytes(content)


def graph(
    path: str | Path | Spec,
    *,
    params: Params | None = None,
    model: str | None = None,
    depth: int = 1,
    unfold: Iterable[str] = (),
    sizes: Mapping[str, int] | None = None,
) -> Drawn:
    """The model of a spec as a picture, which notebooks show and `save` writes.

    `depth` is how many levels of blocks and loops are seen, `unfold` opens blocks by name, and `sizes` sets
    symbols, such as `B`, for costs. Raises SpecError where the spec is wrong, UserError for a block that is
    not there.
    """
    picture = draw(checked_spec(path, params, model), sizes)
    return Drawn(picture, opened(picture, depth, unfold))
