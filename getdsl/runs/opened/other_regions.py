"""A session over the regions of a file instead of the run's: what a trained model makes of them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.data.declared import DeclaredData
from getdsl.data.regions.rows import rows_of
from getdsl.diagnostics import UserError
from getdsl.formats.layouts import SUMMIT
from getdsl.runs.opened.samples import ALL, reading
from getdsl.runs.opened.session import Session

REGIONS = "getdsl.data.regions.regions:Regions"


def over_regions(session: Session, path: Path | None, *, measured: bool = False) -> Session:
    """The session over the regions of `path`, every one of them; as it is where there is no path.

    Its batches hold what the model reads, or where it is `measured` also what the loss compares with. Raises
    UserError where the run's data have no regions that others could stand for, or the file has none.
    """
    if path is None:
        return session
    data = session.spec.data
    if data is None or data.whole is not None:
        whose = f"`{data.name}` yields whole batches" if data is not None else "the spec has no data"
        raise UserError(
            f"`--regions` has no say here: {whose}",
            "declare `regions` and a `batch` in `data`, or take samples of the run's own: `--split all`",
        )
    keys = data.readers.keys() if measured else read_by_model(session.spec)
    return _OverRegions(session.spec, session.origin, session.options, of=session, path=path, keys=keys)


@dataclass(frozen=True, kw_only=True)
class _OverRegions(Session):
    """`of` is the run's own session, whose model it shares."""

    of: Session
    path: Path
    keys: Set[str]

    own: ClassVar[bool] = False

    @cached_property
    def compiled(self) -> Compiled:
        return self.of.compiled

    @cached_property
    def data(self) -> Data:
        assert self.spec.data is not None
        with reading():
            return _of_regions(self.spec.data, self.path, self.keys)

    @cached_property
    def source(self) -> DataSource:
        with reading():
            return DeclaredData(self.data, self.spec.data_settings, direct=True)

    @property
    def default_split(self) -> str:
        return ALL


def _of_regions(data: Data, path: Path, keys: Set[str]) -> Data:
    """The same declaration of other regions, every one of them, and of what some keys need alone."""
    kept = {f"batch.{key}" for key in keys} | {"samples"}
    sources = {name: source for name, source in data.sources.items() if name in kept}
    regions = data.sources["regions"]
    params = {"files": str(path), "duplicates": "keep"}
    if regions.extern == REGIONS:
        summits = SUMMIT in rows_of(path).columns
        around = regions.params["around"] if summits else "centre"
        params |= {"width": regions.params["width"], "around": around}
    sources["regions"] = replace(regions, name="Regions", extern=REGIONS, params=params)
    outputs = {key: type for key, type in data.outputs.items() if key in keys}
    return replace(data, sources=sources, outputs=outputs)


def read_by_model(spec: Spec) -> set[str]:
    """The batch keys that the model's inputs are, or are derived from."""
    derived = {name.removeprefix("batch.") for name in spec.prepare.inputs if name.startswith("batch.")}
    return derived | (spec.graph.inputs.keys() - spec.prepare.outputs.keys())
