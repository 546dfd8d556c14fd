"""A graph as a Python module that a person can read: one class for each kind of block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from getdsl import __version__
from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.graph import Constant, Graph, Module, Parameter
from getdsl.compiler.lower.build import plain_constant
from getdsl.compiler.lower.emit_forward import DTYPES, Forward
from getdsl.compiler.lower.emit_imports import Imports
from getdsl.compiler.lower.emit_syntax import hold_to_syntax
from getdsl.compiler.lower.python_text import (
    PARAMETER,
    Call,
    assignments,
    docstring,
    fresh,
    identifier,
    literal,
    title,
)


@dataclass(frozen=True)
class Emitted:
    """The source of a module, and the packages that it needs beside torch and safetensors."""

    source: str
    needs: tuple[str, ...]


def emit(graph: Graph, doc: str, *, adapted: bool = False) -> Emitted:
    """A Python module whose class `graph.name` computes the graph.

    Constructed, it has the graph's state dict; `load()` fills it from `weights.safetensors` beside it, and
    where it is `adapted` puts on the adapters of `adapter.safetensors`. Whatever docs, names and texts the
    graph holds, the source has no syntax but what `emit_syntax` knows. Raises ValueError where it would.
    """
    imports = Imports()
    main, classes = emit_classes(graph, imports)
    if adapted:
        imports.add("getdsl.compiler.lower.adapter_file", "attach_adapters")
    load = (_adapted_loader if adapted else _loader)(main)
    needs = tuple(imports.requirements())
    head = [*docstring(f"{doc}\n\n{_needed(needs)}"), *imports.lines()]
    source = "\n".join([*head, "", "", "\n\n\n".join([*classes, load]), ""])
    hold_to_syntax(source, imports.lines(), load)
    return Emitted(source, needs)


def emit_classes(graph: Graph, imports: Imports, *, held: bool = True) -> tuple[str, list[str]]:
    """The name of the class of a graph, and the sources of all classes, it last; `imports` learns what they
    import. With `held`, they hold sizes that only a step tells.
    """
    writer = _Writer(imports, held)
    main = writer.add(graph, outermost=True)
    return main.title, [_source(template) for template in writer.templates]


def _needed(packages: Sequence[str]) -> str:
    names = [f"getdsl {__version__}" if name == "getdsl" else name for name in packages]
    *first, last = ["torch", "safetensors", *names]
    return f"It needs {', '.join(first)} and {last}."


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
    parameters: dict[str, Call]  # how they are made
    title: str
    instances: list[dict[str, Constant]] = field(default_factory=list)  # every argument below, by path

    def varying(self) -> dict[str, str]:
        """Arguments that differ between instances, by path, with the name that the constructor gives them."""
        first, taken = self.instances[0], {"self"}
        return {
            path: fresh(identifier(path), taken)
            for path in first
            if any(literal(item[path]) != literal(first[path]) for item in self.instances)
        }

    def annotation(self, path: str) -> str:
        """The types of an argument's values."""
        values = [item[path] for item in self.instances]
        kinds = ("None" if value is None else type(value).__name__ for value in values)
        return " | ".join(dict.fromkeys(kinds))


class _Writer:
    """The classes of a graph and of those inside it, each once."""

    def __init__(self, imports: Imports, held: bool) -> None:
        self.templates: list[_Template] = []
        self.known: dict[object, _Template] = {}
        self.imports = imports
        self.held = held

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
        if module.torch is not None:
            given = {str(number): value for number, value in enumerate(module.torch.args)}
            made = {name: plain_constant(value) for name, value in {**given, **module.torch.kwargs}.items()}
            return _Child(f"nn.{(module.extern or '').partition(':')[2]}", tuple(made)), made
        path, _, name = (module.extern or "").partition(":")
        arguments = self.imports.accepted(path, name, _arguments(module))
        return _Child(self.imports.add(path, name), tuple(arguments)), arguments

    def template(self, graph: Graph, children: dict[str, _Child], outermost: bool) -> _Template:
        forward = Forward(graph, self.imports, outermost, self.held)
        lines = tuple(forward.lines())
        owned = {name: _owned(item) for name, item in graph.parameters.items()}
        inside = tuple(
            (name, child.target, id(child.template), child.arguments) for name, child in children.items()
        )
        key = (graph.name, lines, forward.signature(), inside, tuple(owned.items()))
        if key not in self.known:
            same = sum(other.block == graph.name for other in self.templates)
            name = fresh(title(graph.name) + (f"{same + 1}" if same else ""), self.imports.taken)
            made = _Template(graph.name, graph.doc, lines, forward.signature(), children, owned, name)
            self.known[key] = made
            self.templates.append(made)
        return self.known[key]


def _source(template: _Template) -> str:
    """The class: constructor, then forward."""
    varying = template.varying()
    named = "".join(f", {name}: {template.annotation(path)}" for path, name in varying.items())
    lines = docstring(template.doc) if template.doc else []
    lines.append(f"def __init__(self{', *' if named else ''}{named}) -> None:")
    lines += ["    super().__init__()", *(f"    {line}" for line in assignments(_items(template, varying)))]
    lines += ["", f"def forward({template.signature}", *(f"    {line}" for line in template.forward)]
    return "\n".join([f"class {template.title}(nn.Module):", *(f"    {line}".rstrip() for line in lines)])


def _items(template: _Template, varying: Mapping[str, str]) -> dict[str, Call]:
    """How each parameter and module of a class is made."""
    items = dict(template.parameters)
    for name, child in template.children.items():
        inner = child.template
        wanted = {each: each for each in child.arguments} if inner is None else inner.varying()
        given = (
            _argument(argument, _value(template, varying, f"{name}.{path}"))
            for path, argument in wanted.items()
        )
        items[name] = Call(child.target if inner is None else inner.title, tuple(given))
    return items


def _owned(parameter: Parameter) -> Call:
    """How a parameter is made, or a buffer; one of a family is a parameter that does not learn."""
    if parameter.kind == "weight":
        return Call(PARAMETER, (f"torch.empty({parameter.shape})",))
    empty = f"torch.empty({parameter.shape}, dtype={DTYPES[parameter.dtype]})"
    if "." in parameter.name:
        return Call(PARAMETER, (empty, "requires_grad=False"))
    return Call("nn.Buffer", (empty,))


def _argument(name: str, value: str) -> str:
    """An argument by its name, which may be one that Python does not take."""
    if name.isdecimal():  # by place
        return value
    return f"{name}={value}" if name == identifier(name) else f"**{{{literal(name)}: {value}}}"


def _value(template: _Template, varying: Mapping[str, str], path: str) -> str:
    return varying.get(path) or literal(template.instances[0][path])


def _arguments(module: Module) -> dict[str, Constant]:
    """An extern's constructor arguments; files only fill weights, which are loaded, so they are left out."""
    given = {**module.sizes, **module.params}
    return {name: _without_file(value) for name, value in given.items()}


def _without_file(value: Constant) -> Constant:
    return None if isinstance(value, PathText) else plain_constant(value)
