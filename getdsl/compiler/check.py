"""The front half in one call: file to checked spec, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.constants.overrides import Overrides, read_overrides
from getdsl.compiler.elaborate.body import Batch, Body
from getdsl.compiler.elaborate.faces import params_of
from getdsl.compiler.elaborate.instances import check_alone, settle_unapplied
from getdsl.compiler.elaborate.params import ParamScope
from getdsl.compiler.elaborate.sources import Source, missing_files, read_source_call, tie_to_model
from getdsl.compiler.elaborate.stages import StageBuilder, Stages, collect
from getdsl.compiler.extend import are_mistaken_alone, flatten, lineage, sound_lineage
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.passes import run_passes, verifier
from getdsl.compiler.program import Program
from getdsl.compiler.sections.checks import check_sections
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.find import find_sections
from getdsl.compiler.sections.read_sections import read_sections
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.spec import Checked, ForeignCode, Spec
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
    text: str, name: str = "spec.get", *, params: Mapping[str, Any] | None = None, model: str | None = None
) -> Checked:
    """Like `check`, for a spec that is in no file."""
    diagnostics = Diagnostics()
    overrides = read_overrides((), (), params, diagnostics)
    return _finish(Program.of_text(text, name, diagnostics), overrides, model, diagnostics)


def check_files(texts: Mapping[Path, str], overrides: Overrides, model: str | None = None) -> Checked:
    """Like `check`, for files that are at hand as texts, by resolved path, the main one first."""
    diagnostics = Diagnostics()
    return _finish(Program.of_files(texts, diagnostics), overrides, model, diagnostics)


def unsure(body: Body) -> set[str]:
    """Names whose values are not known because of what was reported."""
    return {name for name, value in body.scope.items() if value is POISON} | body.broken_names


def _finish(program: Program, overrides: Overrides, model: str | None, diagnostics: Diagnostics) -> Checked:
    spec = None
    try:
        spec = _Checker(program, overrides).check(model) if program.unit is not None else None
    except RecursionError:
        diagnostics.add(mistakes.syntax.too_deep_to_check())
    ordered = diagnostics.sorted()
    return Checked(
        spec if not diagnostics.errors else None, ordered, tuple(str(path) for path in program.units)
    )


class _Checker:
    def __init__(self, program: Program, overrides: Overrides) -> None:
        self.program = program
        self.overrides = overrides

    def check(self, wanted: str | None) -> Spec | None:
        diagnostics = self.program.diagnostics
        readable = not diagnostics.errors
        model = self.program.main_model(wanted)
        self.check_other_models(model)
        if model is None:
            return None
        flat = flatten(self.program, model)
        if flat is None:
            return None
        body = self.build(flat)
        self.check_unused_blocks(body)
        before = len(diagnostics.errors)
        assert self.program.unit is not None
        sections = find_sections(self.program.unit.sections(), self.overrides, diagnostics)
        constants = {
            name: value for name, value in body.params.values.items() if isinstance(value, int | float | str)
        }
        source = self.source(sections, body, constants)
        stages = self.stages(model, body, source, sections)
        measured = readable and len(diagnostics.errors) == before
        settle_unapplied(body)
        settings, loads = read_sections(sections, self.overrides, constants, diagnostics)
        training = check_sections(settings, self.facts(body, stages, source, measured), diagnostics)
        self.check_directives(settings, loads, body)
        if not diagnostics.errors:
            self.overrides.report_unused(diagnostics)
        if diagnostics.errors or not body.outputs:
            return None
        checked = verifier()
        graph = run_passes(body.graph(), checked=checked)
        assert body.prepare is not None
        prepare = checked.verify(body.prepare.graph(), stage=True)
        for stage in (*stages.losses.values(), *stages.metrics.values()):
            checked.verify(stage, graph.modules, stage=True)
        return Spec(
            path=self.program.unit.file.source.path,
            text=self.program.unit.file.source.text,
            model=model.name,
            doc=model.doc,
            graph=graph,
            prepare=prepare,
            stages=stages,
            params={name: body.params.values[name] for name in body.params.declared},
            origins=dict(body.params.origins),
            overrides={path: item.value for path, item in self.overrides.items.items()},
            settings=settings,
            loads=loads,
            training=training,
            source=source,
            foreign_code=self.foreign_code((graph, prepare, *stages.losses.values()), source),
        )

    # -- the model

    def build(self, model: syntax.Definition) -> Body:
        params = ParamScope(model.name, params_of(model), {}, self.overrides, "")
        body = Body(self.program, model.name, params, self.overrides)
        params.body = body
        body.doc = model.doc
        body.stack = (model.name,)
        body.batch = None
        body.prepare = Body(
            self.program, "prepare", ParamScope("prepare", {}, {}, self.overrides, ""), self.overrides
        )
        body.prepare.batch = Batch()
        body.note_bindings(model)
        params.resolve_all()
        before = len(self.program.diagnostics.errors)
        body.run([item for item in model.body if not isinstance(item, syntax.Param)])
        if (
            not body.outputs
            and not body.poisoned_outputs
            and not body.broken_names
            and len(self.program.diagnostics.errors) == before
        ):
            self.program.diagnostics.add(mistakes.values.model_without_output(model.name, model.name_span))
        return body

    def check_other_models(self, main: syntax.Definition | None) -> None:
        """Models that the main one does not extend are checked by themselves."""
        assert self.program.unit is not None
        chain = sound_lineage(self.program, main) if main is not None else None
        ancestors = {id(item) for item in chain or []}
        settled = ancestors if main is not None and not are_mistaken_alone(self.program, main) else set[int]()
        for item in self.program.unit.file.items:
            if not isinstance(item, syntax.Definition) or item is main or item.kind != "model":
                continue
            flat = flatten(self.program, item) if id(item) not in settled else None
            if flat is None:
                continue
            if main is not None:
                lineage(self.program, main)  # a circle is reported from the main model's side, if it has one
            if id(item) not in ancestors:
                self.overrides, kept = Overrides(), self.overrides
                self.build(flat)
                self.overrides = kept

    def check_unused_blocks(self, caller: Body) -> None:
        """Blocks of the file that nobody calls are checked as far as they can be."""
        assert self.program.unit is not None
        for item in self.program.unit.file.items:
            if not isinstance(item, syntax.Definition) or item.kind != "block":
                continue
            if id(item) not in self.program.instantiated:
                check_alone(caller, item)

    # -- sections

    def facts(self, body: Body, stages: Stages, source: Source | None, measured: bool) -> Facts:
        """What the checks of settings may know."""
        return Facts(
            body.graph(),
            unsure(body),
            tuple(stages.terms),
            {name: term.metrics for name, term in stages.metric_terms.items()},
            measured,
            source=source.name if source is not None else None,
            batch=source.outputs if source is not None else {},
        )

    def source(self, sections: dict[str, list[Any]], body: Body, constants: dict[str, Any]) -> Source | None:
        for section in sections.get("data", []):
            for entry in section.entries:
                if isinstance(entry, syntax.Setting) and entry.name == "source":
                    source = read_source_call(self.program, entry.value, self.overrides, constants)
                    if source is None:
                        return None
                    assert body.prepare is not None
                    for path in missing_files(source):
                        self.program.diagnostics.add(mistakes.data.not_there_yet(path, entry.value.span))
                    return tie_to_model(self.program, source, body.graph(), set(body.prepare.outputs))
        return None

    def stages(
        self, model: syntax.Definition, body: Body, source: Source | None, sections: dict[str, list[Any]]
    ) -> Stages:
        types = dict(source.outputs) if source is not None else None
        builder = StageBuilder(self.program, body, types, source.name if source else None, self.overrides)
        losses = self.inherited("loss", model)
        metrics = self.inherited("metrics", model)
        builder.broken |= self.broken_terms(sections)
        terms = collect(next(iter(sections.get("loss", [])), None), losses, self.program)
        builder.read_terms(terms)
        metrics = {name: entry for name, entry in metrics.items() if name in terms}
        stages = builder.stages
        stages.losses = builder.losses()
        builder.read_metrics(collect(next(iter(sections.get("metrics", [])), None), metrics, self.program))
        stages.metrics = builder.metrics()
        return stages

    def broken_terms(self, sections: dict[str, list[Any]]) -> set[str]:
        """Terms of the loss that could not be parsed; all of them where the section could not."""
        assert self.program.unit is not None
        broken: set[str] = set()
        entries = [entry for section in sections.get("loss", []) for entry in section.entries]
        for item in entries:
            if isinstance(item, syntax.Broken):
                broken.update(item.names)
        whole = [item for item in self.program.unit.file.items if isinstance(item, syntax.Broken)]
        if any(item.span.text.startswith("loss") for item in whole):
            broken.update(entry.name for section in sections.get("metrics", []) for entry in section.entries)
        return broken

    def inherited(self, keyword: str, model: syntax.Definition) -> dict[str, syntax.Setting]:
        """The terms of the parents' `loss` or `metrics`, the nearest last."""
        found: dict[str, syntax.Setting] = {}
        chain = lineage(self.program, model) or [model]
        for ancestor in reversed(chain):  # the model itself too, where it stands in a used file
            unit = self.program.unit_of(ancestor)
            if unit is None or unit is self.program.unit or unit.last_model() is not ancestor:
                continue
            for item in unit.sections():
                if isinstance(item, syntax.Section) and item.keyword == keyword:
                    gone = {entry.name for entry in item.entries if isinstance(entry, syntax.Remove)}
                    own = {entry.name: entry for entry in item.entries if isinstance(entry, syntax.Setting)}
                    found = {name: entry for name, entry in found.items() if name not in gone} | own
        return found

    def check_directives(
        self, settings: dict[str, Settings], loads: tuple[Settings, ...], body: Body
    ) -> None:
        """`load`, `lora`, `freeze` and `train_only` against the names of the model."""
        if not loads and not DIRECTIVES & settings.keys():
            return
        from getdsl.compiler.directives.directive_checks import check_directives
        from getdsl.compiler.directives.directives import directives_of

        directives = directives_of(settings, loads)
        check_directives(directives, settings, body.graph(), unsure(body), self.program.diagnostics)

    def foreign_code(self, graphs: Iterable[Graph], source: Source | None) -> tuple[ForeignCode, ...]:
        named: list[Module | Source] = [module for graph in graphs for _, module in graph.walk_modules()]
        if source is not None:
            named.append(source)
        found = [
            ForeignCode(item.extern, item.extern_file.path if item.extern_file else None)
            for item in named
            if item.extern and not item.in_library
        ]
        return tuple(dict.fromkeys(found))
