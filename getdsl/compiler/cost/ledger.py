"""Adds up what the steps of a trace cost: operations, and the memory that waits for the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.compiler.cost.products import Product, Sum, product
from getdsl.compiler.cost.work import NOTHING, RULES, Kept, Layout, Work
from getdsl.compiler.gradients import Gradients
from getdsl.compiler.trace import Step, Trace, UnknownSizeError, Value

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
        rule = RULES.get(step.what)
        try:
            if rule is None:
                self.unknown.setdefault(step.what, step.path)
            else:
                work = rule(step)
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
        for place, value in enumerate(step.outputs.values()):
            source = step.operands.get(work.view) if work.view is not None and place == 0 else None
            before: Layout = "packed" if source is None else self.layout.get(source, "packed")
            if source is not None and step.what in ("reshape", "flatten") and before != "packed":
                source = None  # a copy
            elif source is not None and step.what not in ("reshape", "flatten"):
                self._set_layout(value, work.layout if work.layout != "packed" else before)
            elif work.layout != "packed":
                self._set_layout(value, work.layout)
            elif step.module is None and any(
                self.layout.get(v) == "permuted" for v in step.operands.values()
            ):
                self._set_layout(value, "permuted")  # as elementwise operations leave it
            self.storage[value] = Storage(_bytes(value)) if source is None else self.storage[source]

    def _set_layout(self, value: Value, layout: Layout) -> None:
        if layout != "packed":
            self.layout[value] = layout

    def _keep(self, step: Step, work: Work) -> None:
        """Saves what autograd does; what leads to a `detach` alone is let go of there, and only passes."""
        passes = not any(output in self.followed.wanted for output in step.outputs.values())
        if passes and not any(output in self.followed.required for output in step.outputs.values()):
            return
        for item in work.kept:
            if _asked(step, item.needs, self.followed):
                self._store(step, item, passes)

    def _store(self, step: Step, item: Kept, passes: bool) -> None:
        if isinstance(item.tensor, Product):
            storage = Storage(item.tensor * item.itemsize)
        else:
            name = item.tensor
            value = step.outputs[name[1:]] if name.startswith(">") else step.operands[name]
            storage = self.storage[value]
            if item.copied and self.layout.get(value, "packed") != "packed":
                storage = Storage(_bytes(value))
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


def _asked(step: Step, needs: tuple[str, ...], gradients: Gradients) -> bool:
    operands = step.operands.values() if not needs else [step.operands.get(name) for name in needs]
    return any(value in gradients.required for value in operands if value is not None)


def _bytes(value: Value) -> Product | None:
    return None if value.dims is None else product(ITEMSIZE[value.dtype], *value.dims)
