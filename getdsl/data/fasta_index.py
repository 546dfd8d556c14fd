"""The index of a FASTA file: the one beside it where it fits, or one that is made in the user's cache."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from getdsl.data.derived import CACHE
from getdsl.data.errors import DataError
from getdsl.formats.fasta import fasta_pieces
from getdsl.formats.text import FormatError, read_lines
from getdsl.text.opener import open_file
from getdsl.text.whole import whole_folder


class Index(NamedTuple):
    """Lengths of the sequences, and the files: of bgzip a second one says where its blocks begin."""

    lengths: dict[str, int]
    path: Path
    blocks: Path | None


class _Record(NamedTuple):
    name: str
    length: int
    offset: int
    bases: int  # of a line
    width: int  # of a line, in bytes


def index_beside(path: Path, plain: bool) -> Index | None:
    """`path.fai`, of bgzip with `path.gzi`; None where it is absent, older than the file, or of another."""
    index, blocks = Path(f"{path}.fai"), Path(f"{path}.gzi")
    made = [index] if plain else [index, blocks]
    try:
        written = path.stat().st_mtime_ns
        if any(file.stat().st_mtime_ns < written for file in made):
            return None
        records = _records(index)
        if not records or (plain and not _fits(path, records)):
            return None
    except (OSError, FormatError, ValueError):
        return None
    lengths = {record.name: record.length for record in records}
    return Index(lengths, index, None if plain else blocks) if len(lengths) == len(records) else None


def kept_index(path: Path, folder: Path) -> Index | None:
    """An index in a folder of the cache, made after a look at the whole file; None where lines are uneven.

    Raises DataError where the file is no FASTA, or the folder cannot be written.
    """
    index, blocks = folder / "index.fai", folder / "index.gzi"
    if not _readable(index):
        try:
            for _ in fasta_pieces(path):
                pass
            if not _make(path, folder):
                return None
        except FormatError as error:
            raise DataError.of(error, "give a FASTA file of DNA") from error
        except OSError as error:
            problem = f"it has no index that fits, and none can be written into {folder.parent}"
            fix = f"index it with `samtools faidx`, or {CACHE}"
            raise DataError(path, f"{problem} ({error.strerror})", fix) from error
    lengths = {record.name: record.length for record in _records(index)}
    return Index(lengths, index, blocks if blocks.exists() else None)


def _make(path: Path, folder: Path) -> bool:
    """Whether an index could be made: it needs lines of one length, as most files have them."""
    import pysam
    import pysam.utils

    before = pysam.set_verbosity(0)
    try:
        with whole_folder(folder) as aside:
            pysam.faidx(
                str(path), "--fai-idx", str(aside / "index.fai"), "--gzi-idx", str(aside / "index.gzi")
            )
    except pysam.utils.SamtoolsError:
        return False
    finally:
        pysam.set_verbosity(before)
    return True


def _readable(index: Path) -> bool:
    try:
        return bool(_records(index))
    except (OSError, FormatError, ValueError):
        return False


def _records(index: Path) -> list[_Record]:
    found = []
    for _, line in read_lines(index):
        name, *numbers = line.split("\t")
        length, offset, bases, width = map(int, numbers[:4])
        found.append(_Record(name, length, offset, bases, width))
    return found


def _fits(path: Path, records: list[_Record]) -> bool:
    """Whether the first and the last sequence stand where an index says, and after that there is no more."""
    last = max(records, key=lambda record: record.offset)
    lines, rest = divmod(last.length, last.bases) if last.bases else (0, 0)
    end = last.offset + lines * last.width + rest
    with open_file(path) as file:
        file.seek(max(0, end - 1))
        tail = file.read(last.width + 2)
        if not tail or len(tail) > last.width or tail[1:].strip():
            return False
        for record in (records[0], last):
            file.seek(max(0, record.offset - 4096))
            before = file.read(min(4096, record.offset)).rstrip(b"\r\n").rpartition(b"\n")[2]
            if b">" in before and before.rpartition(b">")[2].split()[:1] != [record.name.encode()]:
                return False
    return True
