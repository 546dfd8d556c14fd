from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from getdsl.data.layout import Regions, write_regions

from getdsl.data import embedded


@pytest.fixture(scope="session")
def promoters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded yeast promoters, built afresh."""
    return embedded.build_promoters(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """Writes six regions of 8 bp on chrI, chrII and chrIII; arrays may be replaced by name."""

    def write(**changes: Any) -> Path:
        arrays: dict[str, Any] = {
            "sequence": (np.arange(48).reshape(6, 8) % 5).astype(np.uint8),
            "cut_sites": np.array([3, 0, 7, 1, 1, 12], dtype=np.float32),
            "name": np.array([f"gene{i}" for i in range(6)]),
            "chrom": np.array(["chrI", "chrI", "chrII", "chrII", "chrIII", "chrIII"]),
            "start": np.arange(0, 60, 10),
            "end": np.arange(4, 64, 10),
            "strand": np.array(["+", "-"] * 3),
        }
        path = tmp_path / "tiny.zarr"
        write_regions(path, Regions(**{**arrays, **changes}))
        return path

    return write
