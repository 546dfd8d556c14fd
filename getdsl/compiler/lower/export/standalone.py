"""A model as one Python file for people to read: its classes and its blocks' bodies, in plain PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from getdsl.compiler.graph.graph import Constant, Graph
from getdsl.compiler.lower.emit import Emitted, emit_classes
from getdsl.compiler.lower.emit_forward import OWN
from getdsl.compiler.lower.emit_imports import Imports
from getdsl.compiler.lower.emit_syntax import hold_to_syntax
from getdsl.compiler.lower.export.gathered import Sources, constructor_names, plain_of
from getdsl.compiler.lower.export.plain_graph import merged_state, without_files
from getdsl.compiler.lower.export.trials import Held, hold, trials
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.package import doc_of
from getdsl.compiler.lower.python_text import docstring
from getdsl.compiler.lower.repeats import imported, outputs_of
from getdsl.diagnostics import UserError

NAME, WEIGHTS = "model.py", "weights.pt"
KNOWN = {  # what the file imports itself
    ("torch", None): "torch",
    ("torch", "Tensor"): "Tensor",
    ("torch", "nn"): "nn",
    ("torch.nn", "functional"): "functional",
    ("torch.nn.functional", None): "functional",
    ("pathlib", "Path"): "Path",
}


def write_standalone(model: Model, folder: Path) -> tuple[Held, list[str]]:
    """Writes the file and its weights, runs it and holds it against the model."""
    found = trials(model)
    (folder / NAME).write_text(standalone(model.spec.graph, doc_of(model.spec)).source, encoding="utf-8")
    state = {name: value.detach().cpu().clone() for name, value in merged_state(model).items()}
    torch.save(state, folder / WEIGHTS)
    module = imported(folder / NAME).load(folder)
    return hold(lambda inputs: outputs_of(module, inputs), found, "the file"), []


def standalone(graph: Graph, doc: str) -> Emitted:
    """A file whose class `graph.name` computes the graph; its `load()` takes the weights beside it.

    What it is made of has been through `hold_to_syntax`, as what `emit` writes. Raises UserError where the
    body of a block has no text.
    """
    imports = _PlainImports()
    main, classes = emit_classes(without_files(graph), imports, held=False)
    load = _loader(main)
    hold_to_syntax("\n".join(['"""Parts."""', *imports.lines(), *classes, load]), imports.lines(), load)
    sources = _gathered(imports, graph)
    needs = sorted({module.partition(".")[0] for module, _ in sources.foreign} - _AT_HAND)
    needed = f"It needs {', '.join(['torch', *needs])} and nothing else."
    head = [*docstring(f"{doc}\n\n{needed}"), "from __future__ import annotations", ""]
    parts = "\n\n\n".join([*_spaced(sources.definitions), *classes, load])
    top = [*sources.imports(), "from pathlib import Path", "", "import torch", "from torch import Tensor, nn"]
    top += ["from torch.nn import functional"] if "functional." in parts else []
    return Emitted("\n".join([*head, *top, "", "", parts, ""]), tuple(needs))


_AT_HAND = frozenset({*sys.stdlib_module_names, "torch"})


def _spaced(definitions: list[str]) -> Iterator[str]:
    """Definitions, those of one line that follow each other as one."""
    lines: list[str] = []
    for definition in definitions:
        if definition.startswith(("def ", "class ", "@")):
            if lines:
                yield "\n".join(lines)
            lines = []
            yield definition
        else:
            lines.append(definition)
    if lines:
        yield "\n".join(lines)


def _gathered(imports: _PlainImports, graph: Graph) -> Sources:
    """All that the classes read of ours and of the user's own modules."""
    ours = {"getdsl", *(module.partition(".")[0] for module, _ in imports.names)}
    sources = Sources(ours, dict(KNOWN))
    sources.taken |= imports.taken
    try:
        for (module, name), here in imports.names.items():
            sources.want(module, name, here)
        for module, name in imports.names:
            sources.add(module, name)
    except (ImportError, KeyError) as error:
        raise UserError(
            f"the body of a block, `{module}:{name}`, cannot be written out: {error}",
            "its text must be a Python file; `--format pt2` does without it",
        ) from error
    return sources


class _PlainImports(Imports):
    """Names of bodies in their plainest form, functions of ours by themselves."""

    reserved = OWN

    def add(self, module: str, name: str) -> str:
        return super().add(plain_of(module, name), name)

    def inside(self, module: str, name: str) -> str:
        return self.add(module, name)

    def accepted(self, module: str, name: str, arguments: Mapping[str, Constant]) -> dict[str, Constant]:
        """A plain form has no arguments that only fill its weights."""
        plain = plain_of(module, name)
        if plain == module:
            return dict(arguments)
        taken = constructor_names(plain, name)
        return {key: value for key, value in arguments.items() if key in taken}

    def lines(self) -> Iterator[str]:
        yield from ("from pathlib import Path", "import torch", "from torch import Tensor, nn")
        yield "from torch.nn import functional"
        yield from self.named()


def _loader(title: str) -> str:
    return f'''def load(folder: str | Path = Path(__file__).parent) -> {title}:
    """The model with the weights of `folder`, in evaluation mode."""
    with torch.device("meta"):
        model = {title}()
    weights = torch.load(Path(folder) / "weights.pt", weights_only=True)
    model.load_state_dict(weights, assign=True)
    return model.eval()'''
