"""How long graphs take to make, verify, trim and lower: chains of 1,000 to 10,000 nodes.

Prints processor seconds, and how much more than twice as long twice as many nodes take from 1,000 to 8,000;
exits 1 where that is over 1.3, or 10,000 nodes are verified in more than 0.3 s.
"""

from __future__ import annotations

import gc
import platform
import sys
import time
from collections.abc import Callable

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node, Ref, SymbolSource
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.lower.build import lower
from getdsl.compiler.passes import verifier
from getdsl.compiler.passes.remove_unused import remove_unused

SIZES = (1000, 2000, 4000, 8000)
LARGEST = 10_000
GROWTH = 1.3  # each time that the nodes double; 1 is linear
SECONDS_TO_VERIFY = 0.3


def chain(length: int) -> Graph:
    """Operations of one tensor and of two, and modules, each on what stands before it."""
    type = TensorType((Dim.symbol("B"), Dim.symbol("R"), Dim.of(16)))
    nodes = {"x": Node("x", "input", "x", {"": type})}
    modules = {}
    first = last = Ref("x", "")
    for number in range(length - 1):
        name = f"n{number}"
        if number % 3 == 0:
            nodes[name] = Node(name, "operation", "relu", {"": type}, (last,))
        elif number % 3 == 1:
            nodes[name] = Node(name, "operation", "add", {"": type}, (last, first))
        else:
            nodes[name] = Node(name, "module", name, {"": type}, (last,))
            modules[name] = Module(name, "Relu", {}, ("x",), ("",), "torch.nn:ReLU", face_outputs=("",))
        last = Ref(name, "")
    symbols = {Symbol(s): SymbolSource(first, axis, Dim.symbol(s)) for axis, s in enumerate("BR")}
    return Graph("chain", nodes, {"y": last}, modules, symbols=symbols)


STEPS: dict[str, Callable[[Graph], object]] = {
    "dag": lambda graph: graph.dag,
    "links": lambda graph: graph.links,
    "verify": lambda graph: verifier().verify(graph),
    "remove_unused": remove_unused,
    "lower": lower,
}


def seconds(step: Callable[[Graph], object], length: int, repeats: int = 3) -> float:
    """The best of several, each on a graph whose DAG is not there yet."""
    found = []
    for _ in range(repeats):
        graph = chain(length)
        gc.collect()
        gc.disable()
        started = time.process_time()
        step(graph)
        found.append(time.process_time() - started)
        gc.enable()
    return min(found)


def main() -> int:
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    passed = True
    for name, step in {"make": lambda graph: chain(len(graph.nodes)), **STEPS}.items():
        times = {length: seconds(step, length) for length in (*SIZES, LARGEST)}
        doublings = len(SIZES) - 1
        growth = (times[SIZES[-1]] / times[SIZES[0]]) ** (1 / doublings) / 2
        passed &= growth <= GROWTH and (name != "verify" or times[LARGEST] <= SECONDS_TO_VERIFY)
        shown = "  ".join(f"{length}: {value:.3f} s" for length, value in times.items())
        print(f"{name:14}{shown}  growth {growth:.2f} (linear: 1)")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
