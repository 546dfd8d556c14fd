"""Written types, and how they meet the types of actual values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, Domain, DType, TensorType
from getdsl.diagnostics.mistakes import shapes
from getdsl.text.source import Span

CALLEE = "?"  # owns the symbols of a block that is being called; no node has that name


@dataclass(frozen=True)
class Pattern:
    """A written tensor type. `lead` stands for `...` in front: any number of axes."""

    dims: tuple[Dim, ...]
    lead: bool
    dtype: DType
    domain: Domain | None
    of: Dim | None
    step: int
    optional: bool
    span: Span

    def type(self) -> TensorType:
        return TensorType(self.dims, self.dtype, self.domain, self.of, self.step)

    def type_here(self, lead: tuple[Dim, ...] | None) -> TensorType:
        """The type with the axes that `...` stands for in a call; UNKNOWN where they are not known."""
        if not self.lead:
            return self.type()
        return UNKNOWN if lead is None else replace(self.type(), dims=(*lead, *self.dims))

    def of_callee(self) -> Pattern:
        """The pattern with its symbols marked as a callee's own."""
        sides = [*self.dims, *([self.of] if self.of is not None else [])]
        marks = {symbol: Dim.symbol(marked(symbol)) for side in sides for symbol in side.symbols}
        dims = tuple(side.substitute(marks) if side.symbols else side for side in self.dims)
        return replace(self, dims=dims, of=self.of.substitute(marks) if self.of is not None else None)

    def __str__(self) -> str:
        prefix = self.domain or ("" if self.dtype == "float" else self.dtype)
        sides = [*(["..."] if self.lead else []), *map(str, self.dims)]
        return f"{prefix}[{', '.join(sides)}]"


@dataclass(frozen=True)
class Mismatch:
    """Why an actual type does not fit, and the two sides that differ where it is a matter of one axis."""

    text: str
    expected: Dim | None = None
    found: Dim | None = None
    last_axis: bool = False


@dataclass
class Unifier:
    """Binds the symbols of a block's input types to the dimensions of what it is called on."""

    bindings: dict[Symbol, Dim] = field(default_factory=dict)
    lead: tuple[Dim, ...] | None = None
    unknown: set[Symbol] = field(default_factory=set)  # symbols of inputs whose actual shape is not known

    def match(self, pattern: Pattern, actual: TensorType) -> Mismatch | None:
        """None where the actual type fits, else why not."""
        if actual.dims is None:
            sides = (*pattern.dims, *([pattern.of] if pattern.of is not None else []))
            self.unknown |= {symbol for side in sides for symbol in side.symbols}
            return None
        mismatch = self._rank(pattern, actual) or _dtype(pattern, actual) or self._sides(pattern, actual.dims)
        if mismatch is None and pattern.of is not None and actual.of is not None:
            return self._measured(pattern.of, actual.of)
        return mismatch

    def _rank(self, pattern: Pattern, actual: TensorType) -> Mismatch | None:
        """Settles what `...` stands for."""
        extra = len(actual.shape) - len(pattern.dims)
        if not pattern.lead:
            return Mismatch(f"expects {len(pattern.dims)} axes, got {len(actual.shape)}") if extra else None
        if extra < 0:
            return Mismatch(f"expects {_shown(pattern)}, got {actual.plain()}")
        lead = actual.shape[:extra]
        if self.lead is not None and self.lead != lead:
            shown = TensorType((*self.lead, *(side.substitute(self.bindings) for side in pattern.dims)))
            return Mismatch(f"expects {_shown(shown)}, got {actual.plain()}")
        self.lead = lead
        return None

    def _sides(self, pattern: Pattern, dims: tuple[Dim, ...]) -> Mismatch | None:
        """The sides behind what `...` stands for, each bound or compared."""
        number = len(pattern.dims)
        for position, (side, found) in enumerate(zip(pattern.dims, dims[len(dims) - number :], strict=True)):
            problem = self._side(side, found, position - number)
            if problem is not None:
                return problem
        return None

    def _measured(self, side: Dim, found: Dim) -> Mismatch | None:
        """Lengths must be those of the axis that the block pairs them with."""
        problem = self._side(side, found, 0)
        if problem is None:
            return None
        wanted = side.substitute(self.bindings)
        return Mismatch(
            f"expects lengths of an axis of {_shown(wanted)}, got lengths of {found}", wanted, found
        )

    def _side(self, side: Dim, found: Dim, position: int) -> Mismatch | None:
        side = side.substitute(self.bindings)
        new = [symbol for symbol in side.symbols if symbol.owner[:1] == (CALLEE,)]
        if len(new) == 1:
            solved = side.solve(new[0], found)
            if solved is not None:
                self.bindings[new[0]] = solved
                return None
            return Mismatch(
                f"expects {_shown(side)} on axis {position}, and {found} cannot be that", side, found
            )
        if new:
            return Mismatch(f"cannot solve {_shown(side)} on axis {position}", side, found)
        if side == found:
            return None
        where = "width " if position == -1 else ""
        place = "" if position == -1 else f" on axis {position}"
        return Mismatch(f"expects {where}{side}{place}, got {found}", side, found, position == -1)


def _dtype(pattern: Pattern, actual: TensorType) -> Mismatch | None:
    if actual.dtype != pattern.dtype:
        return Mismatch(shapes.other_dtype(pattern.dtype, actual.dtype))
    return None


def _shown(side: Dim | Pattern | TensorType) -> str:
    return str(side).replace(f"{CALLEE}.", "")


def marked(symbol: Symbol) -> Symbol:
    """A callee's own symbol, so that it is never taken for one of the caller's."""
    return symbol.within(CALLEE)


def own(symbol: Symbol) -> Symbol:
    """A marked symbol as its callee knows it."""
    return Symbol(symbol.name, symbol.owner[1:])
