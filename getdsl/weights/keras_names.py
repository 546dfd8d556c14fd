"""The names of a Keras model's weights in an HDF5 file, in each of the ways that Keras writes them.

Up to Keras 2, and in `.h5` files still: a group a layer, `stem/stem/kernel:0`, and the layers' names as an
attribute. From Keras 3 on, in `.weights.h5` and `.keras`: groups as the model is nested,
`layers/conv1d/vars/0`, where a layer is named after its class and its own name is an attribute.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from itertools import count

from getdsl.weights.hdf5_file import Hdf5File
from getdsl.weights.tree import Tree

MODEL, OPTIMIZER = "model_weights", ("optimizer_weights/", "optimizer/")
VARIABLES, LAYERS = "vars", "layers"


def keras_tree(file: Hdf5File) -> tuple[Tree, dict[str, str]]:
    """The tensors under the names that Keras gives them, the optimizer's apart, and the path of each.

    A file of other software has its own paths as names.
    """
    root = f"{MODEL}/" if file.has(MODEL) else ""
    names = _names_apart(file, root)
    infos: Tree = {name: file.datasets[path] for path, name in names.items()}
    optimizer = [name for path, name in names.items() if path.startswith(OPTIMIZER)]
    paths = {name: path for path, name in names.items()}
    return _apart(infos, optimizer, root.rstrip("/")) if optimizer or root else infos, paths


def _apart(infos: Tree, optimizer: Collection[Hashable], root: str) -> Tree:
    model: Tree = {name: info for name, info in infos.items() if name not in optimizer}
    beside: Tree = {name: infos[name] for name in optimizer}
    return {root or "model": model, "optimizer": beside}


def _names_apart(file: Hdf5File, root: str) -> dict[str, str]:
    """The name of each dataset; all paths as they are where two would have one name."""
    layers = _layers(file, root)
    names = {path: _name(file, path, root, layers) for path in file.datasets}
    return names if len(set(names.values())) == len(names) else {path: path for path in names}


def _name(file: Hdf5File, path: str, root: str, layers: Iterable[str]) -> str:
    inner = path.removeprefix(root)
    layer = max((name for name in layers if inner.startswith(f"{name}/")), key=len, default=None)
    if layer is not None:
        weight = inner.removeprefix(f"{layer}/").removesuffix(":0")
        return weight if weight.startswith(f"{layer}/") else f"{layer}/{weight}"
    groups, number = path.split("/")[:-1], path.rpartition("/")[2]
    if groups[-1:] == [VARIABLES] and number.isdigit():
        return "/".join([*_own_names(file, groups[:-1]), VARIABLES, number])
    return path


def _own_names(file: Hdf5File, groups: list[str]) -> list[str]:
    """The names of the layers on the way to a variable: of a group with variables, the one that it notes."""
    names = []
    for end, group in enumerate(groups, 1):
        variables = "/".join([*groups[:end], VARIABLES])
        own = file.attribute(variables, "name") if file.has(variables) else None
        if own is not None or group != LAYERS:
            names.append(_text(own) if own is not None else group)
    return names


def _layers(file: Hdf5File, root: str) -> list[str]:
    """The names of the layers; a long list is written in several attributes."""
    found = file.attribute(root, "layer_names")
    pieces = [found] if found is not None else []
    for number in count():
        piece = file.attribute(root, f"layer_names{number}")
        if piece is None:
            break
        pieces.append(piece)
    return [_text(name) for piece in pieces for name in piece]


def _text(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
