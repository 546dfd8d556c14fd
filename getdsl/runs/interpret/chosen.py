"""Which samples, and which inputs, are explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.diagnostics.listing import first_of
from getdsl.runs.interpret.request import Request
from getdsl.runs.opened.samples import ALL
from getdsl.runs.opened.session import Session


def chosen_samples(session: Session, request: Request) -> tuple[str, Indices]:
    """The name of a split and the numbers of its samples that are asked for. Raises UserError for none."""
    split, indices = _of_split(session, request)
    if request.genes:
        indices = indices[np.isin(indices, _named(session.source, request.genes, indices))]
    if request.limit is not None:
        indices = indices[: request.limit]
    if not len(indices):
        raise UserError(f"the {split} split is empty", "`--split all` takes every sample of the data")
    return split, indices


def _of_split(session: Session, request: Request) -> tuple[str, Indices]:
    split = request.split or (ALL if request.genes else session.default_split)
    return split, session.indices(split)


def _named(source: DataSource, names: Sequence[str], among: Indices) -> Indices:
    """Samples that are called, or of whose regions one is called, by these names. Raises UserError."""
    if isinstance(source, DeclaredData):
        called = np.asarray(source.regions.name).astype(str)[source.rows]
        called = np.tile(called.reshape(len(source.rows), -1), (max(1, len(source.declared.celltypes)), 1))
    else:
        called = np.asarray(source.table["name"]).astype(str)[:, None]
    known = called[among]
    unknown = [name for name in names if not (known == name).any()]
    if unknown:
        raise UserError(
            f"no sample is called {first_of(unknown)}", suggestion_or_list(unknown[0], known.ravel(), "names")
        )
    return np.flatnonzero(np.isin(called, list(names)).any(axis=1)).astype(np.int64)


def chosen_inputs(spec: Spec, request: Request) -> list[str]:
    """The inputs whose contributions are asked for: those named, else the DNA, else all floats.

    Raises UserError where one is no input, or holds no floats; or no DNA, where only that can be changed or
    shuffled.
    """
    types = spec.graph.inputs
    if not request.wrt:
        dna = [name for name, type in types.items() if is_dna(type)]
        floats = [name for name, type in types.items() if type.dtype == "float"]
        if not dna and (request.method == "ism" or not floats):
            raise _nothing_to_ask(spec, request)
        return dna or floats
    for name in request.wrt:
        _refuse(spec, request, name)
    return list(request.wrt)


def _refuse(spec: Spec, request: Request, name: str) -> None:
    types = spec.graph.inputs
    if name not in types:
        raise UserError(
            f"`{name}` is no input of the model, and contributions are those of inputs",
            f"for a node, `--method jacobian --wrt {name}`; {_listed(spec, types)}",
        )
    if types[name].dtype != "float":
        what = "integers" if types[name].dtype == "int" else "true and false"
        raise UserError(
            f"the input `{name}` holds {what}, to which no gradient leads",
            f"ask for {_floats(spec)}, or for a node that is made of it: `--method jacobian --wrt NODE`",
        )
    if request.method == "ism" and not is_dna(types[name]):
        raise UserError(
            f"mutagenesis changes bases, and the input `{name}` is {types[name]}, no DNA",
            f"ask for {_dna(spec)}, or for another method",
        )
    if not is_dna(types[name]) and request.baseline not in (None, "zeros"):
        raise UserError(
            f"`--baseline {request.baseline}` is of bases, and the input `{name}: {types[name]}` is no DNA",
            "write `--baseline zeros`",
        )


def is_dna(type: TensorType) -> bool:
    """Whether a tensor's last axis is A C G T."""
    return type.domain == "onehot" and type.dims is not None and type.shape[-1].value == 4


def _nothing_to_ask(spec: Spec, request: Request) -> UserError:
    if request.method == "ism":
        return UserError(
            "the model reads no DNA, which mutagenesis changes", f"ask for {_floats(spec)}, by another method"
        )
    return UserError(
        "no input of the model holds floats, to which alone gradients lead",
        f"ask for a node that is made of them: `--method jacobian --wrt {_first_node(spec)}`",
    )


def _floats(spec: Spec) -> str:
    names = [name for name, type in spec.graph.inputs.items() if type.dtype == "float"]
    return first_of(names) if names else "another input"


def _dna(spec: Spec) -> str:
    names = [name for name, type in spec.graph.inputs.items() if is_dna(type)]
    return first_of(names) if names else "the DNA of another model"


def _first_node(spec: Spec) -> str:
    return next((name for name, node in spec.graph.nodes.items() if node.kind == "module"), "NODE")


def _listed(spec: Spec, types: Iterable[str]) -> str:
    return f"inputs: {first_of(list(types))}"
