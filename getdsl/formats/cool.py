"""Contact maps of cooler files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.text import FormatError
from getdsl.text.opener import open_file

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

WEIGHT = "weight"
_HDF5 = b"\x89HDF"
_PIXELS = 1 << 22  # read at once


class Cool:
    """One map of a cool or mcool file, with bins of one size. Raises FormatError where there is none."""

    def __init__(self, path: Path, resolution: int | None, balanced: bool) -> None:
        self.path = path
        self._map = _opened(path, resolution)
        size = self._map.binsize
        if size is None:
            raise FormatError(path, 0, "its bins are of several sizes, and bins of one size are read")
        if resolution not in (None, size):
            raise FormatError(path, 0, f"its bins are of {size:,} bp, not {resolution:,}")
        self.bin = int(size)
        self.lengths = {str(name): int(length) for name, length in self._map.chromsizes.items()}
        self._weights = self._balancing() if balanced else None

    def _balancing(self) -> Floats:
        bins = self._map.bins()
        if WEIGHT not in bins.columns:
            fix = "run `cooler balance FILE`, or write `balanced = false`"
            raise FormatError(self.path, 0, "it is not balanced", fix)
        found: Floats = bins[WEIGHT][:].to_numpy(np.float64)
        return found

    def bins(self, chrom: str, positions: Ints) -> Ints:
        """The bin of each position; the last one for what lies behind it."""
        first, last = self._map.extent(chrom)
        found: Ints = np.minimum(first + positions // self.bin, last - 1)
        return found

    def values(self, bins: Ints) -> Floats:
        """[n, n] between bins, NaN where balancing left one out."""
        low, high = int(bins.min()), int(bins.max()) + 1
        square = self._map.matrix(balance=False, sparse=True)[low:high, low:high].tocsr()
        values: Floats = square[bins - low][:, bins - low].toarray().astype(np.float64)
        if self._weights is not None:
            weight = self._weights[bins]
            values *= weight[:, None] * weight[None, :]
        return values

    def expected(self) -> Floats:
        """The mean over pairs of bins of one chromosome, by their distance in bins; 0 where none are."""
        chrom = self._map.bins()["chrom"][:].cat.codes.to_numpy()
        sums = np.zeros(int(np.bincount(chrom).max()))
        pixels = self._map.pixels()
        for start in range(0, len(pixels), _PIXELS):
            some = pixels[start : start + _PIXELS]
            first, second = some["bin1_id"].to_numpy(), some["bin2_id"].to_numpy()
            values = some["count"].to_numpy(np.float64)
            if self._weights is not None:
                values = np.nan_to_num(values * self._weights[first] * self._weights[second])
            same = chrom[first] == chrom[second]
            sums += np.bincount((second - first)[same], values[same], len(sums))
        pairs = self._pairs(chrom, len(sums))
        return np.divide(sums, pairs, out=np.zeros_like(sums), where=pairs > 0)

    def _pairs(self, chrom: np.ndarray[Any, Any], longest: int) -> Floats:
        """How many pairs of known bins lie at each distance: the autocorrelation of what is known."""
        known = np.ones(len(chrom)) if self._weights is None else (~np.isnan(self._weights)).astype(float)
        found = np.zeros(longest)
        for number in np.unique(chrom):
            mine = known[chrom == number]
            spectrum = np.fft.rfft(mine, 2 * len(mine))
            found[: len(mine)] += np.round(np.fft.irfft(np.abs(spectrum) ** 2)[: len(mine)])
        return found


def _opened(path: Path, resolution: int | None) -> Any:
    """The map of a file, by the bp of its bins where there are several."""
    import cooler  # type: ignore[import-untyped]

    try:
        sizes = _sizes(path)
        if sizes is None:
            return cooler.Cooler(str(path))
        if len(sizes) == 1 and resolution is None:
            (resolution,) = sizes
        if resolution not in sizes:
            raise FormatError(path, 0, _which(sizes, resolution))
        return cooler.Cooler(f"{path}::/resolutions/{resolution}")
    except FileNotFoundError:
        raise FormatError(path, 0, "there is no such file") from None
    except (OSError, KeyError) as error:
        raise FormatError(path, 0, f"it cannot be read ({error})") from error


def _sizes(path: Path) -> list[int] | None:
    """The resolutions of an mcool file; None of a file with one map."""
    import h5py

    with open_file(path) as file:
        if file.read(len(_HDF5)) != _HDF5:
            raise FormatError(path, 0, "it is no cool or mcool file")
        with h5py.File(file, "r") as content:
            if "resolutions" in content:
                return sorted(int(name) for name in content["resolutions"] if name.isdecimal())
            if "pixels" not in content:
                raise FormatError(path, 0, "it holds no contact map")
    return None


def _which(sizes: list[int], resolution: int | None) -> str:
    known = ", ".join(map(str, sizes)) or "no size"
    said = "name one: `resolution`" if resolution is None else f"not of {resolution}"
    return f"its maps have bins of {known} bp; {said}"
