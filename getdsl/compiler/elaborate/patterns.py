"""Types as they are written, and how they meet the types of actual values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.bounds import LEAST_SIZE
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import Domain, DType, TensorType
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body

CALLEE = "?"  # owns the symbols of a block that is being called; no node has that name
DTYPES: dict[str, tuple[DType, Domain | None]] = {
    "float": ("float", None),
    "int": ("int", None),
    "bool": ("bool", None),
    "onehot": ("float", "onehot"),
    "lengths": ("int", "lengths"),
    "mask": ("bool", "mask"),
}


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

    def __str__(self) -> str:
        prefix = self.domain or ("" if self.dtype == "float" else self.dtype)
        sides = [*(["..."] if self.lead else []), *map(str, self.dims)]
        return f"{prefix}[{', '.join(sides)}]"


def read_pattern(body: Body, type: syntax.Type, *, new_symbols: bool) -> Pattern | None:
    """The pattern of a written type, or None after a report.

    With `new_symbols`, an upper-case name that means nothing yet becomes a dimension symbol of
    the body.
    """
    expr: syntax.Expr = type.expr
    while isinstance(expr, syntax.Choice):
        condition = body.evaluator.condition(expr.condition)
        if condition is None:
            return None
        expr = expr.yes if condition else expr.no
    dtype: DType = "float"
    domain: Domain | None = None
    if isinstance(expr, syntax.Index) and isinstance(expr.value, syntax.Name):
        known = DTYPES.get(expr.value.id)
        if known is None:
            body.wrong(shapes.no_such_tensor_type(expr.value.id, expr.value.span, DTYPES))
            return None
        dtype, domain = known
        items = expr.items
    elif isinstance(expr, syntax.List):
        items = expr.items
    else:
        body.wrong(shapes.no_tensor_type(type.span))
        return None
    return _read_sides(body, type, items, dtype, domain, new_symbols)


def _read_sides(
    body: Body,
    type: syntax.Type,
    items: tuple[syntax.Expr, ...],
    dtype: DType,
    domain: Domain | None,
    new_symbols: bool,
) -> Pattern | None:
    lead = bool(items) and isinstance(items[0], syntax.Ellipsis)
    sides: list[Dim] = []
    for item in items[1:] if lead else items:
        side = _read_side(body, item, new_symbols)
        if side is None:
            return None
        sides.append(side)
    of = _read_side(body, type.of, new_symbols) if type.of is not None else None
    step = _read_side(body, type.step, False) if type.step is not None else None
    if (domain == "lengths") != (type.of is not None):
        mistake = shapes.lengths_of_nothing if domain == "lengths" else shapes.of_without_lengths
        body.wrong(mistake(type.span))
        return None
    return Pattern(
        tuple(sides),
        lead,
        dtype,
        domain,
        of,
        (step.value if step is not None else None) or 1,
        type.optional,
        type.span,
    )


def _read_side(body: Body, item: syntax.Expr, new_symbols: bool) -> Dim | None:
    if new_symbols:
        _declare_symbols(body, item)
    value: Value = (
        body.evaluator.evaluate(item) if not isinstance(item, syntax.Slice | syntax.Ellipsis) else POISON
    )
    if isinstance(item, syntax.Slice | syntax.Ellipsis):
        body.wrong(shapes.open_side(item.span))
        return None
    if value is POISON:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        body.wrong(shapes.no_side(describe(value), item.span))
        return None
    side = Dim.of(value)
    if side.value is not None and side.value < 0:
        body.wrong(shapes.negative_side(side.value, item.span))
        return None
    return side


def _declare_symbols(body: Body, item: syntax.Expr) -> None:
    for node in syntax.walk(item):
        if not isinstance(node, syntax.Name) or not node.id[0].isupper() or body.lookup(node) is not None:
            continue
        if body.program.find(node.id) is None and node.id not in ("True", "False", "None"):
            body.scope[node.id] = Dim.symbol(node.id)


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
            self.unknown |= {symbol for side in pattern.dims for symbol in side.symbols}
            return None
        dims = actual.dims
        if pattern.lead:
            if len(dims) < len(pattern.dims):
                return Mismatch(f"expects {_shown(pattern)}, got {actual.plain()}")
            cut = len(dims) - len(pattern.dims)
            lead, dims = dims[:cut], dims[cut:]
            if self.lead is not None and self.lead != lead:
                shown = TensorType((*self.lead, *(side.substitute(self.bindings) for side in pattern.dims)))
                return Mismatch(f"expects {_shown(shown)}, got {actual.plain()}")
            self.lead = lead
        elif len(dims) != len(pattern.dims):
            return Mismatch(f"expects {len(pattern.dims)} axes, got {len(dims)}")
        if actual.dtype != pattern.dtype:
            return Mismatch(shapes.other_dtype(pattern.dtype, actual.dtype))
        for position, (side, found) in enumerate(zip(pattern.dims, dims, strict=True)):
            problem = self._side(side, found, position - len(dims))
            if problem:
                return problem
        if pattern.of is not None and actual.of is not None:
            return self._measured(pattern.of, actual.of)
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
            if solved is not None and (solved.value is None or solved.value >= LEAST_SIZE):
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


def _shown(side: Dim | Pattern | TensorType) -> str:
    return str(side).replace(f"{CALLEE}.", "")


def marked(symbol: Symbol) -> Symbol:
    """A callee's own symbol, so that it is never taken for one of the caller's."""
    return symbol.within(CALLEE)


def own(symbol: Symbol) -> Symbol:
    """A marked symbol as its callee knows it."""
    return Symbol(symbol.name, symbol.owner[1:])
