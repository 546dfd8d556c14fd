"""The card of a published model: what it takes and gives, its figures, and what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from getdsl.compiler.spec import Spec
from getdsl.formats.json_values import Json
from getdsl.runs.run_folder.records import RunRecord

Figures = Mapping[str, Json]


def card(spec: Spec, record: RunRecord, figures: Figures, license: str, author: str, sha256: str) -> str:
    """Markdown with the front matter that hubs read."""
    return "\n".join(
        [*_front(license), *_model(spec, author), *_tables(spec, record, figures), *_use(sha256), ""]
    )


def _front(license: str) -> Iterator[str]:
    yield from ("---", f"license: {license}", "library_name: getdsl", "tags: [genomics, getdsl]", "---", "")


def _model(spec: Spec, author: str) -> Iterator[str]:
    yield from (f"# {spec.model}", "", spec.doc or "A model of getdsl.", "", f"By {author}.", "")


def _tables(spec: Spec, record: RunRecord, figures: Figures) -> Iterator[str]:
    yield from ("| | |", "|---|---|")
    yield from (f"| input | `{name}: {type}` |" for name, type in spec.graph.inputs.items())
    yield from (f"| output | `{name}: {type.plain()}` |" for name, type in spec.graph.output_types().items())
    weights = sum(tensor.size for tensor in spec.graph.tensors() if tensor.kind != "buffer")
    yield from (f"| weights | {weights:,} |", f"| seed | {record['seed']} |", "")
    numbers = list(leaves(figures))
    if numbers:
        yield from ("## Figures", "", "| | |", "|---|---|")
        yield from (f"| {name} | {value:.4g} |" for name, value in numbers)
        yield ""
    data = record["data"]
    yield from ("## Data", "", f"sha256 of what was read: `{data['sha256']}`.", "")
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    yield from (f"Trained with {versions}. `spec.get` says on what, and how.", "")


def leaves(figures: Figures, before: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of nested tables, each by the names that lead to it."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{before}{name} ")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{before}{name}", float(value)


def _use(sha256: str) -> Iterator[str]:
    yield from ("## Use", "", "The weights, in a spec that has the same parts:", "", "```get")
    yield from ('load "hf://ORG/NAME" {', f'    sha256 = "{sha256}"', "}", "```", "")
    yield from ("The model as it is, from a copy of this folder:", "", "```")
    yield from ("getdsl predict model.safetensors -o predictions.zarr", "```")
