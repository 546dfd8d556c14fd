"""What a checkpoint holds, read without its values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from getdsl.formats.checkpoint_header import Header, LoadRequest, Place, TensorInfo
from getdsl.trust import Trust, options_for
from getdsl.weights import ours
from getdsl.weights.errors import CheckpointError, UntrustedError
from getdsl.weights.hashing import check_sha256
from getdsl.weights.locate import is_url, locate
from getdsl.weights.regular_file import open_regular, stamp
from getdsl.weights.safetensors_file import read_content
from getdsl.weights.sharded import read_index
from getdsl.weights.sniff import kind_of
from getdsl.weights.torch_file import TorchFile, plain_tree, read_torch
from getdsl.weights.unwrapping import Tree, unwrap

Stamp = tuple[int, int]


def read_header(
    request: LoadRequest,
    *,
    offline: bool = False,
    progress: bool = False,
    verify: bool = True,
    trust: Trust | None = None,
) -> Header:
    """The tensors of a checkpoint at a path or URL, which is downloaded unless it was before.

    A `sha256` in the request is compared, and so, with `verify`, is the hash inside a checkpoint of ours;
    else only headers are read, and `open_tensors` compares what is left. A torch file that holds more than
    tensors and plain containers is read where `trust` covers it. Raises CheckpointError.
    """
    path = locate(request, offline=offline, progress=progress)
    with open_regular(path) as file:
        found = stamp(file)
        kind = kind_of(path, file, found[0])
        if kind == "index" and is_url(request.location):
            raise CheckpointError(
                f"`{request.location}` is the index of a sharded checkpoint, whose parts are not fetched",
                "download the index and its parts into a folder, and name that",
            )
        if kind == "index":
            return _sharded(request, path, read_index(path, file, found[0]))
        sha256 = request.sha256  # of a URL: it was compared when the file was fetched
        if sha256 is not None and not is_url(request.location):
            sha256 = check_sha256([path], sha256)
        if kind == "safetensors":
            return _safetensors(request, path, file, found, sha256, verify=verify)
        read = _torch_file(request, path, file, found[0], trust)
    tree = plain_tree(path, read.content)
    return _header(request, (path,), "torch", tree, (found,), sha256=sha256, foreign=read.foreign)


def _torch_file(
    request: LoadRequest, path: Path, file: BinaryIO, size: int, trust: Trust | None
) -> TorchFile:
    try:
        return read_torch(path, file, size)
    except UntrustedError as error:
        if trust is None:
            raise
        if not trust.covers(request.location):
            option = options_for([request.location])
            raise UntrustedError(request.location, error.name, option) from error
    return read_torch(path, file, size, trusted=True)


def _safetensors(
    request: LoadRequest, path: Path, file: BinaryIO, found: Stamp, sha256: str | None, *, verify: bool
) -> Header:
    content = read_content(path)
    if not ours.is_ours(content.metadata):
        tree = _by_key(content.tensors, request.key)
        return _header(request, (path,), "safetensors", tree, (found,), sha256=sha256)
    if request.key:
        raise CheckpointError(
            f"`{path}` is a checkpoint of a getdsl run, it has nothing nested to pick", "leave `key` out"
        )
    tensors = {name: info for name, info in content.tensors.items() if not name.startswith(ours.PREFIX)}
    return Header(
        request,
        (path,),
        "getdsl",
        tensors,
        record=ours.read_record(path, content.metadata),
        sha256=ours.check_content(path, file, content.metadata) if verify else None,
        size=found[0],
        places={name: Place(0, (name,)) for name in tensors},
        stamps=(found,),
    )


def _by_key(tensors: Mapping[str, TensorInfo], key: tuple[str, ...]) -> Tree:
    """The tensors of a file without nesting; an alternative of `key` gathers those whose names begin so."""
    tree: dict[str | int, TensorInfo | Tree | None] = dict(tensors.items())
    for name in key:
        inside = {full.removeprefix(f"{name}."): full for full in tensors if full.startswith(f"{name}.")}
        if inside:
            for full in inside.values():
                del tree[full]
            tree[name] = {short: tensors[full] for short, full in inside.items()}
            break
    return tree


def _sharded(request: LoadRequest, index: Path, files: dict[str, str]) -> Header:
    names = sorted(set(files.values()))
    paths = tuple(index.parent / name for name in names)
    parts = [_part(index, path) for path in paths]
    there = {name: tensors for name, (_, tensors) in zip(names, parts, strict=True)}
    for tensor, name in sorted(files.items(), key=lambda item: item[1]):
        if tensor not in there[name]:
            raise CheckpointError(
                f"`{index}` looks for `{tensor}` in `{name}`, which does not hold it",
                "take index and parts from one place",
            )
    sha256 = check_sha256([index, *paths], request.sha256) if request.sha256 is not None else None
    tree = _by_key({tensor: there[name][tensor] for tensor, name in files.items()}, request.key)
    where = {tensor: names.index(name) for tensor, name in files.items()}
    stamps = tuple(found for found, _ in parts)
    return _header(request, paths, "safetensors", tree, stamps, where, sha256)


def _part(index: Path, path: Path) -> tuple[Stamp, Mapping[str, TensorInfo]]:
    with open_regular(path) as file:
        found = stamp(file)
        kind = kind_of(path, file, found[0])
    if kind != "safetensors":
        raise CheckpointError(
            f"`{path}`, a part of `{index.name}`, is not a safetensors file",
            "sharded checkpoints are read as safetensors only",
        )
    return found, read_content(path).tensors


def _header(
    request: LoadRequest,
    paths: tuple[Path, ...],
    format: str,
    tree: Tree,
    stamps: tuple[Stamp, ...],
    where: dict[str, int] | None = None,
    sha256: str | None = None,
    foreign: tuple[str, ...] = (),
) -> Header:
    unwrapped = unwrap(request.location, tree, request.key)
    places = {
        name: Place(where[".".join(map(str, steps))] if where else 0, steps)
        for name, steps in unwrapped.steps.items()
    }
    return Header(
        request,
        paths,
        format,
        unwrapped.tensors,
        unwrapped.taken_off,
        unwrapped.ignored,
        sha256=sha256,
        size=sum(size for size, _ in stamps),
        places=places,
        foreign=foreign,
        stamps=stamps,
    )
