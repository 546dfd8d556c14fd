"""Contact maps: measured beside predicted, on one scale of colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from getdsl.runs.pictures.style import MAP, Names, panels, positions, save
from getdsl.runs.watched.examples import Example

MOST_MAPS = 2
CLIPPED = 99.0  # per cent of values that the scale holds: the diagonal would take all of it


def draw_contact_maps(
    folder: Path, term: str, examples: Sequence[Example], title: str, along: str, names: Names
) -> bool:
    """`contact_maps_TERM`, a row for each sample."""
    shown = [each for each in examples[:MOST_MAPS] if each.measured.isfinite().any()]
    if not shown:
        return False
    with panels(2 * len(shown), (4.4, 4.0), across=2) as (figure, found):
        for row, example in enumerate(shown):
            values = np.stack([example.measured.numpy(), example.predicted.numpy()])
            low, high = np.nanpercentile(values, [100 - CLIPPED, CLIPPED])
            pair = found[2 * row : 2 * row + 2]
            for axes, side, map in zip(pair, ("measured", "predicted"), values, strict=True):
                image = axes.imshow(map, cmap=MAP, vmin=low, vmax=high, interpolation="none")
                axes.set_title(f"{side}, {names(example.sample)}")
                axes.set_xlabel(positions(along))
                axes.set_ylabel(positions(along))
            figure.colorbar(image, ax=pair, label=term, shrink=0.85, extend="both")
        figure.suptitle(f"{title}\nthe samples with the most contacts", fontsize=11)
        save(figure, folder, f"contact_maps_{term}")
    return True
