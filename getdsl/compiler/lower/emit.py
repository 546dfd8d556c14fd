"""A graph as a Python module that a person can read: one class for each kind of block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.graph import Constant, Graph, Module
from getdsl.compiler.lower.emit_forward import Forward, Imports
from getdsl.compiler.lower.python_text import assignments, docstring, identifier, literal, title


def emit(graph: Graph, doc: str, *, adapted: bool = False) -> str:
    """The source of a Python module whose class `graph.name` computes the graph.

    Constructed, it has the graph's state dict; `load()` fills it from `weights.safetensors` beside it, and
    where it is `adapted` puts on the adapters of `adapter.safetensors`.
    """
    writer = _Writer()
    main = writer.add(graph, outermost=True)
    classes = [_source(template) for template in writer.templates]
    if adapted:
        writer.imports.add("getdsl.compiler.lower.adapter_file", "attach_adapters")
    load = (_adapted_loader if adapted else _loader)(main.title)
    return "\n".join([*_head(doc, writer.imports), "", "", "\n\n\n".join([*classes, load]), ""])


def _head(doc: str, imports: Imports) -> Iterator[str]:
    yield '"""' + doc.replace('"""', "'''") + '"""'
    yield from ("", "from pathlib import Path", "", "import torch")
    yield from ("from safetensors.torch import load_file", "from torch import Tensor, nn")
    if imports.functional:
        yield "from torch.nn import functional"
    if imports.names:
        yield ""
    for path, names in sorted(imports.names.items()):
        yield f"from {path} import {', '.join(sorted(names))}"


def _loader(title: str) -> str:
    return f'''def load(folder: str | Path = Path(__file__).parent) -> {title}:
    """The model with the weights of `folder`, in evaluation mode."""
    with torch.device("meta"):
        model = {title}()
    model.load_state_dict(load_file(Path(folder) / "weights.safetensors"), assign=True)
    return model.eval()'''


def _adapted_loader(title: str) -> str:
    return f'''def load(folder: str | Path = Path(__file__).parent) -> {title}:
    """The model with the weights of `folder` and its adapters on them, in evaluation mode."""
    with torch.device("meta"):
        model = {title}()
    model.load_state_dict(load_file(Path(folder) / "weights.safetensors"), assign=True)
    attach_adapters(model, Path(folder) / "adapter.safetensors")
    return model.eval()'''


@dataclass
class _Child:
    """A module inside a class: an extern of that name with these arguments, or what a template makes."""

    target: str = ""
    arguments: tuple[str, ...] = ()
    template: _Template | None = None


@dataclass
class _Template:
    """A class to write: graphs that differ in nothing but arguments of their blocks share one."""

    block: str
    doc: str | None
    forward: tuple[str, ...]
    signature: str
    children: dict[str, _Child]
    parameters: dict[str, tuple[int, ...]]  # their shapes
    title: str
    instances: list[dict[str, Constant]] = field(default_factory=list)  # every argument below, by path

    def varying(self) -> dict[str, str]:
        """Arguments that differ between instances, by path, with the name that the constructor gives them."""
        first = self.instances[0]
        return {
            path: identifier(path)
            for path in first
            if any(repr(item[path]) != repr(first[path]) for item in self.instances)
        }


class _Writer:
    """The classes of a graph and of those inside it, each once."""

    def __init__(self) -> None:
        self.templates: list[_Template] = []
        self.known: dict[object, _Template] = {}
        self.imports = Imports()

    def add(self, graph: Graph, *, outermost: bool = False) -> _Template:
        """The class of a graph, after those of the graphs inside it."""
        children: dict[str, _Child] = {}
        values: dict[str, Constant] = {}
        for module in graph.modules.values():
            children[module.name], below = self.child(module)
            values |= {f"{module.name}.{path}": value for path, value in below.items()}
        template = self.template(graph, children, outermost)
        template.instances.append(values)
        return template

    def child(self, module: Module) -> tuple[_Child, Mapping[str, Constant]]:
        """How a module is made, and every argument that goes into it."""
        if module.graph is not None:
            inner = self.add(module.graph)
            return _Child(template=inner), inner.instances[-1]
        path, _, name = (module.extern or "").partition(":")
        arguments = _arguments(module)
        return _Child(self.imports.add(path, name), tuple(arguments)), arguments

    def template(self, graph: Graph, children: dict[str, _Child], outermost: bool) -> _Template:
        forward = Forward(graph, self.imports, outermost)
        lines = tuple(forward.lines())
        shapes = {name: item.shape for name, item in graph.parameters.items()}
        inside = tuple(
            (name, child.target, id(child.template), child.arguments) for name, child in children.items()
        )
        key = (graph.name, lines, forward.signature(), inside, tuple(shapes.items()))
        if key not in self.known:
            same = sum(other.block == graph.name for other in self.templates)
            name = title(graph.name) + (f"{same + 1}" if same else "")
            made = _Template(graph.name, graph.doc, lines, forward.signature(), children, shapes, name)
            self.known[key] = made
            self.templates.append(made)
        return self.known[key]


def _source(template: _Template) -> str:
    """The class: constructor, then forward."""
    varying = template.varying()
    first = template.instances[0]
    named = "".join(f", {name}: {type(first[path]).__name__}" for path, name in varying.items())
    lines = docstring(template.doc) if template.doc else []
    lines.append(f"def __init__(self{', *' if named else ''}{named}) -> None:")
    lines += ["    super().__init__()", *(f"    {line}" for line in assignments(_items(template, varying)))]
    lines += ["", f"def forward({template.signature}", *(f"    {line}" for line in template.forward)]
    return "\n".join([f"class {template.title}(nn.Module):", *(f"    {line}".rstrip() for line in lines)])


def _items(template: _Template, varying: Mapping[str, str]) -> dict[str, str]:
    """How each parameter and module of a class is made."""
    items = {name: f"nn.Parameter(torch.empty({shape}))" for name, shape in template.parameters.items()}
    for name, child in template.children.items():
        inner = child.template
        wanted = (
            inner.varying() if inner is not None else {argument: argument for argument in child.arguments}
        )
        given = ", ".join(
            f"{argument}={_value(template, varying, f'{name}.{path}')}" for path, argument in wanted.items()
        )
        items[name] = f"{child.target if inner is None else inner.title}({given})"
    return items


def _value(template: _Template, varying: Mapping[str, str], path: str) -> str:
    return varying.get(path) or literal(template.instances[0][path])


def _arguments(module: Module) -> dict[str, Constant]:
    """An extern's constructor arguments; files only fill weights, which are loaded, so they are left out."""
    return {**module.sizes, **{name: _argument(value) for name, value in module.params.items()}}


def _argument(value: Constant) -> Constant:
    if isinstance(value, PathText):
        return None
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
