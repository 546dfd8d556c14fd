"""Libraries of attribution, which only some users need, imported when they are."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from getdsl.diagnostics import UserError


def library(module: str) -> Any:
    """A module of tangermeme, memelite or logomaker. Raises UserError where it is not installed."""
    name = module.partition(".")[0]
    try:
        with quiet():
            return importlib.import_module(module)
    except ImportError as error:
        absent = error.name in (module, name)
        why = "is not installed" if absent else f"cannot be imported ({error})"
        raise UserError(f"this needs {name}, which {why}", "run `pip install 'getdsl[interpret]'`") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps libraries from telling users of hooks and of thresholds that are ours to look at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
