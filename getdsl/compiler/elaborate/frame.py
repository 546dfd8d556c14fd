"""Where statements and expressions are elaborated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from getdsl.compiler.constants.markers import POISON, Marker
from getdsl.compiler.elaborate.batch import Batch
from getdsl.compiler.elaborate.draft import Draft
from getdsl.compiler.elaborate.params import Params
from getdsl.compiler.elaborate.scope import Scope
from getdsl.compiler.elaborate.values import Tensor, Value
from getdsl.compiler.graph.bounds import Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.diagnostics import Diagnostic, Label
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax
from getdsl.text.source import Span


@dataclass(frozen=True)
class Frame:
    """The body of a model, a block or a stage while it is elaborated: what it sees and what becomes of it.

    `program` is where its names of blocks are looked up. `inputs` are the types of what a call gives the
    body, None where its inputs are free; `lead` is what `...` stands for in the call. `planned` holds the
    names of the modules of the binding in hand.
    """

    program: Program
    params: Params
    scope: Scope
    draft: Draft
    call: Span | None = None  # inside a library block: the call of the user's file that leads here
    stack: tuple[str, ...] = ()  # the blocks that this body is inside of
    inputs: Mapping[str, TensorType | None] | None = None
    lead: tuple[Dim, ...] | None = None
    batch: Batch | None = None
    prepare: Frame | None = None  # where derived inputs are computed
    planned: Mapping[syntax.Expr, str | None] = field(default_factory=dict)
    statement: syntax.Statement | None = None  # the binding or output in hand
    told: Label | None = None  # what every mistake of the call in hand says too
    constant: bool = False  # inside of `Buffer(…)`
    alone: bool = False  # nobody calls this body, or the one that calls it: a call would settle its sizes

    @property
    def name(self) -> str:
        return self.draft.name

    # -- frames beside this one

    def naming(
        self, planned: Mapping[syntax.Expr, str | None], statement: syntax.Statement | None = None
    ) -> Frame:
        """This frame with another statement in hand, whose modules are called so."""
        if not planned and not self.planned and statement is self.statement:
            return self
        return self._with(planned=planned, statement=statement, told=None)

    def constant_only(self) -> Frame:
        """This frame inside of `Buffer(…)`."""
        return self._with(constant=True)

    def taking(self, inputs: Mapping[str, TensorType | None], lead: tuple[Dim, ...] | None = None) -> Frame:
        """This frame with inputs of these types."""
        return self._with(inputs=inputs, lead=lead)

    def telling(self, label: Label) -> Frame:
        """This frame for one call, whose mistakes say this too."""
        return self._with(told=label)

    def _with(self, **changes: object) -> Frame:
        """As `dataclasses.replace`, which takes ten times as long, for each statement and call."""
        other = object.__new__(Frame)
        vars(other).update(vars(self))
        vars(other).update(changes)
        return other

    # -- mistakes

    def wrong(self, mistake: Diagnostic) -> Marker:
        """POISON, after a report; what is wrong inside a library block is shown at the user's call."""
        if self.told is not None:
            mistake = replace(mistake, labels=(*mistake.labels, self.told))
        primary = mistake.primary
        if self.call is not None and primary is not None and primary.span.file is not self.call.file:
            labels = (primary, *mistake.labels)
            mistake = replace(mistake, primary=Label(self.call, "in this call"), labels=labels)
        self.program.diagnostics.add(mistake)
        return POISON

    def unsettled(self, mistake: Diagnostic) -> Marker:
        """POISON where a size is not known: after a report, unless a call of the body may settle it."""
        return POISON if self.alone else self.wrong(mistake)

    @property
    def mistakes(self) -> int:
        """How many there are so far, in all that is checked."""
        return self.program.diagnostics.mistakes

    # -- names

    def binds(self, name: str) -> bool:
        """Whether a name has a value here, be it POISON."""
        return name in self.scope.values or name in self.params.declared or name in self.scope.broken

    def bindings_note(self, operands: Iterable[Value]) -> list[str]:
        """The line of a shape error that says what every symbol in sight is bound to."""
        symbols: set[Symbol] = set()
        origins: dict[str, object] = {}
        for operand in operands:
            for dim in operand.type.dims or () if isinstance(operand, Tensor) else ():
                symbols |= dim.symbols
                if dim.origin is not None:
                    origins[dim.origin.name] = int(dim.origin)
        return shapes.bindings_line(symbols, origins)

    def need(self, need: Need, span: Span) -> bool:
        """Notes what sizes must be; False after a report that they never are."""
        if need.never():
            self.unsettled(shapes.never_holds(need.told, need, span, known=not need.symbols))
            return False
        earlier = self.draft.note_need(need, span)
        if earlier is not None:
            one, other = (f"{item.told} needs {item}" for item in (earlier.need, need))
            self.unsettled(shapes.needs_exclude_each_other(one, other, span, earlier.span))
        return earlier is None

    # -- the batch

    def note_taken(self, ref: Ref, type: TensorType) -> None:
        """Notes as what a block takes a tensor of unknown shape."""
        if self.batch is not None and type.dims is not None:
            self.batch.reads.taken.setdefault(ref, type)

    def note_rank(self, ref: Ref, rank: int) -> None:
        """Notes the rank that a raw batch value must have, where `ref` is one."""
        target = self.draft.nodes[ref.node].target
        if self.batch is not None and target.startswith("batch."):
            self.batch.reads.ranks.setdefault(target.removeprefix("batch."), rank)
