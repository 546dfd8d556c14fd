"""Paths that start with `getdsl:` name data that comes with the package."""

import hashlib
from pathlib import Path

import platformdirs

from getdsl.data.errors import DataError, suggest
from getdsl.data.layout import VERSION
from getdsl.data.promoters import prepare
from getdsl.text.opener import SHIPPED, read_bytes

PREFIX = "getdsl:"
PROMOTERS = "yeast/promoters.zarr"

_FILES = Path(__file__).parent
_GENOME, _GENES, _FRAGMENTS = (
    _FILES / "yeast" / name
    for name in ("sacCer3_16chr.fa.gz", "genes_tss.tsv", "yeast_500k_SRR1822137.bedpe.gz")
)


def resolve(path: str | Path) -> Path:
    """Where `path` lies; the embedded zarr is built in the user's cache directory on first use."""
    text = str(path)
    if not text.startswith(PREFIX):
        return Path(path)
    name = text.removeprefix(PREFIX)
    if name == PROMOTERS:
        return build_promoters(Path(platformdirs.user_cache_dir("getdsl")))
    if name not in embedded_names():
        raise DataError(text, "no embedded data has this name", suggest(name, embedded_names()))
    return _FILES / name


def embedded_names() -> list[str]:
    """What may follow `getdsl:`."""
    return [PROMOTERS, *sorted(f"yeast/{file.name}" for file in (_FILES / "yeast").iterdir())]


def build_promoters(cache: Path) -> Path:
    """The promoter zarr under `cache`, in a folder keyed by its raw files; built there if it is absent."""
    target = cache / f"yeast-{_key()}" / Path(PROMOTERS).name
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        prepare(_GENOME, _GENES, _FRAGMENTS, target)
    except (OSError, DataError) as error:
        if not target.exists():  # where it does, another process has built the same
            problem = f"the embedded data cannot be built there ({error})"
            fix = "make the folder writable or point XDG_CACHE_HOME to another"
            raise DataError(cache, problem, fix) from error
    return target


def _key() -> str:
    digest = hashlib.sha256(f"version {VERSION}".encode())
    for file in (_GENOME, _GENES, _FRAGMENTS):
        digest.update(read_bytes(file, SHIPPED))
    return digest.hexdigest()[:16]
