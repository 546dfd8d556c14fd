"""Random types, and random calls of operations on them, from the table alone.

A call is drawn by the signature of its row: what an argument may be says what is put there. A new operation
is drawn as soon as it is in the table, unless its rule checks an argument by itself whose name is not here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations import Operation
from getdsl.compiler.operations.operand import Operand, kinds_of

B, R = Dim.symbol("B"), Dim.symbol("R")
SIDES: tuple[Dim, ...] = (B, B, R, R, R, R + 1, R * 2, B * R, *map(Dim.of, (0, 1, 1, 2, 3, 4, 6)))
DTYPES: tuple[DType, ...] = ("float", "float", "float", "int", "bool")
NUMBERS: tuple[Operand, ...] = (0, 1, 2, 3, -1, 0.5, 1.0, -2.5, True, False, R, B * 2)
COMPLEX = ("irfft", "complex_product")  # of pairs of floats
WRONG = 0.04  # how often an argument is something else than its place asks for


@dataclass(frozen=True)
class Name:
    """A value of the program, by its name."""

    name: str
    type: TensorType


@dataclass(frozen=True)
class Call:
    """An operation of values by name and of constants."""

    operation: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def types(self) -> tuple[list[Operand], dict[str, Operand]]:
        """The arguments as the table takes them."""
        return [typed(item) for item in self.args], {key: typed(item) for key, item in self.kwargs.items()}

    def __str__(self) -> str:
        shown = [text(item) for item in self.args]
        if self.operation == "getitem":
            items = self.args[1] if isinstance(self.args[1], list | tuple) else [self.args[1]]
            return f"{shown[0]}[{', '.join(map(text, items))}]"
        return (
            f"{self.operation}({', '.join([*shown, *(f'{k} = {text(v)}' for k, v in self.kwargs.items())])})"
        )


def typed(item: Any) -> Operand:
    if isinstance(item, Name):
        return item.type
    return type(item)(map(typed, item)) if isinstance(item, list | tuple) else item


def text(item: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(item, Name):
        return item.name
    if isinstance(item, list | tuple):
        return f"[{', '.join(map(text, item))}]"
    if isinstance(item, SliceArgument):
        return f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"
    if isinstance(item, str):
        return f'"{item}"'
    if item is None or isinstance(item, bool):
        return "none" if item is None else str(item).lower()
    return "..." if item is Ellipsis else str(item)


def draw_type(random: Random) -> TensorType:
    rank = random.choice((0, 1, 2, 2, 3, 3, 4))
    return TensorType(tuple(random.choice(SIDES) for _ in range(rank)), random.choice(DTYPES))


class Drawer:
    """Calls of operations on the values of a program."""

    def __init__(self, random: Random, values: Sequence[Name]) -> None:
        self.random = random
        self.values = values

    def call(self, operation: Operation) -> Call:
        pairs = [value for value in self.values if value.type.shape[-1:] == (2,)]
        first = self.random.choice(pairs if pairs and operation.name in COMPLEX else self.values)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, parameter in operation.signature.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                args += BY_NAME[name](self, first.type)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                kwargs |= self.named_sizes()
            elif parameter.default is parameter.empty:
                args.append(self.argument(name, parameter.annotation, first, alone=not args))
            elif self.random.random() < 0.6:
                kwargs[name] = self.argument(name, parameter.annotation, first, alone=False)
        return Call(operation.name, tuple(args), kwargs)

    def argument(self, name: str, annotation: object, first: Name, *, alone: bool) -> Any:
        if self.random.random() < WRONG:
            return self.anything()
        kinds = kinds_of(annotation)
        if name == "dim" and list in kinds:
            return self.axes(first.type)
        if name in BY_NAME:
            return BY_NAME[name](self, first.type)
        if not kinds or annotation == Operand:
            raise LookupError(f"say in tests/differential/draw.py what `{name}` may be")
        if float in kinds and (TensorType not in kinds or self.random.random() < 0.3):
            return self.random.choice(NUMBERS)
        if TensorType in kinds:
            return first if alone and first.type.dtype in kinds[TensorType] else self.like(first, kinds)
        return self.random.random() < 0.5 if bool in kinds else self.anything()

    def like(self, first: Name, kinds: Mapping[type, tuple[DType, ...]]) -> Name:
        """A value of an element type that is taken, often of the same shape as another."""
        fitting = [value for value in self.values if value.type.dtype in kinds[TensorType]]
        same = [value for value in fitting if value.type.shape == first.type.shape]
        if same and self.random.random() < 0.7:
            return self.random.choice(same)
        return self.random.choice(fitting or self.values)

    def anything(self) -> Any:
        return self.random.choice((None, "text", [], [1], *NUMBERS, *self.values))

    def axis(self, type: TensorType, extra: int = 0) -> Any:
        limit = len(type.shape) + extra
        beyond = self.random.random() < WRONG
        return self.random.randint(-limit - beyond, limit - 1 + beyond) if limit or beyond else 0

    def axes(self, type: TensorType) -> Any:
        drawn = self.random.random()
        if drawn < 0.2 or not type.shape:
            return None
        return self.axis(type) if drawn < 0.7 else [self.axis(type) for _ in range(self.random.randint(0, 3))]

    def order(self, type: TensorType) -> list[int]:
        order = list(range(len(type.shape)))
        self.random.shuffle(order)
        return order

    def sides(self, type: TensorType) -> list[Operand]:
        """Sides that often hold as many values, or stretch what is 1 wide."""
        sides: list[Operand] = [side if side.value is None else side.value for side in type.shape]
        drawn = self.random.random()
        if drawn < 0.3 and sides:
            sides[self.random.randrange(len(sides))] = self.random.choice((-1, *SIDES))
        elif drawn < 0.6 and len(sides) > 1:
            place = self.random.randrange(len(sides) - 1)
            sides[place : place + 2] = [-1]
        elif drawn < 0.75:
            sides = [self.random.choice((1, 2, R)), -1]
        elif drawn < 0.9:
            sides = [self.random.choice((2, B)), *sides]
        return [plain(side) for side in sides]

    def items(self, type: TensorType) -> tuple[Any, ...]:
        items = [self.item(side) for side in type.shape[: self.random.randint(0, len(type.shape) + 1)]]
        if self.random.random() < 0.2:
            items.insert(self.random.randint(0, len(items)), self.random.choice((..., ..., None)))
        return tuple(items) or (...,)

    def item(self, side: Dim) -> Any:
        if self.random.random() < 0.4:
            return self.place(side)
        start, stop = (None if self.random.random() < 0.4 else self.place(side) for _ in range(2))
        return SliceArgument(start, stop)

    def place(self, side: Dim) -> Any:
        return plain(self.random.choice((0, 0, 1, 2, -1, -2, 5, R, R - 1, side, side - 1)))

    def tensors(self, type: TensorType) -> list[Name]:
        same = [value for value in self.values if value.type.shape == type.shape]
        among = same if self.random.random() < 0.7 else self.values
        return [self.random.choice(among) for _ in range(self.random.randint(1, 3))]

    def filled(self, type: TensorType) -> Any:
        return self.random.choice(NUMBERS)

    def count(self, type: TensorType) -> Any:
        return self.random.choice((1, 1, 2, 2, 3, 5, R, 0, -1))

    # -- patterns of named axes

    def pattern(self, type: TensorType) -> str:
        """Axes of a tensor that are taken apart by 2, put in another order, joined, lost or repeated."""
        names = list("abcdefgh"[: len(type.shape)])
        left = [self._apart(name, side) for name, side in zip(names, type.shape, strict=True)]
        right = re.findall(r"\w+", " ".join(item for item in left if item != "1"))
        right = [name for name in right if name != "2"] + (["k"] if "k" in " ".join(left) else [])
        self.random.shuffle(right)
        drawn = self.random.random()
        if drawn < 0.5:
            right = right[: self.random.randint(0, len(right))]
        elif drawn < 0.7:
            right.insert(self.random.randint(0, len(right)), self.random.choice(("1", "3", "r")))
        if len(right) > 1 and self.random.random() < 0.5:
            at = self.random.randrange(len(right) - 1)
            right[at : at + 2] = [f"({right[at]} {right[at + 1]})"]
        return f"{' '.join(left)} -> {' '.join(dict.fromkeys(right))}"

    def _apart(self, name: str, side: Dim) -> str:
        if side == 1 and self.random.random() < 0.5:
            return "1"
        return self.random.choice((f"({name} k)", f"({name} 2)", *[name] * 12))

    def named_sizes(self) -> dict[str, Any]:
        return {name: size for name, size in (("k", 2), ("r", 3)) if self.random.random() < 0.3}

    def product(self, type: TensorType) -> list[Any]:
        """A pattern in which axes of one size often have one name, and tensors of floats."""
        fitting = [value for value in self.values if value.type.dtype == "float"] or self.values
        tensors = [self.random.choice(fitting) for _ in range(self.random.randint(1, 3))]
        sizes: dict[str, Dim] = {}
        terms = []
        for tensor in tensors:
            term: list[str] = []
            for side in tensor.type.shape:
                same = [name for name, size in sizes.items() if size == side and name not in term]
                new = "abcdefghijklmnopqrstuvwxyz"[len(sizes)]
                term.append(self.random.choice(same) if same and self.random.random() < 0.7 else new)
                sizes.setdefault(term[-1], side)
            terms.append(" ".join(term))
        result = self.random.sample(sorted(sizes), self.random.randint(0, min(len(sizes), 4)))
        return [f"{', '.join(terms)} -> {' '.join(result)}", *tensors]


def plain(side: Any) -> Any:
    return side.value if isinstance(side, Dim) and side.value is not None else side


BY_NAME: Mapping[str, Callable[[Drawer, TensorType], Any]] = {
    "dim": lambda drawer, type: drawer.axis(type, extra=drawer.random.random() < 0.1),
    "dim0": Drawer.axis,
    "dim1": Drawer.axis,
    "start_dim": Drawer.axis,
    "end_dim": Drawer.axis,
    "dims": Drawer.order,
    "shape": Drawer.sides,
    "items": Drawer.items,
    "tensors": Drawer.tensors,
    "value": Drawer.filled,
    **dict.fromkeys(("k", "classes", "step", "shift", "size", "n", "before", "after"), Drawer.count),
    **dict.fromkeys(("start", "stop", "m"), Drawer.count),
    "pattern": Drawer.pattern,
    "sizes": lambda drawer, type: drawer.random.choice(([2, -1], [-1, 2], [-1, R], [R, -1], [1, -1], [2, 3])),
    "reduction": lambda drawer, type: drawer.random.choice(("mean", "sum", "max", "min", "any", "all")),
    "operands": Drawer.product,
    "mode": lambda drawer, type: drawer.random.choice(("linear", "nearest")),
    "path": lambda drawer, type: "nowhere.npy",
    "key": lambda drawer, type: None,
    "evaluation": lambda drawer, type: "mean",
    **dict.fromkeys(("std", "high", "p"), lambda drawer, type: drawer.random.choice((0.5, 1.0))),
    "low": lambda drawer, type: drawer.random.choice((0, 0.25)),
}
