"""How far a change of an operand reaches in the result: the rules of operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from getdsl.compiler.graph.dimensions import Dim, total
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.operations.operand import axis
from getdsl.compiler.operations.registry import OPERATIONS
from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach
from getdsl.compiler.work.step import Passed

WHOLE = SliceArgument(None, None)


def _argument(step: Step, name: str) -> Passed:
    """An argument of the call, or its default."""
    given = OPERATIONS[step.what].signature.bind(*step.args, **step.kwargs)
    given.apply_defaults()
    found: Passed = given.arguments[name]
    return found


def _axis(step: Step, dim: Passed, operand: str = "0", *, extra: int = 0) -> int:
    """An axis of an operand, counted from the front."""
    assert isinstance(dim, int)
    return axis(dim, _rank(step, operand), extra=extra)


def _rank(step: Step, operand: str = "0") -> int:
    return len(step.operands[operand].shape)


def each_by_itself(step: Step, changed: Mapping[str, int]) -> Reach:
    """Element by element, with broadcasting."""
    rank = len(step.output.shape)
    places = {rank - _rank(step, name) + place for name, place in changed.items()}
    if len(places) > 1:
        return Mixed("reads changes along several axes")
    [place] = places
    if any(step.operands[name].shape[at] != step.output.shape[place] for name, at in changed.items()):
        return Mixed("repeats what is changed")
    axes = {name: place - rank + _rank(step, name) for name in step.operands}
    return Along(
        place,
        {name: at for name, at in axes.items() if at >= 0 and step.operands[name].shape[at] != 1},
    )


def along_an_axis(step: Step, changed: Mapping[str, int]) -> Reach:
    """What mixes the positions of one axis, and keeps it."""
    if _axis(step, _argument(step, "dim")) == changed["0"]:
        return Mixed()
    return Along(changed["0"], {"0": changed["0"]})


def over_axes(step: Step, changed: Mapping[str, int]) -> Reach:
    """What reduces axes, all where none is named."""
    place, rank = changed["0"], _rank(step)
    dim = _argument(step, "dim")
    named = range(rank) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    gone = {_axis(step, item) for item in named}
    if place in gone:
        return Mixed()
    kept = _argument(step, "keepdim")
    return Along(place if kept else place - sum(at < place for at in gone), {"0": place})


def permuted(step: Step, changed: Mapping[str, int]) -> Reach:
    order = [_axis(step, dim) for dim in step.args[1:]]
    return Along(order.index(changed["0"]), {"0": changed["0"]})


def transposed(step: Step, changed: Mapping[str, int]) -> Reach:
    first, second = (_axis(step, _argument(step, name)) for name in ("dim0", "dim1"))
    place = changed["0"]
    return Along({first: second, second: first}.get(place, place), {"0": place})


def squeezed(step: Step, changed: Mapping[str, int]) -> Reach:
    gone, place = _axis(step, _argument(step, "dim")), changed["0"]
    return Mixed() if gone == place else Along(place - (gone < place), {"0": place})


def unsqueezed(step: Step, changed: Mapping[str, int]) -> Reach:
    new, place = _axis(step, _argument(step, "dim"), extra=1), changed["0"]
    return Along(place + (new <= place), {"0": place})


def flipped(step: Step, changed: Mapping[str, int]) -> Reach:
    place = changed["0"]
    turned = _axis(step, _argument(step, "dim")) == place
    return Along(place, {"0": place}, form="reversed" if turned else "as it is")


def reshaped(step: Step, changed: Mapping[str, int]) -> Reach:
    """An axis that stays, between as many values before it and behind."""
    before, after, place = step.operands["0"].shape, step.output.shape, changed["0"]
    for other, side in enumerate(after):
        if side == before[place] and total(after[:other]) == total(before[:place]):
            return Along(other, {"0": place}, args=(step.args[0], *_open(after, other)))
    return Mixed("reshapes what is changed")


def flattened(step: Step, changed: Mapping[str, int]) -> Reach:
    first, last = (_axis(step, _argument(step, name)) for name in ("start_dim", "end_dim"))
    place = changed["0"]
    if first <= place <= last and first < last:
        return Mixed("flattens what is changed")
    return Along(place if place <= first else place - (last - first), {"0": place})


def expanded(step: Step, changed: Mapping[str, int]) -> Reach:
    before, after = step.operands["0"].shape, step.output.shape
    place = changed["0"] + len(after) - len(before)
    if after[place] != before[changed["0"]]:
        return Mixed("repeats what is changed")
    return Along(place, {"0": changed["0"]}, args=(step.args[0], *_open(after, place)))


def _open(sides: Iterable[Dim], place: int) -> list[Passed]:
    """The sides of a shape, -1 for one of them."""
    return [-1 if at == place else side for at, side in enumerate(sides)]


def indexed(step: Step, changed: Mapping[str, int]) -> Reach:
    """A slice of the axis keeps an order, an integer takes one position."""
    items = _items(step)
    at = [number for number, item in enumerate(items) if item is not None][changed["0"]]
    part = items[at]
    if not isinstance(part, SliceArgument):
        return Mixed("takes one position of what is changed")
    place = at - sum(isinstance(item, int | Dim) for item in items[:at])
    operands = {"0": changed["0"]}
    if part == WHOLE:
        return Along(place, operands)
    rest = (*items[:at], WHOLE, *items[at + 1 :])
    return Along(place, operands, form="cut", part=part, args=(step.args[0], rest))


def _items(step: Step) -> list[Passed]:
    """The indices, one for each axis and `none` for new ones."""
    index = step.args[1]
    items = list(index) if isinstance(index, tuple) else [index]
    missing = _rank(step) - sum(item is not None and item is not Ellipsis for item in items)
    at = items.index(Ellipsis) if Ellipsis in items else len(items)
    return [*items[:at], *[WHOLE] * missing, *items[at + 1 :]]


def joined(step: Step, changed: Mapping[str, int]) -> Reach:
    """Tensors one behind the other, along another axis than that of the changes."""
    places = set(changed.values())
    if len(places) > 1 or _axis(step, _argument(step, "dim"), "0.0") in places:
        return Mixed("joins what is changed")
    [place] = places
    return Along(place, dict.fromkeys(step.operands, place))


def stacked(step: Step, changed: Mapping[str, int]) -> Reach:
    places = set(changed.values())
    if len(places) > 1:
        return Mixed("reads changes along several axes")
    [place] = places
    new = _axis(step, _argument(step, "dim"), "0.0", extra=1)
    return Along(place + (new <= place), dict.fromkeys(step.operands, place))


def multiplied(step: Step, changed: Mapping[str, int]) -> Reach:
    """Rows of the left matrix make rows of the product."""
    if changed.keys() != {"0"} or changed["0"] != _rank(step) - 2:
        return Mixed("multiplies what is changed")
    return Along(len(step.output.shape) - 2, {"0": changed["0"]})


def contracted(step: Step, changed: Mapping[str, int]) -> Reach:
    """An axis that the result has, by its letter."""
    equation = step.args[0]
    assert isinstance(equation, str)
    left, _, result = equation.partition("->")
    terms = {str(place): term for place, term in enumerate(left.split(","), 1)}
    letters = {terms[name][place] for name, place in changed.items()}
    if len(letters) > 1 or not letters <= set(result):
        return Mixed("multiplies what is changed")
    [letter] = letters
    return Along(
        result.index(letter), {name: term.index(letter) for name, term in terms.items() if letter in term}
    )


def unflattened(step: Step, changed: Mapping[str, int]) -> Reach:
    split, place = _axis(step, _argument(step, "dim")), changed["0"]
    if split == place:
        return Mixed("takes the axis apart")
    sizes = _argument(step, "sizes")
    assert isinstance(sizes, tuple)
    return Along(place + (len(sizes) - 1) * (place > split), {"0": place})
