"""A checked body for given params and input types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from getdsl.compiler.graph.bounds import Needed
from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.compiler.graph.torch_call import TorchCall
from getdsl.compiler.graph.types import TensorType
from getdsl.text.source import SourceFile


class Template(NamedTuple):
    """What calls that give a block the same share; types are in the body's own symbols."""

    outputs: Mapping[str, TensorType]
    state: tuple[StateTensor, ...]
    extern: str | None
    extern_file: SourceFile | None
    sizes: Mapping[str, int]
    graph: Graph | None
    needs: tuple[Needed, ...] = ()
    torch: TorchCall | None = None
