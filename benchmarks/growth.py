"""Whether each construct of the language takes time in step with its size: specs that hold it very often.

Prints processor seconds at each size, and how far the largest is above what the smallest foretells (1 is
linear); exits 1 where a case passes the limit, or a spec is not sound. A construct of one file stands in
`constructs.py`; what is none is a function from a size to texts of files, the main one first.
`results/growth.csv` has the table.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from constructs import CONSTRUCTS, FOLDER, INPUT, STATEMENTS, Construct, Texts, body
from recording import add_row, circumstances, processor

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.extend import flatten, lineage
from getdsl.compiler.program import Program
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse
from getdsl.text.source import SourceFile

RESULTS = Path(__file__).parent / "results" / "growth.csv"
SIZES = (1000, 2000, 4000, 8000)
SMALLER = (250, 500, 1000, 2000)  # of what is elaborated, within what a spec may take
LIMIT = 1.5  # of linear


def one(text: str) -> Texts:
    return {FOLDER / "main.get": text}


# ---- what is no construct of one file


def broken(size: int) -> Texts:
    """One mistake in a long file."""
    return one(body("", "    n%d = relu(x)\n", last="    broken = relu(\n").text(size))


def uses(size: int) -> Texts:
    """Files that use each other in a chain."""
    last = {FOLDER / f"f{size}.get": model("Last")}
    files = {FOLDER / f"f{i}.get": f'use "f{i + 1}.get"\n{model(f"M{i}")}' for i in range(size)}
    return files | last


def diamonds(size: int) -> Texts:
    """Each file uses the two after it, so that the ways through them double with each."""
    files = {
        FOLDER / f"f{i}.get": f'use "f{i + 1}.get"\nuse "f{i + 2}.get"\n{model(f"M{i}")}' for i in range(size)
    }
    ends = {FOLDER / f"f{i}.get": model(f"M{i}") for i in (size, size + 1)}
    return files | ends


def model(name: str) -> str:
    return body("", "").text(1).replace("M", name, 1)


def loop(size: int) -> Texts:
    """A loop whose steps bind one name again."""
    steps = f"    y = x\n    for i in 0..{size} {{ y = relu(y) }}\n"
    return one(f"model M {{\n{INPUT}{steps}    output out = y\n}}\n")


def unknown_names(size: int) -> Texts:
    """A mistake in each line, and another name that was meant."""
    return one(body("", "    layer%d = relu(layr%d)\n").text(size))


# ---- how a case is read, and what proves that it was


def parsed(texts: Texts) -> bool:
    path, text = next(iter(texts.items()))
    diagnostics = Diagnostics()
    file = parse(SourceFile(str(path), text, path), diagnostics)
    return bool(file.items) and not diagnostics.errors


def recovered(texts: Texts) -> bool:
    path, text = next(iter(texts.items()))
    diagnostics = Diagnostics()
    file = parse(SourceFile(str(path), text, path), diagnostics)
    return bool(file.items) and len(diagnostics.errors) == 1


def commented(texts: Texts) -> bool:
    from getdsl.grammar.trivia import attach

    path, text = next(iter(texts.items()))
    file = parse(SourceFile(str(path), text, path), Diagnostics())
    return len(attach(file)) == text.count("#")


def loaded(texts: Texts) -> bool:
    diagnostics = Diagnostics()
    program = Program.of_files(texts, diagnostics)
    return len(program.units) == len(texts) and len(program.visible()) >= len(texts) and not diagnostics.items


def flattened(texts: Texts) -> bool:
    diagnostics = Diagnostics()
    program = Program.of_files(texts, diagnostics)
    main = program.main_model(None)
    if main is None or flatten(program, main) is None:
        return False
    return all(program.unit_of(item) is program.unit for item in lineage(program, main) or ())


def checked(texts: Texts) -> bool:
    return check_files(texts, Overrides()).ok


def reported(texts: Texts) -> bool:
    """Every line's mistake, with what was meant."""
    found = check_files(texts, Overrides()).diagnostics
    helped = sum(item.code == "GET204" and item.help is not None for item in found)
    return helped == len(found) == sum("relu" in line for line in next(iter(texts.values())).splitlines())


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[int], Texts]
    read: Callable[[Texts], bool]  # whether the spec was read as meant
    sizes: tuple[int, ...] = SIZES

    @staticmethod
    def of(construct: Construct, read: Callable[[Texts], bool], sizes: tuple[int, ...] = SIZES) -> Case:
        return Case(construct.name, lambda size: one(construct.text(size)), read, sizes)


def checked_cases() -> Iterator[Case]:
    """Whatever a spec may hold very often."""
    yield Case("a loop", loop, checked, (500, 1000, 2000, 4000))  # which has at most 5,000 steps
    for construct in STATEMENTS:
        yield Case.of(construct, checked, SMALLER)
    for name in CHECKED:
        yield Case.of(BY_NAME[name], checked, SMALLER)


BY_NAME = {item.name: item for item in CONSTRUCTS}
CHECKED = (
    *("a list", "a list of lists", "a table", "concat", "axes of an input"),
    *("sizes that are divided", "slices of sizes", "places of sizes", "reshaped"),
    *("blocks", "sources", "models", "children", "externs", "a docstring"),
    *("loss", "loss of optional keys", "loss with where", "metrics of one"),
)
CASES = (
    Case.of(BY_NAME["bindings"], parsed),
    Case.of(BY_NAME["comments"], commented),
    Case.of(BY_NAME["a list"], parsed),
    Case("broken", broken, recovered),
    Case.of(BY_NAME["blocks"], loaded),
    Case("uses", uses, loaded),
    Case("diamonds", diamonds, loaded),
    Case.of(BY_NAME["children"], flattened),
    Case("unknown names", unknown_names, reported, SMALLER),
    *checked_cases(),
)


def seconds(case: Case, size: int, repeats: int) -> float | None:
    """The best of several runs, in processor time; None where the spec was not read as meant."""
    texts = case.make(size)
    found = []
    for _ in range(repeats):
        gc.collect()
        gc.disable()  # as the command does, which builds trees and ends
        started = time.process_time()
        was_right = case.read(texts)
        found.append(time.process_time() - started)
        gc.enable()
        if not was_right:
            return None
    return min(found)


def measure(case: Case, repeats: int, patience: float) -> tuple[list[float | None], float | None]:
    """Seconds at each size up to one that takes too long, and the growth over linear between the ends."""
    times: list[float | None] = []
    for size in case.sizes:
        times.append(seconds(case, size, repeats))
        if times[-1] is None or times[-1] > patience:
            break
    first, last = times[0], times[-1]
    if first is None or last is None or len(times) < 2:
        return times, None
    return times, last / first / (case.sizes[len(times) - 1] / case.sizes[0])


def record(case: Case, times: list[float | None], growth: float | None) -> None:
    measured = {
        "construct": case.name,
        "read": case.read.__name__,
        "least": case.sizes[0],
        "most": case.sizes[-1],
    }
    took = {"least_s": times[0], "most_s": times[-1], "over_linear": growth}
    add_row(RESULTS, {**circumstances(processor()), **measured, **took})


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", help="cases whose names hold this")
    parser.add_argument(
        "--patience", type=float, default=20, help="seconds after which no larger size is tried"
    )
    parser.add_argument("--record", action="store_true", help=f"add the table to {RESULTS.name}")
    args = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    passed = True
    for case in CASES:
        name = f"{case.name}, {case.read.__name__}"
        if args.only and args.only not in name:
            continue
        times, growth = measure(case, args.repeats, args.patience)
        is_right = growth is not None and growth <= LIMIT and len(times) == len(case.sizes)
        passed &= is_right
        if args.record:
            record(case, times, growth)
        timed = zip(case.sizes, times, strict=False)
        shown = "  ".join(f"{size}: {'wrong' if took is None else f'{took:.2f} s'}" for size, took in timed)
        verdict = "" if growth is None else f"{growth:.2f}x linear"
        print(f"{name:36} {shown:60} {verdict}{'' if is_right else '  TOO MUCH'}", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
