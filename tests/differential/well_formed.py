"""Well-formed calls, by PyTorch's word alone: what runs at several sizes is to be accepted by check.

The sizes are primes that differ from each other and from a program's constants, so that two axes which are
equal at all of them are equal as formulas.
"""

from __future__ import annotations

import inspect
import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.dimensions import Dim, total
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.lower.dummy import draw
from getdsl.compiler.lower.operations import DTYPES, MADE
from getdsl.compiler.lower.operations import OPERATIONS as HALVES
from getdsl.compiler.operations import OPERATIONS, ShapeError
from getdsl.compiler.spec import Spec
from getdsl.grammar import syntax
from tests.differential.draw import Call, Drawer, Name, draw_type
from tests.differential.faces import BlockCall, blocks, definition, draw_call

PRIMES = (
    {"B": 11, "R": 13, "L": 53, "N": 17, "H": 19, "W": 23, "P": 29, "K": 7, "S": 31},
    {"B": 17, "R": 11, "L": 71, "N": 13, "H": 23, "W": 29, "P": 19, "K": 5, "S": 37},
    {"B": 13, "R": 19, "L": 97, "N": 11, "H": 17, "W": 31, "P": 23, "K": 11, "S": 41},
)
LARGEST = 30_000  # numbers in a tensor
STRICTER: Mapping[str, str] = {  # reasons of refusals that are meant: a part of the message, and why
    "squeeze: ": "an axis that is not 1 wide stays in PyTorch, and a shape is no longer told from the text",
    "`dim` names no axis": "no axes are all axes in PyTorch",
    "as matrices": "vectors are no matrices",
    "`: ": "a face requires of its params what the body does not look at in evaluation",
    "pow: `": "powers of truth values fail in the backward pass",
    "`matmul` takes floats": "a GPU has no product of matrices of integers",
    "axis 0 is out of range for a tensor of rank 0": "a scalar has no axis",
    "axis -1 is out of range for a tensor of rank 0": "a scalar has no axis",
    "all operands are true and false": "a bound of truth values by truth values",
    "`value` must be": "a constant takes no tensor, whose gradient would be lost",
    "one of the operands must be a tensor": "numbers alone are no step of a model",
    "`keepdim` must be": "a number for true or false",
    "`einsum` takes floats": "a GPU has no product of matrices of integers",
    "`one_hot` takes places": "places are integers",
    "`step` must be a number": "a symbolic step",
    "must be a number": "true and false are no numbers",
    "a step is 1 or more": "`flip` turns an axis round",
    "a padding needs": "a slice takes away, a padding adds",
    "complex numbers are": "complex numbers are pairs of floats",
    "irfft: `irfft` takes floats": "complex numbers are pairs of floats",
    "complex_product: `complex_product` takes floats": "complex numbers are pairs of floats",
    "irfft: `n` must be": "frequencies do not tell how many values they are of",
    "leaky_relu: `negative_slope` must be": "a tensor would lose its gradient",
    "the axis `": "sides of one axis are equal, those of 1 too",
}


@dataclass
class Refusals:
    """How many well-formed calls there were, by what they call, and those that are refused."""

    calls: Counter[str] = field(default_factory=Counter)
    meant: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str]] = field(default_factory=list)  # the call, and why it was refused

    @property
    def share(self) -> float:
        return len(self.wrong) / max(1, sum(self.calls.values()))

    def note(self, name: str, call: str, reason: str | None) -> None:
        self.calls[name] += 1
        if reason is None:
            return
        why = next((told for part, told in STRICTER.items() if part in f"{name}: {reason}"), None)
        if why is None:
            self.wrong.append((call, reason))
        else:
            self.meant[why] += 1

    def lines(self, shown: int) -> Iterator[str]:
        for call, reason in self.wrong[:shown]:
            yield f"refused: {call}\n    {reason}"
        yield f"{sum(self.calls.values())} well-formed calls, {len(self.wrong)} refused: {self.share:.2%}"
        for why, count in self.meant.most_common():
            yield f"{count} refused on purpose: {why}"


def refusals(seed: int, calls: int) -> Refusals:
    """Calls of operations and of blocks in Python, drawn until that many have run."""
    found = Refusals()
    random = Random(seed)
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        while sum(found.calls.values()) < calls:
            if random.random() < 0.8:
                _try_operation(random, found)
            else:
                _try_block(random, found)
    return found


# ---- operations


def _try_operation(random: Random, found: Refusals) -> None:
    values = [Name(f"x{number}", draw_type(random)) for number in range(random.randint(1, 3))]
    call = Drawer(random, values).call(OPERATIONS[random.choice([name for name in HALVES if name != "read"])])
    numbers = [total(value.type.shape).evaluate(sizes) for value in values for sizes in PRIMES]
    if max(numbers) > LARGEST or 0 in numbers:  # of nothing PyTorch does not look at the element type
        return
    if not all(_runs(call, values, sizes) for sizes in PRIMES):
        return
    args, kwargs = call.types()
    try:
        OPERATIONS[call.operation].result(args, kwargs)
        reason = None
    except (ShapeError, TypeError) as error:
        reason = str(error)
    shown = ", ".join(f"{value.name}: {value.type}" for value in values)
    found.note(call.operation, f"{call} of {shown}", reason)


def _runs(call: Call, values: list[Name], sizes: Mapping[str, int]) -> bool:
    tensors = {value.name: _tensor(value, sizes) for value in values}
    args = [_value(item, tensors, sizes) for item in call.args]
    kwargs = {name: _value(item, tensors, sizes) for name, item in call.kwargs.items()}
    if call.operation == "getitem":
        if not isinstance(args[1], list | tuple):
            return False  # brackets hold a list of indices
        args[1] = tuple(args[1])
    if call.operation in MADE:
        kwargs |= {"dtype": DTYPES["int"], "device": torch.device("cpu")}
    if call.operation == "full":
        kwargs["dtype"] = DTYPES.get(_kind(args[1]))
    try:
        return isinstance(HALVES[call.operation](*args, **kwargs), Tensor)
    except Exception:  # whatever PyTorch says of a call that it does not take
        return False


def _kind(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"


def _tensor(value: Name, sizes: Mapping[str, int]) -> Tensor:
    shape = [side.evaluate(sizes) for side in value.type.shape]
    if value.type.dtype == "int":
        return torch.randint(1, 9, shape)  # no divisor is 0
    return torch.rand(shape) < 0.5 if value.type.dtype == "bool" else torch.rand(shape)


def _value(item: Any, tensors: Mapping[str, Tensor], sizes: Mapping[str, int]) -> Any:
    if isinstance(item, Name):
        return tensors[item.name]
    if isinstance(item, Dim):
        return item.evaluate(sizes)
    if isinstance(item, SliceArgument):
        return slice(_value(item.start, tensors, sizes), _value(item.stop, tensors, sizes))
    if isinstance(item, list | tuple):
        return type(item)(_value(each, tensors, sizes) for each in item)
    return item


# ---- blocks


def _try_block(random: Random, found: Refusals) -> None:
    name = random.choice([name for name in blocks() if _body(name) is not None])
    call = draw_call(random, name, wild=False)
    types = {key: re.sub(r"\b[CD]\b", random.choice("1357"), text) for key, text in call.inputs.items()}
    call = BlockCall(call.block, call.params, types, call.optional)
    names = {key: f"i{number}" for number, key in enumerate(call.inputs)}
    declared = "\n".join(f"    input {names[key]}: {text}" for key, text in call.inputs.items())
    inputs = check_text(f"model Drawn {{\n{declared}\n    output y = i0\n}}\n").spec
    if inputs is None or not all(_body_runs(call, names, inputs, sizes) for sizes in PRIMES):
        return
    checked = check_text(f"model Drawn {{\n{declared}\n    b = {call.text(names)}\n    output y = b\n}}\n")
    reason = None if checked.spec is not None else checked.diagnostics[0].message
    found.note(name, f"{call.text(names)} of {types}", reason)


def _body(name: str) -> str | None:
    """The class behind a block; None where its face says all, or it reads a file."""
    return next((item.target for item in definition(name).body if isinstance(item, syntax.Extern)), None)


def _body_runs(call: BlockCall, names: Mapping[str, str], inputs: Spec, sizes: Mapping[str, int]) -> bool:
    body = extern_class(_body(call.block) or "")
    types = inputs.graph.inputs
    try:
        batch = {key: draw(types[given], sizes, torch.Generator()) for key, given in names.items()}
        params = {name: _constant(value) for name, value in call.params.items()}
        width = {"C": _width(batch, _channels(call)), "D": _width(batch, -1)}
        takes = inspect.signature(body).parameters
        module = body(**params, **{key: value for key, value in width.items() if key in takes})
        module.eval()(**batch)
    except Exception:  # whatever a body says of params and inputs that it does not take
        return False
    return True


def _width(batch: Mapping[str, Tensor], axis: int) -> int:
    return list(batch.values())[0 if "context" not in batch else 1].shape[axis]


def _channels(call: BlockCall) -> int:
    """The axis of channels: behind the samples where a block of maps is not told otherwise."""
    return 1 if call.block.endswith("2d") and call.params.get("channels") != '"last"' else -1


def _constant(text: str) -> Any:
    words = {"none": None, "true": True, "false": False}
    if text in words:
        return words[text]
    if text.startswith('"'):
        return text.strip('"')
    if text.startswith("["):
        return json.loads(text)
    return float(text) if "." in text or "e" in text else int(text)
