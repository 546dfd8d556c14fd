"""The data of a spec as `data` declares them: the sources that it calls, and what each batch holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from getdsl.compiler.constants.paths import PathText, resolve_path
from getdsl.compiler.elaborate.batch import Batch
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.open_frames import plain_frame
from getdsl.compiler.elaborate.sources import (
    GENOME,
    NEGATIVES,
    READER,
    REGIONS,
    SAMPLES,
    Source,
    is_missing,
    read_source,
)
from getdsl.compiler.elaborate.values import Tensor, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.sections.declared import schema
from getdsl.compiler.sections.find import name_of
from getdsl.diagnostics import Diagnostic, mistakes, nearest
from getdsl.grammar import syntax
from getdsl.text.source import Span

BATCH_AXIS, WINDOW_AXIS = Dim.symbol("B"), Dim.symbol("R")
CELLTYPE = "celltype"
WHOLE = "source"
ROLES = {
    "regions": (REGIONS,),
    "negatives": (REGIONS, NEGATIVES),
    "samples": (SAMPLES,),
    "weights": (READER,),
}
"""The settings that call a source, each with the outputs of which it needs one."""
MAY_CALL = {GENOME: (GENOME,), **ROLES}
"""And the genome, which is a file or a call."""
SHAPING = (*ROLES, WHOLE, "batch", "celltypes")
"""The settings that say what a sample is, and what a batch holds."""
CALLS = frozenset({WHOLE, "batch", *ROLES})
"""The settings of `data` that are calls of sources or hold them."""


@dataclass(frozen=True)
class Data:
    """What `data` declares; `outputs` are in the model's symbols where inputs tie them.

    `sources` stand under the settings that call them: `source`, or `regions`, `samples`, `negatives`,
    `weights` and `batch.KEY`.
    """

    name: str  # of what yields the batches, for messages
    sources: Mapping[str, Source]
    outputs: Mapping[str, TensorType]
    span: Span
    genome: PathText | None = None
    genome_span: Span | None = None
    celltypes: tuple[str, ...] = ()
    sizes: Mapping[Symbol, Dim] = field(default_factory=dict)  # of the model, that the data settle

    @property
    def whole(self) -> Source | None:
        """The source that yields whole batches; None where the batch is declared key by key."""
        return self.sources.get(WHOLE)

    @property
    def readers(self) -> dict[str, Source]:
        """The readers by the key of the batch that each yields."""
        return {
            name.removeprefix("batch."): source
            for name, source in self.sources.items()
            if name.startswith("batch.")
        }

    def missing_files(self) -> dict[str, Span]:
        """The files that are not there, each with the place that names it first."""
        named = [(self.genome, self.genome_span)] if self.genome is not None else []
        for source in self.sources.values():
            named += [(path, source.span) for path in source.paths(self.celltypes)]
        places = {path: place or self.span for path, place in reversed(named)}
        return {path: places[path] for path in reversed(places) if is_missing(path)}


def read_data(
    engine: Engine, frame: Frame, sections: Iterable[syntax.Section], constants: Mapping[str, Value]
) -> Data | None:
    """What the section declares, in the model's sizes; None where there is none, or after a report."""
    section = next(iter(sections), None)
    if section is None:
        return None
    before = frame.mistakes
    entries = {entry.name: entry for entry in section.entries if isinstance(entry, syntax.Setting)}
    batch = next(
        (item for item in section.entries if isinstance(item, syntax.Section) and item.keyword == "batch"),
        None,
    )
    data = _Reading(engine, frame, constants, section, entries).read(batch)
    if data is None or frame.mistakes > before:
        return None
    for path, place in data.missing_files().items():
        frame.program.diagnostics.add(mistakes.data.not_there_yet(path, place))
    return tie_to_model(engine, data, frame)


@dataclass(frozen=True)
class _Reading:
    """The section `data` while its sources are read."""

    engine: Engine
    frame: Frame
    constants: Mapping[str, Value]
    section: syntax.Section
    entries: Mapping[str, syntax.Setting]

    def read(self, batch: syntax.Section | None) -> Data | None:
        if self.misspelt():
            return None  # what a sample is, is said where settings are read
        whole = self.entries.get(WHOLE)
        if whole is not None:
            return self.whole(whole, batch)
        sources = dict(self.named_sources())
        if batch is None:
            self.wrong(mistakes.data.no_batch(self.section.keyword_span))
            return None
        if "regions" not in self.entries:
            self.wrong(mistakes.data.no_regions(self.section.keyword_span))
        if {"samples", "negatives"} <= self.entries.keys():
            self.wrong(mistakes.data.negatives_in_windows(self.entries["negatives"].name_span))
        lead = _axes_of(sources.get("samples"))
        readers = dict(self.batch_keys(batch, lead))
        outputs = {key: _named_by(key, reader.outputs[READER], lead) for key, reader in readers.items()}
        sources |= {f"batch.{key}": reader for key, reader in readers.items()}
        celltypes = self.celltypes()
        if celltypes and CELLTYPE not in outputs:
            outputs[CELLTYPE] = TensorType((BATCH_AXIS,), "int")
        self.check_celltypes(sources, celltypes)
        genome = self.entries["genome"].value.span if "genome" in self.entries else None
        place = batch.keyword_span
        return Data("data.batch", sources, outputs, place, self.genome(), genome, celltypes)

    def check_celltypes(self, sources: Mapping[str, Source], celltypes: tuple[str, ...]) -> None:
        """What names a cell type is a reader's, and there are cell types."""
        for name, source in sources.items():
            if not source.per_celltype:
                continue
            if MAY_CALL.get(name, READER) != READER:
                self.wrong(mistakes.data.shared_by_celltypes(name, source.span))
            elif not celltypes:
                self.wrong(mistakes.data.no_celltypes(source.span))

    def misspelt(self) -> bool:
        """Whether a setting that says what batches are is called otherwise."""
        names = {
            name_of(entry)[0]
            for entry in self.section.entries
            if isinstance(entry, syntax.Setting | syntax.Section)
        }
        return any(nearest(name, SHAPING) for name in names - schema("data")["properties"].keys())

    def whole(self, setting: syntax.Setting, batch: syntax.Section | None) -> Data | None:
        """A source of whole batches, beside which nothing else is declared."""
        beside = [self.entries[name].name_span for name in ROLES if name in self.entries]
        beside += [batch.keyword_span] if batch is not None else []
        for place in beside:
            self.wrong(mistakes.data.beside_a_source(place))
        source = self.source(setting.value, WHOLE)
        if source is None:
            return None
        if not source.outputs.keys() - {GENOME, REGIONS, NEGATIVES, SAMPLES, READER}:
            self.wrong(mistakes.data.no_whole_batches(source.name, source.span))
            return None
        return Data(source.name, {WHOLE: source}, source.outputs, source.span)

    def named_sources(self) -> Iterator[tuple[str, Source]]:
        for name, outputs in MAY_CALL.items():
            setting = self.entries.get(name)
            if setting is None or (name == GENOME and not self.genome_is_called()):
                continue
            source = self.source(setting.value, name)
            if source is None:
                continue
            if source.outputs.keys().isdisjoint(outputs):
                self.wrong(mistakes.data.other_source(name, source.name, source.span))
            elif name == "weights" and len(source.outputs[READER].shape) != 1:
                self.wrong(mistakes.data.several_weights(source.outputs[READER], source.span))
            else:
                yield name, source

    def batch_keys(self, batch: syntax.Section, lead: tuple[Dim, ...]) -> Iterator[tuple[str, Source]]:
        seen: dict[str, syntax.Setting] = {}
        for entry in batch.entries:
            if not isinstance(entry, syntax.Setting):
                if isinstance(entry, syntax.Section):  # others are refused where settings are read
                    self.wrong(mistakes.data.no_key_of_batch(entry.span))
                continue
            if entry.name in seen:
                first = seen[entry.name]
                both = (entry.span, first.span)
                self.wrong(mistakes.sections.set_twice(entry.name, entry.name_span, first.name_span, both))
                continue
            seen[entry.name] = entry
            source = self.source(entry.value, f"batch.{entry.name}", (BATCH_AXIS, *lead))
            if source is not None and READER not in source.outputs:
                self.wrong(mistakes.data.other_source("batch", source.name, source.span))
            elif source is not None and source.whole_windows and "samples" not in self.entries:
                self.wrong(mistakes.data.needs_windows(entry.name, source.name, source.span))
            elif source is not None:
                yield entry.name, source

    def source(self, expr: syntax.Expr, path: str, lead: tuple[Dim, ...] = (BATCH_AXIS,)) -> Source | None:
        return read_source(self.engine, self.frame.program, expr, self.constants, f"data.{path}.", lead)

    def genome_is_called(self) -> bool:
        setting = self.entries.get(GENOME)
        called = setting is not None and isinstance(setting.value, syntax.Call)
        return called and f"data.{GENOME}" not in self.engine.overrides.items

    def genome(self) -> PathText | None:
        value = self.constant("genome")
        return resolve_path(value, self.entries["genome"].value.span) if isinstance(value, str) else None

    def celltypes(self) -> tuple[str, ...]:
        value = self.constant("celltypes")
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def constant(self, name: str) -> Value | None:
        """A setting's value; what is wrong with it is said where settings are read."""
        override = self.engine.overrides.items.get(f"data.{name}")
        if override is not None:
            return override.value
        setting = self.entries.get(name)
        match setting.value if setting is not None else None:
            case syntax.String(value=text):
                return text
            case syntax.Name(id=param):
                return self.constants.get(param)
            case syntax.List(items=items):
                return [item.value for item in items if isinstance(item, syntax.String)]
        return None

    def wrong(self, mistake: Diagnostic) -> None:
        self.frame.program.diagnostics.add(mistake)


def _axes_of(samples: Source | None) -> tuple[Dim, ...]:
    """The axes of a sample: none where it is a region, R where it is a window of regions."""
    return samples.outputs[SAMPLES].shape[1:] if samples is not None else ()


def _named_by(key: str, type: TensorType, lead: tuple[Dim, ...]) -> TensorType:
    """A reader's type with its free sizes named by the key, so that two readers share none but B.

    A size that is written R is that of the windows.
    """
    own = {symbol: Dim.symbol(symbol.within(key)) for symbol in type.symbols - BATCH_AXIS.symbols}
    for size in lead[:1]:
        own |= dict.fromkeys(WINDOW_AXIS.symbols, size)
    return type.substitute(own)


def tie_to_model(engine: Engine, data: Data, model: Frame) -> Data:
    """Holds the model's inputs against what the batches hold, and puts their symbols in the model's terms."""
    program, tie = model.program, _Tie({}, {})
    derived = model.prepare.draft.derived if model.prepare is not None else {}
    inputs = [node for node in model.draft.nodes.values() if node.kind == "input"]
    for node in inputs:
        if node.target in derived:
            continue
        wanted = node.outputs[""]
        given = data.outputs.get(node.target)
        if given is None:
            program.diagnostics.add(
                mistakes.data.input_without_data(node.target, data.name, node.span, data.outputs)
            )
            continue
        problem = tie.conflict(wanted, given)
        if problem:
            program.diagnostics.add(
                mistakes.data.input_unlike_data(node.target, wanted, data.name, given, problem, node.span)
            )
    for node in inputs:
        found = _derived(engine, data, model, derived[node.target]) if node.target in derived else None
        problem = tie.conflict(node.outputs[""], found) if found is not None else None
        if found is not None and problem:
            program.diagnostics.add(
                mistakes.data.derived_unlike_data(node.target, node.outputs[""], found, problem, node.span)
            )
    outputs = {name: type.substitute(tie.theirs) for name, type in data.outputs.items()}
    return replace(data, outputs=outputs, sizes=tie.ours)


def _derived(engine: Engine, data: Data, model: Frame, expr: syntax.Expr) -> TensorType | None:
    """What an input that is computed of the batch is, now that it is known what a batch holds."""
    assert model.prepare is not None
    optional = model.prepare.batch.reads.optional if model.prepare.batch is not None else set()
    batch = Batch(data.outputs, data.name, absent=frozenset(optional - data.outputs.keys()))
    sizes = {name: value for name, value in model.scope.values.items() if isinstance(value, Dim | int)}
    known = {**model.params.values, **sizes}
    frame = replace(plain_frame(engine, model.program, "prepare", known), batch=batch)
    value = engine.evaluate(replace(frame, planned=names_of(engine, frame, expr, None)), expr, "input")
    return value.type.plain() if isinstance(value, Tensor) and value.type.dims is not None else None


class _Tie(NamedTuple):
    """What the sizes of the data are in the model's terms, and sizes of the model that the data settle."""

    theirs: dict[Symbol, Dim]
    ours: dict[Symbol, Dim]

    def conflict(self, wanted: TensorType, given: TensorType) -> str | None:
        """Why a source's type cannot feed an input; ' ' is a difference that speaks for itself."""
        if len(wanted.shape) != len(given.shape) or (wanted.dtype == "bool") != (given.dtype == "bool"):
            return " "
        for mine, theirs in zip(wanted.shape, given.shape, strict=True):
            mine, theirs = mine.substitute(self.ours), theirs.substitute(self.theirs)
            if mine == theirs or _bind(theirs, mine, self.theirs):
                continue
            if theirs.value is not None and not _bind(mine, theirs, self.ours):
                return f" ({mine} and {theirs} differ)"
        return None


def _bind(side: Dim, value: Dim, bindings: dict[Symbol, Dim]) -> bool:
    """Binds the one symbol of a side, so that it has a value; False where there is none."""
    symbols = list(side.symbols)
    solved = side.solve(symbols[0], value) if len(symbols) == 1 else None
    if solved is not None:
        bindings[symbols[0]] = solved
    return solved is not None
