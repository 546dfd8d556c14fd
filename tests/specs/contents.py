"""What a spec is made of, for the tables in docs/."""

from getdsl.compiler.spec import Spec


def blocks(spec: Spec) -> tuple[list[str], list[str]]:
    """Names of the blocks of a spec that are written in the language, and of those with a Python body."""
    graphs = [spec.graph, spec.prepare, *spec.stages.losses.values()]
    found = {module.block: module.extern for graph in graphs for _, module in graph.walk_modules()}
    return (
        sorted(name for name, extern in found.items() if extern is None),
        sorted(name for name, extern in found.items() if extern is not None),
    )


def cells(spec: Spec) -> list[str]:
    """Its weights in millions, its blocks in `.get`, its blocks in Python."""
    weights = sum(tensor.size for tensor in spec.graph.tensors() if tensor.kind != "buffer")
    return [f"{weights / 1e6:.1f} M", *(", ".join(names) for names in blocks(spec))]
