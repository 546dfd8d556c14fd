"""Paths that start with `getdsl:` name data that comes with the package."""

import hashlib
from pathlib import Path

import platformdirs

from getdsl.data.errors import DataError, suggest
from getdsl.data.layout import VERSION, fingerprint_regions, open_regions
from getdsl.data.promoters import prepare
from getdsl.text.kept import keep, read_kept
from getdsl.text.opener import SHIPPED, read_bytes
from getdsl.text.whole import whole_folder

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
    """The promoter zarr under `cache`, in a folder keyed by its raw files.

    It is built there if it is absent, damaged, or another's.
    """
    target = cache / f"yeast-{_key()}" / Path(PROMOTERS).name
    if _is_right(target):
        return target
    try:
        with whole_folder(target.parent) as aside:
            built = aside / target.name
            prepare(_GENOME, _GENES, _FRAGMENTS, built)
            keep(_proof(built), fingerprint_regions(open_regions(built)))
    except (OSError, DataError) as error:
        if not _is_right(target):  # where it is, another process has built the same
            problem = f"the embedded data cannot be built there ({error})"
            fix = "make the folder writable or point XDG_CACHE_HOME to another"
            raise DataError(cache, problem, fix) from error
    return target


def _is_right(target: Path) -> bool:
    """Whether what stands there is what was built, by the fingerprint that was kept then."""
    try:
        return target.exists() and fingerprint_regions(open_regions(target)) == read_kept(_proof(target))
    except Exception:  # whatever zarr and its codecs raise of damaged files
        return False


def _proof(target: Path) -> Path:
    return target.with_suffix(".json")


def _key() -> str:
    digest = hashlib.sha256(f"version {VERSION}".encode())
    for file in (_GENOME, _GENES, _FRAGMENTS):
        digest.update(read_bytes(file, SHIPPED))
    return digest.hexdigest()[:16]
