"""What `%load_ext getdsl` calls."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(ipython: Any) -> None:
    """Gives the cells of an IPython the magic `%%get`."""
    from getdsl.notebook.magic import get

    ipython.register_magic_function(get, "cell", "get")
