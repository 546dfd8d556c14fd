"""Libraries that only some readers need, imported when one of them does."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from getdsl.data.errors import DataError

EXTRAS: Mapping[str, str] = {
    "anndata": "anndata",
    "cooler": "cooler",
    "dask": "dask",
    "distributed": "dask",
    "pandas": "frames",
    "pyarrow": "parquet",
    "shtab": "completion",
    "twobitreader": "twobit",
    "xarray": "frames",
}
"""The extra of this package that brings a library."""


def optional(module: str, needed_by: str | Path, doing: str = "reading") -> Any:
    """A module of a library in EXTRAS, such as `pyarrow.parquet`. Raises DataError where it is absent."""
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        absent = error.name in (module, library)
        problem = f"{doing} it needs {library}, which " + (
            "is not installed" if absent else f"cannot be imported ({error})"
        )
        raise DataError(needed_by, problem, f"run `pip install 'getdsl[{EXTRAS[library]}]'`") from error
