"""A graph as a Python module that a person can read: one class for each kind of block."""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.dimensions import Atom, Dim, FloorDivision
from getdsl.compiler.graph.graph import Graph, Module, Node, Ref, SliceArgument
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.lower.operations import METHODS, UNARY

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
TORCH = frozenset(
    {
        *UNARY,
        *"detach logical_and logical_or logical_not maximum minimum clamp softmax log_softmax".split(),
        *"any all transpose squeeze unsqueeze flatten concat stack matmul full_like".split(),
    }
)
FUNCTIONAL = frozenset({"softplus", "relu", "gelu", "silu"})
DTYPES = {"float": "torch.float32", "int": "torch.int64", "bool": "torch.bool"}
OWN_NAMES = {"max": "largest", "min": "smallest", "sum": "total"}
RESERVED = frozenset({"self", "torch", "nn", "functional", "operations", "Tensor"})
WIDTH = 100


def emit(graph: Graph, doc: str, *, adapted: bool = False) -> str:
    """The source of a Python module whose class `graph.name` computes the graph.

    Constructed, it has the graph's state dict; `load()` fills it from `weights.safetensors` beside it, and
    where it is `adapted` puts on the adapters of `adapter.safetensors`.
    """
    writer = _Writer()
    main = writer.add(graph, outermost=True)
    classes = [writer.source(template) for template in writer.templates]
    if adapted:
        writer.imports.setdefault("getdsl.compiler.lower.adapter_file", set()).add("attach_adapters")
    imports = [
        f"from {path} import {', '.join(sorted(names))}" for path, names in sorted(writer.imports.items())
    ]
    head = ['"""' + doc.replace('"""', "'''") + '"""', "", "from pathlib import Path", "", "import torch"]
    head += ["from safetensors.torch import load_file", "from torch import Tensor, nn"]
    load = _adapted_loader if adapted else _loader
    if writer.functional:
        head.append("from torch.nn import functional")
    if imports:
        head += ["", *imports]
    return "\n".join([*head, "", "", "\n\n\n".join([*classes, load(main.title)]), ""])


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
class _Template:
    """A class to write: graphs that differ in nothing but arguments of their blocks share one."""

    block: str
    doc: str | None
    forward: tuple[str, ...]
    signature: str
    children: dict[
        str, tuple[str, _Template | None, tuple[str, ...]]
    ]  # name -> (class, its template, argument names)
    parameters: tuple[str, ...]
    title: str = ""
    instances: list[dict[str, Any]] = field(default_factory=list)  # every argument below, by path

    @property
    def key(self) -> tuple[Any, ...]:
        children = tuple(
            (name, target, id(template), names) for name, (target, template, names) in self.children.items()
        )
        return (self.block, self.forward, self.signature, children, self.parameters)

    def varying(self) -> dict[str, str]:
        """Arguments that differ between instances, by path, with the name that the constructor gives them."""
        first = self.instances[0]
        return {
            path: _identifier(path)
            for path in first
            if any(repr(item[path]) != repr(first[path]) for item in self.instances)
        }


class _Writer:
    def __init__(self) -> None:
        self.templates: list[_Template] = []
        self.known: dict[tuple[Any, ...], _Template] = {}
        self.imports: dict[str, set[str]] = {}
        self.functional = False

    def add(self, graph: Graph, *, outermost: bool = False) -> _Template:
        """The class of a graph, after those of the graphs inside it."""
        children: dict[str, tuple[str, _Template | None, tuple[str, ...]]] = {}
        values: dict[str, Any] = {}
        for module in graph.modules.values():
            if module.graph is not None:
                inner = self.add(module.graph)
                children[module.name] = ("", inner, ())
                values |= {f"{module.name}.{path}": value for path, value in inner.instances[-1].items()}
            else:
                arguments = _arguments(module)
                children[module.name] = (self.extern(module), None, tuple(arguments))
                values |= {f"{module.name}.{name}": value for name, value in arguments.items()}
        body = _Forward(graph, self, outermost)
        template = _Template(
            graph.name,
            graph.doc,
            tuple(body.lines()),
            body.signature(),
            children,
            tuple(f"{item.name}: {item.shape}" for item in graph.parameters.values()),
        )
        known = self.known.get(template.key)
        if known is None:
            known = self.known[template.key] = template
            same = sum(other.block == template.block for other in self.templates)
            template.title = _title(graph.name) + (f"{same + 1}" if same else "")
            self.templates.append(template)
        known.instances.append(values)
        return known

    def extern(self, module: Module) -> str:
        path, _, name = (module.extern or "").partition(":")
        self.imports.setdefault(path, set()).add(name)
        return name

    def source(self, template: _Template) -> str:
        """The class: constructor, then forward."""
        varying = template.varying()
        lines = [f"class {template.title}(nn.Module):"]
        if template.doc:
            first, *rest = template.doc.replace('"""', "'''").split("\n")
            lines += (
                [f'    """{first}', *(f"    {line}".rstrip() for line in rest)]
                if rest
                else [f'    """{first}"""']
            )
            lines += ['    """', ""] if rest else [""]
        if varying:
            names = ", ".join(
                f"{name}: {type(template.instances[0][path]).__name__}" for path, name in varying.items()
            )
            lines.append(f"    def __init__(self, *, {names}) -> None:")
        else:
            lines.append("    def __init__(self) -> None:")
        lines.append("        super().__init__()")
        lines += [f"        {line}" for line in self.constructor(template, varying)]
        lines += [
            "",
            f"    def forward({template.signature}",
            *(f"        {line}" for line in template.forward),
        ]
        return "\n".join(lines)

    def constructor(self, template: _Template, varying: Mapping[str, str]) -> Iterator[str]:
        items: dict[str, str] = {}
        for parameter in template.parameters:
            name, _, shape = parameter.partition(": ")
            items[name] = f"nn.Parameter(torch.empty({shape}))"
        for name, (target, inner, names) in template.children.items():
            if inner is not None:
                arguments = [
                    f"{argument}={self.value(template, varying, f'{name}.{path}')}"
                    for path, argument in inner.varying().items()
                ]
                items[name] = f"{inner.title}({', '.join(arguments)})"
            else:
                arguments = [
                    f"{argument}={self.value(template, varying, f'{name}.{argument}')}" for argument in names
                ]
                items[name] = f"{target}({', '.join(arguments)})"
        for name, tree in _nest(items).items():
            yield from _assignment(f"self.{name}", tree)

    @staticmethod
    def value(template: _Template, varying: Mapping[str, str], path: str) -> str:
        return varying.get(path) or _literal(template.instances[0][path])


def _arguments(module: Module) -> dict[str, Any]:
    """An extern's constructor arguments; files only fill weights, which are loaded, so they are left out."""
    arguments: dict[str, Any] = {**module.sizes}
    for name, value in module.params.items():
        arguments[name] = (
            None
            if isinstance(value, PathText)
            else int(value)
            if isinstance(value, int) and not isinstance(value, bool)
            else value
        )
    return arguments


def _nest(items: Mapping[str, str]) -> dict[str, Any]:
    """Dotted names as a tree: `blocks.0` is item "0" of "blocks"."""
    tree: dict[str, Any] = {}
    for name, text in items.items():
        *owners, last = name.split(".")
        level = tree
        for owner in owners:
            level = level.setdefault(owner, {})
        level[last] = text
    return tree


def _assignment(target: str, tree: Any) -> Iterator[str]:
    first, *rest = _container(tree, WIDTH - len(target))
    yield f"{target} = {first}"
    yield from rest


def _container(tree: Any, width: int = WIDTH) -> list[str]:
    """A module, or the list or dict that holds indexed ones, in lines."""
    if isinstance(tree, str):
        return _wrapped_call(tree, width)
    parameters = all(isinstance(item, str) and item.startswith("nn.Parameter(") for item in tree.values())
    kind = "Parameter" if parameters else "Module"
    in_order = list(tree) == [str(number) for number in range(len(tree))]
    lines = [f"nn.{kind}List([" if in_order else f"nn.{kind}Dict({{"]
    for key, item in tree.items():
        first, *rest = _container(item)
        prefix = "" if in_order else f'"{key}": '
        lines.append(f"    {prefix}{first}" + ("," if not rest else ""))
        lines += [f"    {line}" for line in rest[:-1]] + ([f"    {rest[-1]},"] if rest else [])
    return [*lines, "])" if in_order else "})"]


class _Forward:
    """The lines of a forward."""

    def __init__(self, graph: Graph, writer: _Writer, outermost: bool) -> None:
        self.graph = graph
        self.writer = writer
        self.outermost = outermost
        self.names: dict[str, str] = {}
        self.symbols: dict[Symbol, str] = {}
        self.pending: list[str] = []
        self.lists = _listed(graph)

    def signature(self) -> str:
        inputs = [
            f"{self.name(node.name)}: Tensor" for node in self.graph.nodes.values() if node.kind == "input"
        ]
        result = "dict[str, Tensor]" if self.outermost or len(self.graph.outputs) != 1 else "Tensor"
        return f"self, {', '.join(inputs)}) -> {result}:"

    def name(self, node: str) -> str:
        if node not in self.names:
            wanted = _identifier(node)
            while wanted in self.names.values() or wanted in RESERVED:
                wanted += "_"
            self.names[node] = wanted
        return self.names[node]

    def lines(self) -> Iterator[str]:
        for node in self.graph.nodes.values():
            if node.kind == "input":
                self.name(node.name)
        for node in self.graph.nodes.values():
            if node.kind == "input":
                continue
            text = self.expression(node)
            yield from self.pending
            self.pending.clear()
            types = ", ".join(str(type.plain()) for type in node.outputs.values())
            line = f"{self.name(node.name)} = {text}"
            yield f"{line}  # {types}" if len(line) + len(types) < 105 else line
        outputs = {name: self.argument(ref) for name, ref in self.graph.outputs.items()}
        if self.outermost or len(outputs) != 1:
            yield "return {" + ", ".join(f'"{name}": {text}' for name, text in outputs.items()) + "}"
        else:
            yield f"return {next(iter(outputs.values()))}"

    def expression(self, node: Node) -> str:
        if node.kind == "parameter":
            return self.attribute(node.target)
        args = [self.argument(item) for item in node.args]
        kwargs = [f"{name}={self.argument(item)}" for name, item in node.kwargs.items()]
        if node.kind == "module":
            if (
                self.graph.modules[node.target].extern is not None
                and len(self.graph.modules[node.target].face_outputs) > 1
            ):
                kwargs.append(f"outputs={self.argument(tuple(node.outputs))}")
            return f"{self.attribute(node.target)}({', '.join([*args, *kwargs])})"
        return self.operation(node, args, kwargs)

    def operation(self, node: Node, args: list[str], kwargs: list[str]) -> str:
        name = node.target
        if name in INFIX:
            return f"{args[0]} {INFIX[name]} {args[1]}"
        if name == "getitem":
            return f"{args[0]}[{', '.join(self.item(item) for item in node.args[1])}]"
        if name == "full":
            kwargs += [f"dtype={DTYPES[node.outputs[''].dtype]}", f"device={self.device()}"]
            return f"torch.full({', '.join([*args, *kwargs])})"
        if name in METHODS:
            return f"{args[0]}.{name}({', '.join([*args[1:], *kwargs])})"
        if name in FUNCTIONAL:
            self.writer.functional = True
            return f"functional.{name}({', '.join([*args, *kwargs])})"
        if name in TORCH:
            return f"torch.{name}({', '.join([*args, *kwargs])})"
        self.writer.imports.setdefault("getdsl.compiler.lower", set()).add("operations")
        return f"operations.{OWN_NAMES.get(name, name)}({', '.join([*args, *kwargs])})"

    def device(self) -> str:
        first = next(iter(self.names.values()))
        return f"{first}.device"

    def attribute(self, target: str) -> str:
        text = "self"
        walked = ""
        for step in target.split("."):
            if not step.isdigit():
                text += f".{step}"
            elif walked in self.lists:
                text += f"[{step}]"
            else:
                text += f'["{step}"]'
            walked = f"{walked}.{step}" if walked else step
        return text

    def argument(self, item: Any) -> str:
        if isinstance(item, Ref):
            node = self.graph.nodes[item.node]
            name = self.name(item.node)
            return name if len(node.outputs) == 1 else f'{name}["{item.output}"]'
        if isinstance(item, Dim):
            return self.dim(item)
        if isinstance(item, tuple):
            inside = ", ".join(self.argument(each) for each in item)
            return f"({inside},)" if len(item) == 1 else f"({inside})"
        return _literal(item)

    def item(self, item: Any) -> str:
        if item is Ellipsis:
            return "..."
        if isinstance(item, SliceArgument):
            start, stop = ("" if bound is None else self.argument(bound) for bound in (item.start, item.stop))
            return f"{start}:{stop}"
        return self.argument(item)

    # -- sizes

    def dim(self, dim: Dim) -> str:
        if dim.value is not None:
            return str(dim.value)
        terms = []
        for monomial, factor in dim.terms:
            factors = [str(factor)] if factor != 1 or not monomial else []
            for atom, power in monomial:
                factors += [self.atom(atom)] * power
            terms.append(" * ".join(factors))
        return " + ".join(terms)

    def atom(self, atom: Atom) -> str:
        if isinstance(atom, FloorDivision):
            return f"(({self.dim(atom.numerator)}) // ({self.dim(atom.divisor)}))"
        if atom not in self.symbols:
            source = self.graph.symbols[atom]
            ref = self.argument(source.ref)
            slope = next(factor for monomial, factor in source.pattern.terms if monomial == ((atom, 1),))
            rest = source.pattern - Dim.symbol(atom) * slope
            size = f"{ref}.size({source.axis})"
            if rest != 0:
                size = f"{size} - ({self.dim(rest)})"
            if slope != 1:
                size = f"({size}) // {slope}"
            self.symbols[atom] = self.name(f"size {atom}")
            self.pending.append(f"{self.symbols[atom]} = {size}")
        return self.symbols[atom]


def _wrapped_call(text: str, width: int) -> list[str]:
    """A call on one line where it fits, else its arguments on lines of their own."""
    if len(text) <= width:
        return [text]
    head, _, inside = text.partition("(")
    lines = textwrap.wrap(inside[:-1], width - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{head}(", *(f"    {line}" for line in lines[:-1]), f"    {lines[-1]},", ")"]


def _literal(value: Any) -> str:
    """A constant as Python, strings in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _listed(graph: Graph) -> set[str]:
    """The owners whose items are numbered from 0 in order, and so stand in a ModuleList."""
    owners: dict[str, list[str]] = {}
    for name in (*graph.parameters, *graph.modules):
        steps = name.split(".")
        for depth in range(1, len(steps)):
            keys = owners.setdefault(".".join(steps[:depth]), [])
            if steps[depth] not in keys:
                keys.append(steps[depth])
    return {owner for owner, keys in owners.items() if keys == [str(number) for number in range(len(keys))]}


def _identifier(path: str) -> str:
    name = "".join(char if char.isalnum() or char == "_" else "_" for char in path.removeprefix("size "))
    return f"{name}_" if keyword.iskeyword(name) else name


def _title(name: str) -> str:
    return name[0].upper() + name[1:]
