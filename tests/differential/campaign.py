"""Many programs in a row, and what came of them."""

from __future__ import annotations

import io
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from random import Random

from getdsl.compiler.check import check_text
from tests.differential.oracle import verdicts
from tests.differential.programs import Program, draw_block, draw_program

NO_SIZE = "no size makes"  # what two operations need of a size may exclude each other


@dataclass
class Found:
    """How often what came of a program, by sizes, and the programs that did not do what check said."""

    programs: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)  # operations and blocks in accepted programs
    unsound: list[tuple[str, str]] = field(default_factory=list)  # why, and the program

    def lines(self, shown: int) -> Iterator[str]:
        for told, text in self.unsound[:shown]:
            yield f"{told}\n{text}"
        yield f"{self.programs} programs in {self.seconds:.0f} s, {len(self.unsound)} unsound"
        yield ", ".join(f"{name}: {count}" for name, count in self.outcomes.most_common())


def campaign(
    seed: int,
    programs: int,
    seconds: float = float("inf"),
    stop_at: int = 1000,
    told: Callable[[Found], None] | None = None,
    favourite: str | None = None,
) -> Found:
    """Runs programs until there are enough, `stop_at` are unsound, or so much processor time is over.

    `told` hears of every 500, and of each that is unsound. With a `favourite` operation there are no blocks.
    """
    found, start = Found(), time.process_time()
    for number in range(programs):
        if found.seconds > seconds or len(found.unsound) >= stop_at:
            break
        random = Random(f"{seed}/{number}")
        block = None if favourite else draw_block(random)
        before = len(found.unsound)
        examine(found, draw_program(random, block, favourite), random)
        found.programs += 1
        found.seconds = time.process_time() - start
        if told is not None and (found.programs % 500 == 0 or len(found.unsound) > before):
            told(found)
    return found


def examine(found: Found, program: Program, random: Random) -> None:
    if not program.values:
        found.outcomes["refused by check"] += 1
        return
    if not program.statements:
        return
    checked = check_text(program.text())
    spec = checked.spec
    if spec is None and any(NO_SIZE in item.message for item in checked.diagnostics):
        found.outcomes["refused by check"] += 1
        return
    if spec is None:
        told = checked.diagnostics[0].message
        found.unsound.append((f"the table accepts it, and check does not: {told}", program.text()))
        return
    found.used.update(program.used)
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # torch.fx prints what it raises
        warnings.simplefilter("ignore")
        results = verdicts(spec, random)
    found.outcomes.update(result.outcome for result in results)
    told = next((result.told for result in results if result.outcome == "unsound"), None)
    if told is not None:
        found.unsound.append((told, program.text()))
