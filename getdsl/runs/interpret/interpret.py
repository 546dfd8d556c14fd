"""Contributions, Jacobians and attention maps of a run's model, for samples of its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import getdsl
from getdsl.compiler.constants.overrides import Overrides
from getdsl.formats.json_values import Json, plain
from getdsl.runs.interpret.pairs import COMPLETE
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.store import InterpretationStore, refuse_taken
from getdsl.runs.interpret.stored import Interpretation
from getdsl.runs.interpret.walk import Array, Walk
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.samples import refuse_gone_data
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.process.signals import on_signals
from getdsl.runs.ranks.agreement import agreed, first_does, first_says
from getdsl.runs.ranks.alike import refuse_unlike
from getdsl.runs.ranks.in_turn import in_turn
from getdsl.runs.ranks.joined import joined
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.provenance import data_record

Step = Callable[[int, int], None]  # samples that are done, and samples in all


@dataclass(frozen=True)
class Interpreted:
    """What was written: how many samples of which split, the shape of each array, what contributions miss.

    `missing` is, for each input, the sum of |delta| as a share of that of |difference|, and `short` the
    number of samples whose contributions miss more than a thousandth.
    """

    split: str
    target: str | None
    samples: int
    resumed: int  # samples that an earlier, interrupted run had done
    shapes: dict[str, tuple[int, ...]]
    missing: dict[str, float]
    short: dict[str, int]
    same_data: bool


def interpret(session: Session, request: Request) -> dict[str, Array]:
    """The arrays of `getdsl.runs.interpret.store` for the request, in memory, with `samples/…`.

    Raises UserError and SpecError.
    """
    walk = Walk(session, request)
    pieces = [walk.piece(samples).arrays for samples in walk.parts()]
    arrays = {path: np.concatenate([piece[path] for piece in pieces]) for path in pieces[0]}
    return arrays | {f"samples/{name}": column for name, column in _columns(walk).items()}


def write_interpretation(
    path: Path,
    output: Path,
    request: Request,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done, samples: None,
) -> Interpreted | None:
    """Writes what a checkpoint's model (or the best of a run's folder) is asked as a zarr group.

    It grows beside `output` and takes its place when it is whole; interrupted, the same call goes on. Several
    processes share the pieces: the first writes, and the others return None. Raises UserError and SpecError.
    """
    with (
        quiet_lightning(),
        joined(options),
        Session.open(path, options, overrides) as session,
        using_threads(session.threads),
        on_signals(),
    ):
        first_does(lambda: refuse_taken(output, overwrite=options.overwrite))
        walk = agreed(lambda: Walk(session, request))
        source = walk.session.source
        fingerprint = data_record(source)["sha256"]
        about = _attributes(walk, fingerprint)
        refuse_unlike({"checkpoint": session.stored.header.sha256 or "", f"data {source.path}": fingerprint})
        store = agreed(lambda: _begun(output, walk, about) if Process.current().first else None)
        resumed = first_says(store.done if store is not None else 0)
        step(resumed, len(walk.samples))
        for piece in in_turn(walk.parts(resumed), walk.piece):
            assert store is not None
            store.add(piece)
            step(store.done, len(walk.samples))
        refuse_gone_data(source)
        if store is None:
            return None
        missing, short = _missing(store.group), _short(store.group)
        store.finish({"missing": dict(missing), "short": dict(short)})
        same = not walk.session.own or fingerprint == session.stored.record["data"]["sha256"]
    return Interpreted(
        walk.split,
        None if walk.target is None else str(walk.target),
        len(walk.samples),
        resumed,
        Interpretation(output).shapes,
        missing,
        short,
        same,
    )


def _begun(output: Path, walk: Walk, about: Mapping[str, Json]) -> InterpretationStore:
    return InterpretationStore(output, about, _columns(walk), walk.request.batch_size)


def _columns(walk: Walk) -> dict[str, Array]:
    table = walk.session.source.table
    return {name: column[walk.samples] for name, column in table.items()} | {"index": walk.samples}


def _attributes(walk: Walk, fingerprint: str) -> Mapping[str, Json]:
    stored, request = walk.session.stored, asdict(walk.request)
    files = {name: str(request.pop(name) or "") for name in ("regions", "inactivate")}
    return {
        "getdsl": getdsl.__version__,
        "model": walk.session.spec.model,
        "split": walk.split,
        "target": None if walk.target is None else str(walk.target),
        "request": plain({**request, **files}),
        "inputs": list(walk.inputs),
        "nodes": list(walk.nodes),
        "checkpoint": {"path": str(stored.path), "sha256": stored.header.sha256},
        "overrides": {name: str(value) for name, value in stored.overrides.items()},
        "data": {"path": walk.session.source.path, "sha256": fingerprint},
    }


def _missing(group: Any) -> dict[str, float]:
    found = {}
    for name, delta in group["delta"].arrays() if "delta" in group else ():
        whole = np.abs(group[f"difference/{name}"][...]).sum()
        found[name] = float(np.abs(delta[...]).sum() / max(float(whole), 1e-12))
    return found


def _short(group: Any) -> dict[str, int]:
    return {
        name: int((np.abs(delta[...]) > COMPLETE * np.abs(group[f"difference/{name}"][...])).sum())
        for name, delta in (group["delta"].arrays() if "delta" in group else ())
    }
