"""docs/blocks/: a page for each block of the library, from its face, its example and who uses it."""

import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import getdsl
from getdsl.compiler import library
from getdsl.compiler.elaborate.faces import inputs_of, params_of, usage
from getdsl.compiler.graph.graph import Graph, Module, Node
from getdsl.compiler.program import library_definition
from getdsl.compiler.spec import Spec
from getdsl.grammar import syntax
from tests.blocks.themes import SOURCES, THEMES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "blocks"
SPECS = sorted((ROOT / "specs").rglob("*.get"))


INDEX = "README"


def page_names() -> list[str]:
    """Every generated file of docs/blocks, without its `.md`."""
    return [INDEX, *sorted(library.index(), key=str.lower)]


def text_of(page_name: str) -> str:
    """What belongs in a page."""
    return index(page_names()[1:]) if page_name == INDEX else page(page_name)


def definition_of(name: str) -> syntax.Definition:
    found = library_definition(name)
    assert found is not None, name
    return found


def first_line(name: str) -> str:
    return (definition_of(name).doc or "").strip().splitlines()[0]


# -- the index


def index(names: Sequence[str]) -> str:
    lines = [
        "# The block library",
        "",
        "A page for each block that a spec can use, generated from its face by `make docs`;",
        "`getdsl blocks NAME` shows most of it in a terminal. A block of your own is written in the same",
        "way, see [language.md](../language.md#blocks).",
        "",
    ]
    sources = [name for name in names if definition_of(name).kind == "source"]
    for theme, members in {**{key: value.split() for key, value in THEMES.items()}, SOURCES: sources}.items():
        lines += [f"## {theme}", "", "| block | what it does | body |", "|---|---|---|"]
        for name in members:
            kind = "Python" if extern_of(definition_of(name)) else "`.get`"
            lines.append(f"| [{name}]({name}.md) | {escape(first_line(name))} | {kind} |")
        lines.append("")
    return "\n".join(lines)


# -- a page


def page(name: str) -> str:
    definition = definition_of(name)
    lines = [f"# {name}", "", linked((definition.doc or "").strip(), name), ""]
    if definition.kind == "block":
        lines += ["```get", usage(definition), "```", ""]
    example = example_of(name)
    instance = instance_in(example, name)
    lines += table("Inputs", ["input", "type", ""], inputs(definition))
    lines += table("Params", ["param", "type", "default", ""], params(definition))
    lines += outputs(definition, instance[1] if instance else None)
    lines += rules(definition)
    lines += weights(definition, instance[0] if instance else None)
    lines += ["## Example", "", "```get", example_path(name).read_text().rstrip(), "```", ""]
    lines += body(definition)
    lines += neighbours(name, definition)
    return "\n".join(lines).rstrip() + "\n"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A titled table, or nothing where there are no rows; a last column without text is left out."""
    if not rows:
        return []
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    marks = "|".join("---" for _ in heads)
    body = [f"| {' | '.join(map(escape, row))} |" for row in rows]
    return [f"## {title}", "", f"| {' | '.join(heads)} |", f"|{marks}|", *body, ""]


def inputs(definition: syntax.Definition) -> list[list[str]]:
    conditions = dict(conditional(definition))
    rows = []
    for item in inputs_of(definition):
        text = comment_after(item)
        if item.type.optional:
            text = f"may be left out{'; ' + text if text else ''}"
        if conditions.get(id(item)):
            text = f"if {conditions[id(item)]}{'; ' + text if text else ''}"
        rows.append([f"`{item.name}`", f"`{item.type.span.text}`", text])
    return rows


def params(definition: syntax.Definition) -> list[list[str]]:
    return [
        [
            f"`{item.name}`",
            f"`{item.type.span.text}`",
            f"`{item.default.span.text}`" if item.default is not None else "required",
            linked(" ".join((item.doc or "").split()), definition.name),
        ]
        for item in params_of(definition).values()
    ]


def rules(definition: syntax.Definition) -> list[str]:
    """What must hold of the params, as a wrong call says it."""
    found = [item for item in nodes(definition) if isinstance(item, syntax.Require)]
    return ["## Rules", "", *(f"- {item.message}" for item in found), ""] if found else []


def outputs(definition: syntax.Definition, node: Node | None) -> list[str]:
    """What it returns: the declared type, and the type in the example."""
    rows = []
    found = [item for item in nodes(definition) if isinstance(item, syntax.Output)]
    for item in {item.name or "": item for item in found}.values():
        declared = f"`{item.type.span.text}`" if item.type is not None else ""
        type = node.outputs.get(item.name or "") if node is not None else None
        shape = f"`{type}`" if type is not None and type.dims is not None else ""
        rows.append([f"`{item.name}`" if item.name else "the result", declared, shape, comment_after(item)])
    heads = ["output", "type", "in the example", ""]
    if not any(row[1] for row in rows):  # a composite's follows from its body
        heads, rows = [heads[0], *heads[2:]], [[row[0], *row[2:]] for row in rows]
    if not any(row[-2] for row in rows):  # no example shows it
        heads, rows = [*heads[:-2], heads[-1]], [[*row[:-2], row[-1]] for row in rows]
    several = [row[0].strip("`") for row in rows] if definition.kind == "block" else []
    if len(several) < 2:
        return table("Outputs", heads, rows)
    note = f"With `z = x -> {definition.name}(…)`, `z` is `{several[0]}`"
    others = "".join(f", `z.{name}` is `{name}`" for name in several[1:])
    return [*table("Outputs", heads, rows), f"{note}{others}.", ""]


def weights(definition: syntax.Definition, module: Module | None) -> list[str]:
    conditions = dict(conditional(definition))
    declared = [item for item in nodes(definition) if isinstance(item, syntax.State)]
    if declared:
        rows = [
            [f"`{item.name}`", f"`{item.type.span.text}`", item.kind, only_if(conditions[id(item)])]
            for item in declared
        ]
        return table("Weights", ["tensor", "shape", "kind", ""], rows)
    tensors = list(module.tensors()) if module is not None else []
    rows = [[f"`{item.name}`", f"`{list(item.shape)}`", item.kind, ""] for item in tensors]
    shown = table("Weights in the example", ["tensor", "shape", "kind", ""], rows[:24])
    return [*shown[:-1], f"\n… and {len(rows) - 24} more.", ""] if len(rows) > 24 else shown


def body(definition: syntax.Definition) -> list[str]:
    extern = extern_of(definition)
    face = library.index()[definition.name]
    where = f"../../{face.relative_to(ROOT).as_posix()}"
    if extern is None:
        return ["## Body", "", f"[{face.name}]({where}):", "", "```get", face.read_text().rstrip(), "```", ""]
    python = f"../../{extern.partition(':')[0].replace('.', '/')}.py"
    said = f"In Python: [{Path(python).name}]({python}), declared by [{face.name}]({where})."
    return ["## Body", "", said, "", *formula(extern)]


def formula(extern: str) -> list[str]:
    """What the class in Python says of itself."""
    module, _, name = extern.partition(":")
    doc = inspect.cleandoc(getattr(importlib.import_module(module), name).__dict__.get("__doc__") or "")
    return [doc, ""] if doc else []


def neighbours(name: str, definition: syntax.Definition) -> list[str]:
    made_of = sorted(called(definition.name) - {name}, key=str.lower)
    everything = sorted(library.index(), key=str.lower)
    used_by = [other for other in everything if name in called(other)]
    in_specs = [
        f"[{path.relative_to(ROOT / 'specs').as_posix()}](../../{path.relative_to(ROOT).as_posix()})"
        for path in SPECS
        if name in words_of(path)
    ]
    lines = []
    for title, items in (
        ("Made of", [f"[{item}]({item}.md)" for item in made_of]),
        ("Used by", [f"[{item}]({item}.md)" for item in used_by if item != name]),
        ("In specs", in_specs),
    ):
        if items:
            lines += [f"{title}: {', '.join(items)}.", ""]
    return ["## Related", "", *lines] if lines else []


# -- pieces of a face


def nodes(definition: syntax.Definition) -> Iterator[syntax.Node]:
    for statement in definition.body:
        yield from syntax.walk(statement)


def extern_of(definition: syntax.Definition) -> str | None:
    return next((item.target for item in nodes(definition) if isinstance(item, syntax.Extern)), None)


@cache
def called(name: str) -> set[str]:
    """The blocks that a composite is made of."""
    names = {item.id for item in nodes(definition_of(name)) if isinstance(item, syntax.Name)}
    return names & set(library.index())


@cache
def words_of(path: Path) -> set[str]:
    return set(re.findall(r"\b\w+\b", path.read_text()))


def conditional(definition: syntax.Definition) -> Iterator[tuple[int, str]]:
    """Statements by id, each with the conditions under which it stands."""

    def walk(statements: Iterable[syntax.Statement], under: str) -> Iterator[tuple[int, str]]:
        for item in statements:
            yield id(item), under
            if isinstance(item, syntax.If):
                text = item.condition.span.text
                yield from walk(item.yes, f"{under} and {text}" if under else text)
                other = f"not ({text})" if " " in text else f"not {text}"
                yield from walk(item.no, f"{under} and {other}" if under else other)

    yield from walk(definition.body, "")


def only_if(condition: str) -> str:
    return f"if {condition}" if condition else ""


def comment_after(item: syntax.Node) -> str:
    """The comment that ends the line of a statement."""
    line = item.span.file.text[item.span.end :].partition("\n")[0]
    found = re.match(r"[^\"#]*#\s*(.*)", line)
    return found[1].strip() if found else ""


# -- examples


def example_path(name: str) -> Path:
    return FOLDER / "examples" / f"{library.index()[name].stem}.get"


@cache
def example_of(name: str) -> Spec:
    """The checked example; AssertionError where it is wrong."""
    checked = getdsl.check(example_path(name))
    assert checked.ok, checked.diagnostics
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def instance_in(spec: Spec, name: str) -> tuple[Module, Node] | None:
    """The first use of a block in a spec, in its model or its stages."""
    for graph in (spec.graph, spec.prepare, *spec.stages.losses.values()):
        found = _use(graph, name)
        if found is not None:
            return found
    return None


def _use(graph: Graph, name: str) -> tuple[Module, Node] | None:
    for node in graph.nodes.values():
        if node.kind == "module" and graph.modules[node.target].block == name:
            return graph.modules[node.target], node
    return None


# -- text


def escape(text: str) -> str:
    return text.replace("|", "\\|")


def linked(doc: str, itself: str) -> str:
    """The doc with the names of other blocks as links, dedented."""
    text = "\n".join(line.strip() for line in doc.splitlines())
    names = sorted(set(library.index()) - {itself}, key=len, reverse=True)
    # a word such as Linear or Attention at the start of a sentence is not always the block
    plain = {"Attention", "Linear", "Dropout", "Huber"}
    pattern = "|".join(re.escape(name) for name in names if name not in plain)
    return re.sub(rf"(?<![\w.`\[])({pattern})(?![\w(])", r"[\1](\1.md)", text)
