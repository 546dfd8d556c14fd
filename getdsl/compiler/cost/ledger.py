"""Adds up what the steps of a trace cost: operations, and the memory that waits for the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.compiler.cost.gradients import Gradients
from getdsl.compiler.cost.stated import rule_of
from getdsl.compiler.cost.trace import Trace
from getdsl.compiler.work import NOTHING, Kept, Layout, Product, Step, UnknownSizeError, Value, Work, product
from getdsl.compiler.work.products import Sum

ITEMSIZE = {"float": 4, "int": 8, "bool": 1}


@dataclass(eq=False, slots=True)
class Storage:
    """A piece of memory that tensors share; `outside` what the batch and the weights lie in."""

    bytes: Product | None
    outside: bool = False
    kept: bool = False
    passed: bool = False


@dataclass
class Bill:
    """What one node costs, those inside it included."""

    forward: Sum = field(default_factory=Sum)
    backward: Sum = field(default_factory=Sum)
    kept: Sum = field(default_factory=Sum)


class Ledger:
    """`bills` are by the names of the nodes, outermost first; that of everything is at `()`.

    `paid` says which tensors get a gradient, `followed` which hold on to what they are made of.
    """

    def __init__(self, trace: Trace, paid: Gradients, followed: Gradients) -> None:
        self.paid = paid
        self.followed = followed
        self.bills: dict[tuple[str, ...], Bill] = {(): Bill()}
        self.passing = Sum()
        self.unknown: dict[str, str] = {}  # blocks without a rule, and where each is first called
        self.unsized: list[str] = []
        self.storage: dict[Value, Storage] = {}
        self.layout: dict[Value, Layout] = {}
        outside = Storage(None, outside=True)
        for value in (*trace.batch, *trace.weights.values()):
            self.storage[value] = outside
        for step in trace.steps:
            self.add(step)

    def add(self, step: Step) -> None:
        work = NOTHING
        rule = rule_of(step)
        try:
            if rule is None:
                self.unknown.setdefault(step.what, step.path)
            else:
                work = rule.work(step)
            self._place(step, work)
            self._keep(step, work)
        except UnknownSizeError:
            work = NOTHING
            self.unsized.append(step.path)
            self._place(step, work)
        self._pay(step, work)

    def _owners(self, step: Step) -> list[Bill]:
        chain = step.nodes
        owners = [chain[:depth] for depth in range(len(chain) + 1)]
        for owner in owners:
            if owner not in self.bills:
                self.bills[owner] = Bill()
        return [self.bills[owner] for owner in owners]

    def _pay(self, step: Step, work: Work) -> None:
        if not work.forward:
            return
        bills = self._owners(step)
        for item in work.forward:
            for bill in bills:
                bill.forward.add(item)
        if not any(output in self.paid.wanted for output in step.outputs.values()):
            return
        for needs, item in work.backward:
            if _asked(step, needs, self.paid):
                for bill in bills:
                    bill.backward.add(item)

    def _place(self, step: Step, work: Work) -> None:
        """Where the outputs lie, and in which order of axes."""
        shared = step.operands.get(work.view) if work.view is not None else None
        if shared is not None and work.restrides and shared in self.layout:
            shared = None  # a copy
        for place, value in enumerate(step.outputs.values()):
            source = shared if place == 0 else None
            self.storage[value] = Storage(_bytes(value)) if source is None else self.storage[source]
            layout = self._laid_out(step, work, source)
            if layout != "packed":
                self.layout[value] = layout

    def _laid_out(self, step: Step, work: Work, source: Value | None) -> Layout:
        if work.layout != "packed":
            return work.layout
        if source is not None and not work.restrides:
            return self.layout.get(source, "packed")
        if step.module is not None or work.restrides:
            return "packed"
        permuted = any(self.layout.get(value) == "permuted" for value in step.operands.values())
        return "permuted" if permuted else "packed"  # as elementwise operations leave it

    def _keep(self, step: Step, work: Work) -> None:
        """Saves what autograd does; what leads to a `detach` alone is let go of there, and only passes."""
        passes = not any(output in self.followed.wanted for output in step.outputs.values())
        if passes and not any(output in self.followed.required for output in step.outputs.values()):
            return
        for item in work.kept:
            if _asked(step, item.needs, self.followed):
                self._store(step, item, passes)

    def _store(self, step: Step, item: Kept, passes: bool) -> None:
        storage = self._saved(step, item)
        if storage.outside or storage.kept or (passes and storage.passed):
            return
        if storage.bytes is None:
            raise UnknownSizeError
        if passes:
            storage.passed = True
            self.passing.add(storage.bytes)
            return
        storage.kept = True
        for bill in self._owners(step):
            bill.kept.add(storage.bytes)

    def _saved(self, step: Step, item: Kept) -> Storage:
        """The memory of a kept tensor, which is new where it is no tensor of the graph or is copied."""
        if isinstance(item.tensor, Product):
            return Storage(item.tensor * item.itemsize)
        name = item.tensor
        value = step.outputs[name[1:]] if name.startswith(">") else step.operands[name]
        if item.copied and value in self.layout:
            return Storage(_bytes(value))
        return self.storage[value]


def _asked(step: Step, needs: tuple[str, ...], gradients: Gradients) -> bool:
    operands = step.operands.values() if not needs else [step.operands.get(name) for name in needs]
    return any(value in gradients.required for value in operands if value is not None)


def _bytes(value: Value) -> Product | None:
    return None if value.dims is None else product(ITEMSIZE[value.dtype], *value.dims)
