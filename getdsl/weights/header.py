"""What a checkpoint holds, read without its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from getdsl.formats.checkpoint_header import Header, LoadRequest, Place
from getdsl.trust import Trust, options_for
from getdsl.weights import ours
from getdsl.weights.array_files import ARRAYS, read_arrays, zip_kind
from getdsl.weights.errors import CheckpointError, UntrustedError
from getdsl.weights.hashing import check_sha256
from getdsl.weights.locate import is_url, locate
from getdsl.weights.plain_tree import plain_tree
from getdsl.weights.regular_file import open_regular, stamp
from getdsl.weights.reparametrised import put_together
from getdsl.weights.safetensors_file import Content, read_content
from getdsl.weights.sharded import read_index
from getdsl.weights.sniff import kind_of
from getdsl.weights.torch_file import TorchFile, read_torch
from getdsl.weights.tree import Tree
from getdsl.weights.unwrapping import unwrap

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
        named = zip_kind(path, file) if kind == "zip" else kind
        if named in ARRAYS:
            return _arrays(request, path, file, found, sha256, named)
        read = _torch_file(request, path, file, found[0], trust)
    tree = plain_tree(path, read.content)
    header = _header(request, (path,), "torch", tree, (found,), sha256=sha256)
    return replace(header, foreign=read.foreign, by_torch=read.by_torch)


def _arrays(
    request: LoadRequest, path: Path, file: BinaryIO, found: Stamp, sha256: str | None, kind: str
) -> Header:
    read = read_arrays(path, file, found[0], kind)
    places = {name: Place(0, (place,)) for name, place in read.paths.items()}
    return _header(request, (path,), kind, read.tree, (found,), places, sha256)


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
        places = {name: Place(0, (kept,)) for name, kept in content.places.items()}
        tree: Tree = dict(content.tensors.items())
        return _header(request, (path,), "safetensors", tree, (found,), places, sha256)
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


def _sharded(request: LoadRequest, index: Path, files: dict[str, str]) -> Header:
    names = sorted(set(files.values()))
    paths = tuple(index.parent / name for name in names)
    parts = {name: _part(index, path) for name, path in zip(names, paths, strict=True)}
    for name, (_, content) in parts.items():
        _check_listed(index, files, name, content)
    sha256 = check_sha256([index, *paths], request.sha256) if request.sha256 is not None else None
    tree: Tree = {tensor: parts[name][1].tensors[tensor] for tensor, name in files.items()}
    places = {
        tensor: Place(names.index(name), (parts[name][1].places[tensor],)) for tensor, name in files.items()
    }
    stamps = tuple(found for found, _ in parts.values())
    return _header(request, paths, "safetensors", tree, stamps, places, sha256)


def _check_listed(index: Path, files: Mapping[str, str], name: str, there: Content) -> None:
    """Raises CheckpointError where an index and a part disagree on what is in the part."""
    wanted = [tensor for tensor, file in files.items() if file == name]
    absent = next((tensor for tensor in wanted if tensor not in there.tensors), None)
    unlisted = next((tensor for tensor in there.tensors if tensor not in files), None)
    if absent is None and unlisted is None:
        return
    raise CheckpointError(
        f"`{index}` looks for `{absent}` in `{name}`, which does not hold it"
        if absent is not None
        else f"`{index}` does not list `{unlisted}`, which `{name}` holds",
        "take index and parts from one place",
    )


def _part(index: Path, path: Path) -> tuple[Stamp, Content]:
    with open_regular(path) as file:
        found = stamp(file)
        kind = kind_of(path, file, found[0])
    if kind != "safetensors":
        raise CheckpointError(
            f"`{path}`, a part of `{index.name}`, is not a safetensors file",
            "sharded checkpoints are read as safetensors only",
        )
    return found, read_content(path)


def _header(
    request: LoadRequest,
    paths: tuple[Path, ...],
    format: str,
    tree: Tree,
    stamps: tuple[Stamp, ...],
    placed: Mapping[str, Place] | None = None,
    sha256: str | None = None,
) -> Header:
    unwrapped = unwrap(request.location, tree, request.key)
    places = {
        name: placed[str(steps[-1])] if placed is not None else Place(0, steps)
        for name, steps in unwrapped.steps.items()
    }
    tensors, composed = put_together(unwrapped.tensors, places)
    return Header(
        request,
        paths,
        format,
        tensors,
        unwrapped.taken_off,
        unwrapped.ignored,
        sha256=sha256,
        size=sum(size for size, _ in stamps),
        places={name: place for name, place in places.items() if name in tensors},
        composed=composed,
        readings=unwrapped.readings,
        stamps=stamps,
    )
