"""Random programs: inputs, calls of operations and blocks on them, and every value an output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import OPERATIONS, ShapeError
from getdsl.compiler.spec import Spec
from tests.differential.draw import Call, Drawer, Name, draw_type
from tests.differential.faces import BlockCall, blocks, draw_call

LATE = re.compile(r"\bb\.")  # a size that the block returns anew, which has no name in a spec
TRIES = 12  # draws of a call until one is accepted


@dataclass
class Program:
    """Declared inputs, statements, and what was refused on the way."""

    inputs: dict[str, str] = field(default_factory=dict)
    statements: list[tuple[str, str]] = field(default_factory=list)
    values: list[Name] = field(default_factory=list)
    used: list[str] = field(default_factory=list)  # operations and blocks
    refused: list[tuple[Call, str]] = field(default_factory=list)

    def text(self) -> str:
        lines = [f"    input {name}: {type}" for name, type in self.inputs.items()]
        lines += [f"    {name} = {expression}" for name, expression in self.statements]
        lines += [f"    output out_{name} = {name}" for name, _ in self.statements]
        return "\n".join(["model Drawn {", *lines, "}\n"])

    def check(self) -> Spec | None:
        return check_text(self.text()).spec


def draw_program(random: Random, block: str | None = None, favourite: str | None = None) -> Program:
    """A program around a block, or of operations only; one that check refuses has no values.

    The favourite, if there is one, is every third operation.
    """
    program = Program()
    if block is not None and not _add_block(random, program, block):
        return program
    for _ in range(random.randint(1, 3) if block is None else 1):
        type = draw_type(random)
        name = f"x{len(program.inputs)}"
        program.inputs[name] = str(type)
        program.values.append(Name(name, type))
    for _ in range(random.randint(6, 14) if block is None else random.randint(0, 3)):
        operation = random.choice(list(OPERATIONS))
        add_operation(random, program, favourite if favourite and random.random() < 1 / 3 else operation)
    if any(re.search(rf"\b{symbol}\b", program.text()) for symbol in "BR"):
        program.inputs["sizes"] = "[B, R]"  # some axis must tell what each symbol is
    return program


def add_operation(random: Random, program: Program, operation: str) -> None:
    """A call that the table accepts, after those that it does not."""
    row = OPERATIONS[operation]
    for _ in range(TRIES):
        call = Drawer(random, program.values).call(row)
        if LATE.search(str(call)):
            continue
        args, kwargs = call.types()
        try:
            type = row.result(args, kwargs)
        except (ShapeError, TypeError) as reason:
            program.refused.append((call, str(reason)))
            continue
        name = f"v{len(program.statements)}"
        program.statements.append((name, str(call)))
        program.values.append(Name(name, type))
        program.used.append(operation)
        return


def _add_block(random: Random, program: Program, block: str) -> bool:
    """Whether check accepts the call; its outputs are values of the program then."""
    call = draw_call(random, block)
    program.used.append(block)
    names = {name: f"i{number}" for number, name in enumerate(call.inputs)}
    program.inputs |= {names[name]: type for name, type in call.inputs.items()}
    program.statements = list(_statements(random, program, call, names))
    spec = program.check()
    if spec is None:
        return False
    graph = spec.graph
    found = graph.outputs["out_b"]
    program.values = [Name("b", graph.type_of(found).plain())]
    program.values += [Name(names[name], type) for name, type in _plain(call.inputs, names, spec)]
    return True


def _statements(
    random: Random, program: Program, call: BlockCall, names: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """The call, at times with the neighbour that it is fused with."""
    beside = random.random() < 0.5
    text = call.text(names)
    if call.block == "MaxPool1d" and beside:
        text = re.sub(r"^i0", "relu(i0)", text)
    yield "b", text
    if call.block == "MotifScanner" and beside:
        program.inputs["peaks"] = "lengths[B, R] of L"
        yield "pooled", f'b -> SplitPool(peaks, pool_method = "{random.choice(("mean", "sum", "max"))}")'


def _plain(inputs: object, names: dict[str, str], spec: Spec) -> Iterator[tuple[str, TensorType]]:
    declared = spec.graph.inputs
    for name, given in names.items():
        if re.fullmatch(r"[\w, *+\[\]]*", str(declared[given])):
            yield name, declared[given].plain()


def draw_block(random: Random) -> str | None:
    """A block, or none for a program of operations."""
    return random.choice(blocks()) if random.random() < 0.35 else None
