"""Damaged copies of small checkpoints: cut short, bits flipped, headers and directories that lie."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.weights.files import plain, some_tensors, write_ours, write_sharded
from tests.weights.stranger import Settings, save_foreign

Random = random.Random


@dataclass(frozen=True)
class Base:
    """A checkpoint to damage. `header` are the places of its bytes that are no values."""

    name: str
    content: bytes
    header: range
    payload: range


@dataclass(frozen=True)
class Mutant:
    base: str
    kind: str  # "cut", "header", "payload", "lie" or "splice"
    content: bytes


def bases(folder: Path) -> list[Base]:
    folder.mkdir()
    tensors = some_tensors()
    save_file(plain(tensors), folder / "safetensors")
    write_ours(folder / "ours", tensors)
    torch.save({"state_dict": tensors, "epoch": 3}, folder / "zip")
    torch.serialization.set_crc32_options(False)
    torch.save({"state_dict": tensors, "epoch": 3}, folder / "unchecked")
    torch.serialization.set_crc32_options(True)
    torch.save(tensors, folder / "legacy", _use_new_zipfile_serialization=False)
    save_foreign(folder / "foreign", {"state_dict": tensors, "hyper_parameters": Settings(tensors)})
    part = write_sharded(folder / "parts", tensors).parent / "model-00001-of-00002.safetensors"
    (folder / "part").write_bytes(part.read_bytes())
    names = ("safetensors", "ours", "zip", "unchecked", "legacy", "foreign", "part")
    return [base_of(folder / name) for name in names]


def base_of(path: Path) -> Base:
    content = path.read_bytes()
    values = some_tensors()["encoder.weight"].numpy().tobytes()
    first = content.index(values)
    if content[:2] == b"PK":
        header = range(content.index(b"ZZZZ"))  # the pickle and its directory entry; what follows is padding
    elif content[:1] == b"\x80":
        header = range(content.index(b"encoder"), content.index(b"encoder") + 600)
    else:
        header = range(8 + int.from_bytes(content[:8], "little"))
    return Base(path.name, content, header, range(first, first + len(values)))


def mutants(base: Base, number: int, seed: int) -> Iterator[Mutant]:
    """So many damaged copies, every kind in turn; none is equal to the original."""
    source = Random(f"{seed} {base.name}")
    makers = list(MAKERS.items())
    made = 0
    while made < number:
        kind, make = makers[made % len(makers)]
        content = make(base, source)
        if content != base.content:
            yield Mutant(base.name, kind, content)
            made += 1


def cut(base: Base, source: Random) -> bytes:
    return base.content[: source.randrange(len(base.content))]


def flip(content: bytes, places: range, source: Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(source.choice((1, 1, 1, 2, 8))):
        damaged[source.choice(places)] ^= 1 << source.randrange(8)
    return bytes(damaged)


def flip_header(base: Base, source: Random) -> bytes:
    return flip(base.content, base.header, source)


def flip_payload(base: Base, source: Random) -> bytes:
    return flip(base.content, base.payload, source)


def splice(base: Base, source: Random) -> bytes:
    """A piece taken out, doubled, or moved."""
    first, last = sorted(source.randrange(len(base.content)) for _ in range(2))
    piece = base.content[first:last]
    before, after = base.content[:first], base.content[last:]
    return source.choice((before + after, before + piece + piece + after, piece + before + after))


NUMBERS = (0, 1, 3, 255, 2**16, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)


def lie(base: Base, source: Random) -> bytes:
    """A number of the header, the directory or the pickle becomes another one."""
    if base.content[:2] == b"PK":
        return source.choice((lie_in_directory, lie_in_numbers))(base, source)
    if base.content[:1] == b"\x80":
        return lie_in_numbers(base, source)
    return lie_in_json(base, source)


def lie_in_json(base: Base, source: Random) -> bytes:
    length = int.from_bytes(base.content[:8], "little")
    header = json.loads(base.content[8 : 8 + length])
    name = source.choice([name for name in header if name != "__metadata__"])
    entry = header[name]
    value = source.choice((*NUMBERS, -1, 1.5, None, "x", [], 10**30))
    what = source.randrange(7)
    if what == 0:
        entry["shape"] = [value]
    elif what == 1:
        entry["data_offsets"] = [0, value]
    elif what == 2:
        entry["dtype"] = source.choice(("F64", "F16", "U8", "X9", value))
    elif what == 3:
        del entry[source.choice(list(entry))]
    elif what == 4:
        header[name] = value
    elif what == 5:
        entry["shape"] = [*entry["shape"], value]
    else:
        length = source.choice(NUMBERS)
        return (length % 2**64).to_bytes(8, "little") + base.content[8:]
    changed = json.dumps(header, separators=(",", ":")).encode()
    return len(changed).to_bytes(8, "little") + changed + base.content[base.header.stop :]


def lie_in_directory(base: Base, source: Random) -> bytes:
    """A field of a local header, a directory entry or the directory's end."""
    content = bytearray(base.content)
    magic = source.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"))
    places = [at for at in range(len(content)) if content.startswith(magic, at)]
    if places:
        at = source.choice(places) + 4 + 2 * source.randrange(21)
        if at + 4 <= len(content):
            value = source.choice(NUMBERS) % 2**32
            content[at : at + 4] = (
                struct.pack("<I", value)
                if source.random() < 0.5
                else struct.pack("<H", value % 2**16) + bytes(content[at + 2 : at + 4])
            )
    return bytes(content)


def lie_in_numbers(base: Base, source: Random) -> bytes:
    """A byte or four of the pickle: counts, sizes, places in the memo, codes."""
    content = bytearray(base.content)
    start = content.find(b"\x80\x02")
    at = start + source.randrange(2, 800)
    width = source.choice((1, 4, 8))
    content[at : at + width] = (source.choice(NUMBERS) % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(content)


MAKERS: dict[str, Callable[[Base, Random], bytes]] = {
    "cut": cut,
    "header": flip_header,
    "payload": flip_payload,
    "lie": lie,
    "splice": splice,
}
