"""What an emitted module has at its top: its doc, what it imports, and no name twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from getdsl.compiler.graph.graph import Constant
from getdsl.compiler.lower.python_text import fresh

ALWAYS = (  # what every emitted module imports
    ("pathlib", "Path"),
    ("safetensors.torch", "load_file"),
    ("torch", "Tensor"),
    ("torch", "nn"),
)
TAKEN = frozenset(
    {"torch", "functional", "load", "super", "dict", "str", "int", "float", "bool", "list"}
    | {name for _, name in ALWAYS}
)


class Imports:
    """Names by the modules that they come from, and what each is called here."""

    reserved: frozenset[str] = frozenset()  # what no value in a forward may be called

    def __init__(self) -> None:
        self.taken = set(TAKEN)
        self.names: dict[tuple[str, str], str] = {}
        self.functional = False

    def add(self, module: str, name: str) -> str:
        """What a name of a module is called here; two modules may have the same. Raises ValueError."""
        if not all(part.isidentifier() for part in (*module.split("."), name)):
            raise ValueError(f"`{module}:{name}` names nothing that Python can import")
        if (module, name) not in self.names:
            self.names[module, name] = fresh(name, self.taken)
        return self.names[module, name]

    def inside(self, module: str, name: str) -> str:
        """How a function of a module of ours is read here: `operations.total`."""
        package, _, short = module.rpartition(".")
        return f"{self.add(package, short)}.{name}"

    def accepted(self, module: str, name: str, arguments: Mapping[str, Constant]) -> dict[str, Constant]:
        """The arguments that a class takes here: all."""
        return dict(arguments)

    def lines(self) -> Iterator[str]:
        yield from ("from pathlib import Path", "", "import torch")
        yield from ("from safetensors.torch import load_file", "from torch import Tensor, nn")
        if self.functional:
            yield "from torch.nn import functional"
        if self.names:
            yield ""
        yield from self.named()

    def named(self) -> Iterator[str]:
        """The lines that import what was added, a line a module."""
        for module in sorted({module for module, _ in self.names}):
            names = sorted((name, here) for (owner, name), here in self.names.items() if owner == module)
            shown = (name if name == here else f"{name} as {here}" for name, here in names)
            yield f"from {module} import {', '.join(shown)}"

    def requirements(self) -> list[str]:
        """The packages that an emitted module cannot do without, beside torch and safetensors."""
        return sorted({module.partition(".")[0] for module, _ in self.names})
