"""What check says of a program holds when it runs: random programs beside PyTorch.

GETDSL_DIFFERENTIAL_SECONDS is how long programs are drawn, GETDSL_DIFFERENTIAL_SEED which ones; longer runs
are `python -m tests.differential`.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from getdsl.compiler.operations import OPERATIONS
from tests.differential.campaign import campaign
from tests.differential.draw import Name
from tests.differential.faces import blocks
from tests.differential.mutants import MUTANTS, mutated
from tests.differential.programs import Program, add_operation, draw_program, draw_type
from tests.differential.well_formed import refusals

SECONDS = float(os.environ.get("GETDSL_DIFFERENTIAL_SECONDS", "10"))
SEED = int(os.environ.get("GETDSL_DIFFERENTIAL_SEED", "0"))


def test_what_check_accepts_runs_as_declared() -> None:
    found = campaign(SEED, 1_000_000, SECONDS)
    assert not found.unsound, "\n".join(found.lines(5))
    assert found.outcomes["ran"] > found.programs


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - {"read"}))
def test_every_operation_is_drawn(operation: str) -> None:
    """Three times in 60 programs, so that a row that is added is held too."""
    random, drawn = Random(operation), 0
    for _ in range(60):
        program = Program()
        for number in range(3):
            type = draw_type(random)
            program.values.append(Name(f"x{number}", type))
        add_operation(random, program, operation)
        drawn += program.used == [operation]
    assert drawn >= 3


@pytest.mark.parametrize("block", sorted({*blocks()} - {"Gradient"}))  # which stands in losses alone
def test_every_block_is_drawn(block: str) -> None:
    random = Random(block)
    assert any(draw_program(random, block).values for _ in range(80))


def test_well_formed_calls_are_accepted() -> None:
    found = refusals(SEED, 600)
    assert found.share < 0.01, "\n".join(found.lines(5))
    assert len(found.calls) > 80


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_row_is_found(name: str) -> None:
    """With its operation drawn more often; `python -m tests.differential --mutants` finds them without."""
    [operation] = MUTANTS[name]
    with mutated(name):
        assert campaign(SEED, 1500, stop_at=1, favourite=operation).unsound
    assert not campaign(SEED, 5, stop_at=1, favourite=operation).unsound
