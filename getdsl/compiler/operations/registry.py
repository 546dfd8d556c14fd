"""The table of tensor operations: a row says all that the front half knows of one.

Its torch half stands under the same name in `compiler.lower.operations`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.types import MAX_RANK, DType, TensorType
from getdsl.compiler.operations.dtypes import DTypeRule
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError, is_of, is_unknown, kinds_of
from getdsl.compiler.work import NOTHING, Rule, Step, Work
from getdsl.compiler.work.reach import Reaching, mixed
from getdsl.diagnostics.mistakes import operands

Argument = TypeVar("Argument")


STARS: Mapping[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


class Typed(Protocol):
    """A tensor of a graph that is being built."""

    @property
    def type(self) -> TensorType: ...


Spelling: TypeAlias = Callable[..., Typed]
"""Takes a function that calls an operation, `call("permute", x, 0, 2, 1)`, then arguments of its own."""


class Applied(NamedTuple):
    """An operation's result, and what sizes must be for it to be of that shape."""

    type: TensorType
    needs: list[Need]


def nothing(*args: Operand, **kwargs: Operand) -> tuple[Need, ...]:
    """The needs of an operation that takes all sizes."""
    return ()


@dataclass(frozen=True)
class Operation:
    """An operation of the language.

    `shape` is a function over types, whose signature is the call's: tensors arrive as `TensorType`, all else
    as the constant that it is; its annotations say which kinds and element types it takes, and it raises
    ShapeError where the operands do not fit. `dtype` gives the result's element type, and `needs`, of the
    same arguments, what sizes must be for the shape to be that. With `gradient` a result of floats sends a
    gradient to its operands, but for those that are `constant`, as masks are. `reach` says which results
    a change of some positions touches: all, where nothing is said. In the example x and y are [B, R, 8],
    mask is bool[B, R], ids are int[B, R].

    An operation with `spelled` is a way to write others, or itself more plainly: that function calls what
    then stands in the graph, one by one. Where it does not itself, it has no torch half.
    """

    name: str
    doc: str
    example: str
    shape: Callable[..., Shape]
    dtype: DTypeRule
    cost: Callable[[Step], Work]
    gradient: bool = True
    constant: tuple[str, ...] = ()
    needs: Callable[..., Iterable[Need]] = nothing
    reach: Reaching = mixed
    spelled: Spelling | None = None

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.shape, eval_str=True)

    @cached_property
    def rule(self) -> Rule:
        return Rule(self.cost, self._unreached)

    def _unreached(self, step: Step, output: str) -> Collection[str]:
        if not self.gradient:
            return step.operands.keys()
        places = {name: str(place) for place, name in enumerate(self.signature.parameters)}
        return [places[name] for name in self.constant]

    def usage(self) -> str:
        """The call as a user would write it."""
        shown = []
        for parameter in self.signature.parameters.values():
            star = STARS.get(parameter.kind, "")
            default = "" if parameter.default is parameter.empty else f" = {_get_text(parameter.default)}"
            shown.append(f"{star}{parameter.name}{default}")
        return f"{self.name}({', '.join(shown)})"

    def in_order(
        self, args: Sequence[Argument], kwargs: Mapping[str, Argument]
    ) -> tuple[list[Argument], dict[str, Argument]]:
        """The arguments of a call that fits, those without a default by position, however they are given."""
        needed = [item.name for item in self.signature.parameters.values() if item.default is item.empty]
        named = [name for name in needed[len(args) :] if name in kwargs]
        rest = {name: value for name, value in kwargs.items() if name not in named}
        return [*args, *(kwargs[name] for name in named)], rest

    def result(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> TensorType:
        """The type of the result. Raises TypeError for a wrong call, ShapeError for operands that do not fit.

        Where a tensor's shape is not known, that of the result is not known either.
        """
        return self.applied(args, kwargs).type

    def type_where_it_fits(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> TensorType:
        """What `result` returns, of a call whose needs were asked for before."""
        return self._typed(args, kwargs)[0]

    def needed(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> list[Need]:
        """What sizes must be for the result to be of the shape that is declared, where it depends on them.

        Raises what `result` does.
        """
        return self.applied(args, kwargs).needs

    def applied(self, args: Sequence[Operand], kwargs: Mapping[str, Operand]) -> Applied:
        """What `result` and `needed` say, found in one go."""
        type, tensors = self._typed(args, kwargs)
        if type.dims is None:
            return Applied(type, [])
        needs = self._needed(type.dims, tensors, args, kwargs)
        for need in needs:
            if need.never():
                raise ShapeError(operands.never_fits(need, need.told, known=not need.symbols))
        return Applied(type, needs)

    def _typed(
        self, args: Sequence[Operand], kwargs: Mapping[str, Operand]
    ) -> tuple[TensorType, list[TensorType]]:
        """The type of the result, and the tensors among the arguments."""
        arguments = self._arguments(args, kwargs)
        self._check(arguments)
        tensors = _tensors(list(arguments.values()))
        if any(tensor.dims is None for tensor in tensors):
            return TensorType(None, self.dtype(arguments)), tensors
        shape = self.shape(*args, **kwargs)
        if len(shape) > MAX_RANK:
            raise ShapeError(operands.too_many_axes(self.name, len(shape), MAX_RANK))
        return TensorType(shape, self.dtype(arguments)), tensors

    def _arguments(
        self, args: Sequence[Operand], kwargs: Mapping[str, Operand]
    ) -> dict[str, Operand | tuple[Operand, ...]]:
        """The arguments by their names. Raises TypeError for a wrong call."""
        if not kwargs and len(args) == len(self._required) == len(self.signature.parameters):
            return dict(zip(self._required, args, strict=True))  # mostly, and faster
        return self.signature.bind(*args, **kwargs).arguments

    @cached_property
    def _required(self) -> list[str]:
        """The parameters that take one argument each, and must be given."""
        free = (inspect.Parameter.empty, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = self.signature.parameters.items()
        return [name for name, item in parameters if (item.default, item.kind) == free]

    def _needed(
        self,
        shape: Shape,
        tensors: Iterable[TensorType],
        args: Sequence[Operand],
        kwargs: Mapping[str, Operand],
    ) -> list[Need]:
        known = {side for tensor in tensors for side in tensor.shape}
        told = operands.side_of_the_result(self.name)
        sides = (AtLeast(side, 0, told) for side in shape if side not in known)
        return [need for need in (*self.needs(*args, **kwargs), *sides) if not need.always()]

    def _check(self, arguments: Mapping[str, Operand | tuple[Operand, ...]]) -> None:
        """Raises TypeError for an argument of a wrong kind, ShapeError for one of a wrong element type."""
        for name, value in arguments.items():
            several = self.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            for item in value if several and isinstance(value, tuple) else (value,):
                self._check_one(name, item)
        if self._of_tensors and not _tensors(list(arguments.values())):
            raise TypeError(operands.no_tensor())

    def _check_one(self, name: str, value: Operand) -> None:
        kinds = self._kinds[name]
        if object in kinds:
            return
        if not is_of(value, kinds):
            raise TypeError(operands.wrong_kind(name, kinds))
        if isinstance(value, TensorType) and value.dtype not in kinds[TensorType] and not is_unknown(value):
            raise ShapeError(operands.wrong_dtype(self.name, value.plain(), kinds[TensorType], name))

    @cached_property
    def _kinds(self) -> dict[str, dict[type, tuple[DType, ...]]]:
        """What each argument may be; `object` where the shape's rule decides."""
        return {
            name: {object: ()} if parameter.annotation == Operand else kinds_of(parameter.annotation)
            for name, parameter in self.signature.parameters.items()
        }

    @cached_property
    def _of_tensors(self) -> bool:
        return any(TensorType in kinds for kinds in self._kinds.values())


def _get_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tensors(argument: Operand) -> list[TensorType]:
    if isinstance(argument, TensorType):
        return [argument]
    if isinstance(argument, list | tuple):
        return [tensor for item in argument for tensor in _tensors(item)]
    return []


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    doc: str,
    example: str,
    *,
    shape: Callable[..., Shape],
    dtype: DTypeRule,
    cost: Callable[[Step], Work],
    gradient: bool = True,
    constant: tuple[str, ...] = (),
    needs: Callable[..., Iterable[Need]] = nothing,
    reach: Reaching = mixed,
    spelled: Spelling | None = None,
) -> None:
    """Adds a row to the table."""
    assert name not in OPERATIONS, name
    OPERATIONS[name] = Operation(
        name, doc, example, shape, dtype, cost, gradient, constant, needs, reach, spelled
    )


def spelling(
    name: str,
    doc: str,
    example: str,
    *,
    shape: Callable[..., Shape],
    dtype: DTypeRule,
    spelled: Spelling,
    gradient: bool = True,
    constant: tuple[str, ...] = (),
    needs: Callable[..., Iterable[Need]] = nothing,
) -> None:
    """Adds the row of a way to write other operations, whose costs and reaches are theirs."""
    operation(
        name,
        doc,
        example,
        shape=shape,
        dtype=dtype,
        cost=lambda step: NOTHING,
        gradient=gradient,
        constant=constant,
        needs=needs,
        spelled=spelled,
    )
