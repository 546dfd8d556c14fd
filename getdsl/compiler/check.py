"""The front half in one call: file to checked spec, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from getdsl.compiler import library
from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Overrides, read_overrides
from getdsl.compiler.elaborate.budget import ExhaustedError
from getdsl.compiler.elaborate.declared_data import Data, read_data
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.instances import check_alone
from getdsl.compiler.elaborate.models import elaborate_model, new_engine, settled
from getdsl.compiler.elaborate.open_frames import plain_frame
from getdsl.compiler.elaborate.sources import Source
from getdsl.compiler.elaborate.values import as_constant
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.extend import apart, flatten
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.graph.idle import idle_parts
from getdsl.compiler.graph.torch_call import is_torchs
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.passes import run_passes, verifier
from getdsl.compiler.program import Program
from getdsl.compiler.quiet import Quiet
from getdsl.compiler.sections.checks import Training, check_sections
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.find import find_sections
from getdsl.compiler.sections.read_parts import PartSettings, read_parts
from getdsl.compiler.sections.read_sections import read_sections
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.spec import Checked, ForeignCode, Spec
from getdsl.compiler.stages.collect import sections_of
from getdsl.compiler.stages.elaborate_stages import StageDraft, elaborate_stages
from getdsl.compiler.stages.wanted import wanted_keys
from getdsl.diagnostics import Diagnostics, mistakes
from getdsl.grammar import syntax

DIRECTIVES = {"lora", "freeze", "train_only"}


def check(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    param_files: Iterable[Path] = (),
    model: str | None = None,
) -> Checked:
    """Parses, resolves and shape-checks a spec. Never raises for what is wrong with it.

    `params` maps paths (`embed_dim`, `encoder.num_heads`, `train.epochs`) to values, `settings`
    are the texts of `--set`, `param_files` YAML files; `model` picks one of several models.
    """
    diagnostics = Diagnostics()
    overrides = read_overrides(settings, param_files, params, diagnostics)
    program = Program.load(Path(path), diagnostics)
    return _finish(program, overrides, model, diagnostics)


def check_text(
    text: str,
    name: str = "spec.get",
    *,
    params: Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    model: str | None = None,
) -> Checked:
    """Like `check`, for a spec that is in no file."""
    diagnostics = Diagnostics()
    overrides = read_overrides(settings, (), params, diagnostics)
    return _finish(Program.of_text(text, name, diagnostics), overrides, model, diagnostics)


def check_files(
    texts: Mapping[Path, str],
    overrides: Overrides,
    model: str | None = None,
    shown: Callable[[Path], str] = str,
) -> Checked:
    """Like `check`, for files that are at hand as texts, by resolved path, the main one first.

    `shown` gives the name under which diagnostics show such a file.
    """
    diagnostics = Diagnostics()
    return _finish(Program.of_files(texts, diagnostics, shown), overrides, model, diagnostics)


def check_program(program: Program, witness: Witness | None = None, quiet: Quiet | None = None) -> Checked:
    """Like `check`, for a program that has been read; a witness is told what its syntax becomes.

    What had nothing to say in an earlier check, and cannot have now, is taken of `quiet`.
    """
    return _finish(program, Overrides(), None, program.diagnostics, witness, quiet)


def _finish(
    program: Program,
    overrides: Overrides,
    model: str | None,
    diagnostics: Diagnostics,
    witness: Witness | None = None,
    quiet: Quiet | None = None,
) -> Checked:
    spec = None
    engine = new_engine(overrides, witness)
    try:
        spec = _checked(engine, program, model, quiet) if program.unit is not None else None
    except ExhaustedError as error:
        diagnostics.add(error.diagnostic)
    except RecursionError:
        diagnostics.add(mistakes.syntax.too_deep_to_check())
    ordered = diagnostics.sorted()
    return Checked(
        spec if not diagnostics.errors else None, ordered, tuple(str(path) for path in program.units)
    )


class Parts(NamedTuple):
    """A model with what stands beside it in its file, all elaborated, and not yet finished."""

    definition: syntax.Definition
    frame: Frame
    graph: Graph  # with taps
    stages: StageDraft
    data: Data | None

    @property
    def params(self) -> dict[str, Constant]:
        return {name: as_constant(value) for name, value in self.frame.params.values.items()}


def _checked(engine: Engine, program: Program, wanted: str | None, quiet: Quiet | None) -> Spec | None:
    """Syntax to spec; None after a report."""
    readable = program.diagnostics.mistakes == 0
    model = program.main_model(wanted)
    _check_other_models(engine, program, model, quiet)
    if model is None:
        _check_unused_blocks(engine, plain_frame(engine, program, "blocks"))
    flat = flatten(program, model) if model is not None else None
    if model is None or flat is None or program.unit is None:
        return None
    main = partial(_check_main, program=program, model=model, flat=flat, readable=readable)
    if quiet is None or program.diagnostics.mistakes:  # which hide some of what a main model has to say
        return main(engine)
    beside = (item for item in program.unit.file.items if not _is_model(item))
    spec = quiet.part(engine, program, (flat, *beside), main)
    return replace(spec, text=program.unit.file.source.text) if spec is not None else None


def _check_main(
    engine: Engine, program: Program, model: syntax.Definition, flat: syntax.Definition, readable: bool
) -> Spec | None:
    """The main model with its sections, phase by phase, and the blocks of its file that nobody calls."""
    diagnostics, overrides = program.diagnostics, engine.overrides
    assert program.unit is not None
    frame = elaborate_model(engine, program, flat)
    _check_unused_blocks(engine, frame)
    before = diagnostics.mistakes
    sections = find_sections(program.unit.sections(), overrides, diagnostics)
    constants = {
        name: value for name, value in frame.params.values.items() if isinstance(value, int | float | str)
    }
    data = read_data(engine, frame, sections_of(sections, "data"), constants)
    stages = elaborate_stages(engine, frame, model, data, sections)
    measured = readable and diagnostics.mistakes == before
    graph = settled(engine, frame, stages.applied, stages.lent())
    parts = Parts(model, frame, graph, stages, data)
    settings, loads = read_sections(sections, overrides, constants, diagnostics)
    optimizers = read_parts(program.unit.part_settings(), overrides, constants, diagnostics)
    training = check_sections(settings, optimizers, _facts(parts, measured), diagnostics)
    _check_directives(parts, settings, loads, optimizers)
    if diagnostics.mistakes == 0:
        overrides.report_unused(diagnostics)
    if diagnostics.mistakes or not graph.outputs:
        return None
    return _finished(parts, overrides, settings, loads, training)


def _finished(
    parts: Parts,
    overrides: Overrides,
    settings: Mapping[str, Settings],
    loads: tuple[Settings, ...],
    training: Training,
) -> Spec:
    """The spec of what has no mistake: its graphs after all passes, each verified."""
    frame, params, verified = parts.frame, parts.params, verifier()
    assert frame.program.unit is not None
    assert frame.prepare is not None
    graph = run_passes(parts.graph, checked=verified)
    prepare = verified.verify(frame.prepare.draft.graph(), stage=True)
    stages = parts.stages.finished(graph)
    for stage in (*stages.losses.values(), *stages.metrics.values()):
        verified.verify(stage, graph.modules, stage=True)
    asked = (*stages.losses.values(), *stages.metrics.values())
    for part in idle_parts(graph, asked, set(library.index().values())):
        frame.program.diagnostics.add(
            mistakes.gradients.weights_without_use(part.path, part.weights, part.span)
        )
    file = frame.program.unit.file.source
    spec = Spec(
        path=file.path,
        text=file.text,
        model=parts.definition.name,
        doc=parts.definition.doc,
        graph=graph,
        prepare=prepare,
        raw=_raw_keys(frame.prepare, prepare, graph),
        stages=stages,
        params={name: params[name] for name in frame.params.declared},
        origins=dict(frame.params.origins),
        overrides={path: item.value for path, item in overrides.items.items()},
        settings=settings,
        loads=loads,
        training=training,
        data=parts.data,
        foreign_code=_foreign_code((graph, prepare, *stages.losses.values()), parts.data),
    )
    if stages.read_inputs:
        _check_gradients(spec, frame.program)
    return spec


def _check_gradients(spec: Spec, program: Program) -> None:
    """Gradients that a loss asks for must be of numbers that are made of their tensors."""
    from getdsl.compiler.cost.gradients import unrelated
    from getdsl.compiler.cost.trace import trace

    for name in unrelated(trace(spec)):
        span = spec.stages.losses[frozenset()].nodes[name].span
        assert span is not None
        program.diagnostics.add(mistakes.gradients.gradient_of_unrelated(span))


def _raw_keys(frame: Frame, prepare: Graph, model: Graph) -> Mapping[str, TensorType]:
    """The types of the batch keys that derived inputs are computed from, where their use settles them."""
    taken = frame.batch.reads.taken if frame.batch is not None else {}
    types = model.inputs
    return wanted_keys(prepare, taken | {ref: types[name] for name, ref in prepare.outputs.items()})


def _is_model(item: syntax.Item) -> bool:
    return isinstance(item, syntax.Definition) and item.kind == "model"


def _check_other_models(
    engine: Engine, program: Program, main: syntax.Definition | None, quiet: Quiet | None
) -> None:
    """Models that the main one does not extend are checked by themselves."""
    for flat in apart(program, main):
        alone = engine.apart()
        if quiet is None:
            elaborate_model(alone, program, flat)
        else:
            quiet.part(alone, program, (flat,), partial(_check_model, program=program, flat=flat))
        engine.called.update(alone.called)


def _check_model(engine: Engine, program: Program, flat: syntax.Definition) -> None:
    elaborate_model(engine, program, flat)


def _check_unused_blocks(engine: Engine, frame: Frame) -> None:
    """Blocks of the file that nobody calls are checked as far as they can be."""
    assert frame.program.unit is not None
    aside = engine.aside()
    for item in frame.program.unit.file.items:
        if isinstance(item, syntax.Definition) and item.kind == "block" and id(item) not in engine.called:
            check_alone(aside, frame, item)


def _facts(parts: Parts, measured: bool) -> Facts:
    """What the checks of settings may know."""
    data, stages = parts.data, parts.stages
    return Facts(
        parts.graph,
        parts.frame.scope.unsure(),
        tuple(stages.terms),
        {name: term.metrics for name, term in stages.metric_terms.items()},
        measured,
        source=data.name if data is not None else None,
        batch=data.outputs if data is not None else {},
    )


def _check_directives(
    parts: Parts,
    settings: Mapping[str, Settings],
    loads: tuple[Settings, ...],
    optimizers: tuple[PartSettings, ...],
) -> None:
    """`load`, `lora`, `freeze`, `train_only` and optimizers of parts against the names of the model."""
    stages = "train" in settings and "stages" in settings["train"].table
    if not loads and not stages and not optimizers and not DIRECTIVES & settings.keys():
        return
    from getdsl.compiler.directives.directive_checks import check_directives
    from getdsl.compiler.directives.directives import directives_of

    directives = directives_of(settings, loads)
    diagnostics = parts.frame.program.diagnostics
    check_directives(directives, settings, optimizers, parts.graph, parts.frame.scope.unsure(), diagnostics)


def _foreign_code(graphs: Iterable[Graph], data: Data | None) -> tuple[ForeignCode, ...]:
    """The Python outside the library that the spec names."""
    named: list[Module | Source] = [module for graph in graphs for _, module in graph.walk_modules()]
    if data is not None:
        named += data.sources.values()
    found = [
        ForeignCode(item.extern, item.extern_file.path if item.extern_file else None)
        for item in named
        if item.extern and not item.in_library and not is_torchs(item.extern)
    ]
    return tuple(dict.fromkeys(found))
