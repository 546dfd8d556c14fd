"""The costs of operations: what autograd saves of each, and which share memory with what they are given."""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.work import NOTHING, Kept, Step, Work, product

Cost = Callable[[Step], Work]
RESULT, FIRST = Kept(">"), Kept("0")


def nothing(step: Step) -> Work:
    return NOTHING


def the_result(step: Step) -> Work:
    return Work(kept=(RESULT,))


def the_operand(step: Step) -> Work:
    return Work(kept=(FIRST,))


def operand_and_result(step: Step) -> Work:
    return Work(kept=(FIRST, RESULT))


def all_operands(step: Step) -> Work:
    return Work(kept=tuple(Kept(name) for name in step.operands))


def each_for_the_other(step: Step) -> Work:
    """Two factors."""
    return Work(kept=_for(step, ("0", "1"), ("1", "0")))


def base_and_exponent(step: Step) -> Work:
    return Work(kept=_for(step, ("0", "0"), ("1", "0"), ("1", "1")))


def dividend_and_divisor(step: Step) -> Work:
    return Work(kept=_for(step, ("0", "1"), ("1", "0"), ("1", "1")))


def _for(step: Step, *pairs: tuple[str, str]) -> tuple[Kept, ...]:
    """The first of each pair, kept for the gradient of the second; numbers are not kept."""
    return tuple(Kept(kept, (need,)) for kept, need in pairs if kept in step.operands)


def the_mask(step: Step) -> Work:
    return Work(kept=(Kept("1"),) if "1" in step.operands else ())


def matrix_product(step: Step) -> Work:
    *_, width = step.operands["0"].shape
    flops = product(2, *step.output.shape, width)
    kept = (Kept("0", ("1",), copied=True), Kept("1", ("0",), copied=True))
    return Work((flops,), ((("0",), flops), (("1",), flops)), kept)


def contraction(step: Step) -> Work:
    """Of an equation of letters and its tensors, as if all were multiplied in one go."""
    equation = step.args[0]
    assert isinstance(equation, str)
    terms = equation.partition("->")[0].split(",")
    names = [str(place) for place in range(1, len(terms) + 1)]
    sizes: dict[str, Dim] = {}
    for name, term in zip(names, terms, strict=True):
        sizes.update(zip(term, step.operands[name].shape, strict=True))
    if len(names) == 1:
        return NOTHING
    flops = product(2, *sizes.values())
    kept = [Kept(name, tuple(other for other in names if other != name), copied=True) for name in names]
    return Work((flops,), tuple(((name,), flops) for name in names), tuple(kept))


def places(step: Step) -> Work:
    """The places of the values in the operand, as many as the result has."""
    return Work(kept=(Kept(product(*step.output.shape), itemsize=8),))


def the_second(step: Step) -> Work:
    return Work(kept=(Kept("1"),))


def same_memory(step: Step) -> Work:
    return Work(view="0")


def permuted_memory(step: Step) -> Work:
    return Work(view="0", layout="permuted")


def repeated_memory(step: Step) -> Work:
    return Work(view="0", layout="sliced")


def reshaped_memory(step: Step) -> Work:
    return Work(view="0", restrides=True)


def indexed_memory(step: Step) -> Work:
    items = step.args[1] if len(step.args) > 1 else ()
    assert isinstance(items, tuple)
    whole = all(item is None or _is_all(item) for item in items[1:])
    return Work(view="0", layout="packed" if whole else "sliced")


def _is_all(item: object) -> bool:
    if isinstance(item, int | Dim):
        return False
    return item is Ellipsis or (isinstance(item, SliceArgument) and item.start is None and item.stop is None)
