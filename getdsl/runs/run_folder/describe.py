"""A checkpoint in words: what it holds, and what it was made from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from getdsl.compiler.lower.adaptation import AdaptationRecord
from getdsl.diagnostics.listing import first_of, joined
from getdsl.formats.checkpoint_header import Header
from getdsl.runs.evaluation.report import number
from getdsl.runs.run_folder.records import RunRecord, record_of

Row = tuple[str, str]
SHOWN = 400  # tensors of a foreign file that are listed


def run_text(header: Header) -> str:
    """The record of a run's checkpoint, a line for each thing."""
    return table([("checkpoint", str(header.paths[0])), *_rows(header)])


def _rows(header: Header) -> Iterator[Row]:
    record = record_of(header)
    yield "size", f"{header.size:,} bytes"
    yield "hash", f"{header.sha256} (verified)"
    yield "model", f"{record['spec']['model']}: {tensors_text(header)}"
    yield "weights", _weights(record)
    yield "spec", f"{record['spec']['sha256']}"
    yield from (("", f"  {name}") for name in record["spec"]["files"])
    yield from (("", f"  --set {name}={value}") for name, value in record["spec"]["overrides"].items())
    yield "data", record["data"]["sha256"]
    yield "", f"  {record['data']['path']}"
    for file in record.get("loaded", ()):
        yield "loaded", str(file.get("sha256") or "no hash was known")
        yield "", f"  {file.get('location')}: {file.get('tensors', 0):,} tensors"
    yield from _adaptation(record.get("adaptation", {}))
    yield "seed", str(record["seed"])
    yield "threads", str(record["threads"])
    yield "versions", ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _weights(record: RunRecord) -> str:
    best = record.get("best")
    if not best:
        return "of the last step; `train --resume` goes on from it"
    why = f", {best['monitor']} {number(best['value'])}" if "monitor" in best else ""
    return f"of epoch {best['epoch']:g}, the best one{why}"


def _adaptation(adaptation: AdaptationRecord) -> Iterator[Row]:
    adapters = adaptation.get("adapters", {})
    if adapters:
        ranks = sorted({item["rank"] for item in adapters.values()})
        yield "adapters", f"{len(adapters):,} weights adapted, rank {', '.join(map(str, ranks))}"
    if frozen := adaptation.get("frozen"):
        yield "frozen", f"{len(frozen):,} weights"


def tensors_text(header: Header) -> str:
    values = sum(math.prod(info.shape) for info in header.tensors.values())
    return f"{len(header.tensors):,} tensors, {values:,} values"


def foreign_text(header: Header) -> str:
    """What a file holds that no run of getdsl wrote: its tensors, and what `load` takes off their names."""
    rows = [
        ("checkpoint", str(header.paths[0])),
        ("format", header.format if header.format != "getdsl" else "getdsl adapters"),
        ("size", f"{header.size:,} bytes"),
        ("tensors", tensors_text(header)),
    ]
    if header.unwrapped:
        rows.append(("taken off", joined(f"`{name}`" for name in header.unwrapped)))
    if header.ignored:
        rows.append(("ignored", joined(f"`{name}`" for name in header.ignored)))
    if header.composed:
        kinds = Counter(item.kind for item in header.composed.values())
        rows.append(("in parts", ", ".join(f"{number:,} by {kind}" for kind, number in kinds.items())))
    if header.foreign:
        rows.append(("left out", f"objects of {first_of(header.foreign, 3)}"))
    listed = list(header.tensors.items())[:SHOWN]
    width = max(len(name) for name, _ in listed)
    lines = [f"  {name.ljust(width)}  {info.dtype.lower():5} {list(info.shape)}" for name, info in listed]
    if len(header.tensors) > SHOWN:
        lines.append(f"  and {len(header.tensors) - SHOWN:,} more")
    return "\n".join([table(rows), "", *lines])


def table(rows: Iterable[Row]) -> str:
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {text}".rstrip() for name, text in rows)
