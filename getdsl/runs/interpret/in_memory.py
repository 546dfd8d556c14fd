"""An interpretation as an xarray.Dataset in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from getdsl.data.extras import optional
from getdsl.runs.interpret.interpret import interpret
from getdsl.runs.interpret.request import Request
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import using_threads

SAMPLE, SAMPLES = "sample", "samples/"


def dataset_of(session: Session, request: Request) -> Any:
    """The arrays of `getdsl.runs.interpret.store` by their paths, those of samples as coordinates.

    Raises UserError.
    """
    with reading():
        xarray = optional("xarray", "interpret", doing="giving")
    with using_threads(session.threads):
        arrays = interpret(session, request)
    coordinates = {
        path.removeprefix(SAMPLES): (SAMPLE, _plain(values))
        for path, values in arrays.items()
        if path.startswith(SAMPLES)
    }
    variables = {
        path: ([SAMPLE, *(f"{path}_{axis}" for axis in range(1, values.ndim))], values)
        for path, values in arrays.items()
        if not path.startswith(SAMPLES)
    }
    about = {"model": session.spec.model, "method": request.method, "of": request.of or ""}
    return xarray.Dataset(variables, coordinates, about)


def _plain(values: Any) -> Any:
    return np.array(values.tolist(), str) if values.dtype.kind in "OT" else values
