"""Arrays in files of data."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.formats.array_data import ArrayDataError, array_values


def read(path: str, key: str | None = None) -> Tensor:
    """Raises UserError where the file is not what it was when it was checked."""
    try:
        return torch.from_numpy(array_values(path, key))
    except ArrayDataError as error:
        raise UserError(str(error), error.help) from error
