"""As what predictions are kept: the name of the output says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zarr

from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.form import Form
from getdsl.runs.predict.partial import Partial
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.predict.writer import LAYOUT
from getdsl.text.whole import put_in_place

PARQUET, BIGWIG = (".parquet", ".pq"), (".bw", ".bigwig")


def form_of(output: Path, session: Session, chosen: Chosen, wanted: Wanted) -> Form:
    """Raises UserError where the samples or the outputs do not go into such a form."""
    suffix = output.suffix.lower()
    if suffix in PARQUET:
        from getdsl.runs.predict.parquet_form import ParquetForm

        return ParquetForm.of(output, chosen)
    if suffix in BIGWIG:
        from getdsl.runs.predict.track_form import TrackForm

        return TrackForm.of(output, session, chosen, wanted)
    return ZarrForm([output])


@dataclass(frozen=True)
class ZarrForm:
    """The store itself."""

    targets: list[Path]

    def ours(self, path: Path) -> bool:
        try:
            return path.is_dir() and zarr.open_group(path, mode="r").attrs.get("layout") == LAYOUT
        except (OSError, ValueError, KeyError):
            return False

    def finish(self, partial: Partial) -> None:
        put_in_place(partial.store, self.targets[0])
