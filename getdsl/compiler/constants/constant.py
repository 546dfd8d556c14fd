"""What is known at compile time, and the marks of what is not."""

from __future__ import annotations

from typing import TypeAlias

from getdsl.compiler.constants.markers import Marker
from getdsl.compiler.graph.dimensions import Dim

Constant: TypeAlias = "bool | int | float | str | Dim | Marker | list[Constant] | dict[str, Constant] | None"
