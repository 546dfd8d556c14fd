"""Whether each construct of the language takes time in step with its size: specs of 1,000 and 8,000 of it.

Prints processor seconds at each size, and how far the largest is above what the smallest foretells (1 is
linear); exits 1 where a case of the gate passes the limit, or a spec is not sound. A case is a function
from a size to texts of files, the main one first; add one to CASES, with how it is read.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.extend import flatten, lineage
from getdsl.compiler.program import Program
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse
from getdsl.text.source import SourceFile

SIZES = (1000, 2000, 4000, 8000)
LIMIT = 1.3  # of linear
FOLDER = Path("/nowhere")
Texts = dict[Path, str]
INPUT = "    input x: [B, R, 16]\n"


def one(text: str) -> Texts:
    return {FOLDER / "main.get": text}


def model(body: str, name: str = "M") -> str:
    return f"model {name} {{\n{INPUT}{body}    output out = x\n}}\n"


# ---- what the grammar reads


def statements(size: int) -> Texts:
    return one(model("".join(f"    n{i} = relu(x) + {i}\n" for i in range(size))))


def comments(size: int) -> Texts:
    return one(model("".join(f"    # the {i}th\n    n{i} = x  # here\n" for i in range(size))))


def items(size: int) -> Texts:
    return one(model(f"    n = [{', '.join(map(str, range(size)))}]\n"))


def broken(size: int) -> Texts:
    """One mistake in a long file."""
    return one(model("".join(f"    n{i} = relu(x)\n" for i in range(size)) + "    broken = relu(\n"))


# ---- files and models


def definitions(size: int) -> Texts:
    blocks = (f"block A{i} {{\n    input x: [..., D]\n    output y = x\n}}\n" for i in range(size))
    return one("".join(blocks) + model(""))


def extends(size: int) -> Texts:
    """Each model overrides a param and adds a binding."""
    first = f"model M0 {{\n{INPUT}    param p: int = 0\n    n0 = x\n    output out = x\n}}\n"
    added = (f"    param p: int = {i}\n    n{i} = relu(n{i - 1})\n" for i in range(1, size))
    children = (f"model M{i} extends M{i - 1} {{\n{body}}}\n" for i, body in enumerate(added, start=1))
    return one(first + "".join(children))


def uses(size: int) -> Texts:
    """Files that use each other in a chain."""
    last = {FOLDER / f"f{size}.get": model("", "Last")}
    files = {FOLDER / f"f{i}.get": f'use "f{i + 1}.get"\n{model("", f"M{i}")}' for i in range(size)}
    return files | last


def diamonds(size: int) -> Texts:
    """Each file uses the two after it, so that the ways through them double with each."""
    files = {
        FOLDER / f"f{i}.get": f'use "f{i + 1}.get"\nuse "f{i + 2}.get"\n{model("", f"M{i}")}'
        for i in range(size)
    }
    ends = {FOLDER / f"f{i}.get": model("", f"M{i}") for i in (size, size + 1)}
    return files | ends


# ---- what is elaborated


def chain(size: int) -> Texts:
    lines = (f"    n{i} = relu({f'n{i - 1}' if i else 'x'})\n" for i in range(size))
    return one(model("".join(lines)))


def layers(size: int) -> Texts:
    lines = (f"    n{i} = {f'n{i - 1}' if i else 'x'} -> Linear(16)\n" for i in range(size))
    return one(model("".join(lines)))


def loop(size: int) -> Texts:
    """A loop whose steps bind one name again."""
    return one(
        f"model M {{\n{INPUT}    y = x\n    for i in 0..{size} {{ y = relu(y) }}\n    output out = y\n}}\n"
    )


def params(size: int) -> Texts:
    """Blocks of one definition with other params each."""
    block = (
        "block Scaled {\n    param by: int\n    input x: [..., D]\n    p = Parameter([D])\n"
        "    output y = x * by + p\n}\n"
    )
    lines = (f"    n{i} = x -> Scaled({i})\n" for i in range(size))
    return one(block + f"model M {{\n    input x: [B, R, 16]\n{''.join(lines)}    output out = x\n}}\n")


def optional_keys(size: int) -> Texts:
    """Terms of the loss that each read a key of the batch that may be absent."""
    terms = (f"    t{i} = MSE(out, batch.k{i} ?? detach(out))\n" for i in range(size))
    return one(model("") + f"loss {{\n{''.join(terms)}}}\n")


def unknown_names(size: int) -> Texts:
    """A mistake in each line, and another name that was meant."""
    return one(model("".join(f"    layer{i} = relu(layr{i})\n" for i in range(size))))


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
    make: Callable[[int], Texts]
    read: Callable[[Texts], bool]  # whether the spec was read as meant
    sizes: tuple[int, ...] = SIZES


CASES = (
    Case(statements, parsed),
    Case(comments, commented),
    Case(items, parsed),
    Case(broken, recovered),
    Case(definitions, loaded),
    Case(uses, loaded),
    Case(diamonds, loaded),
    Case(extends, flattened),
    Case(definitions, checked),
    Case(extends, checked),
    Case(chain, checked),
    Case(layers, checked),
    Case(loop, checked, (500, 1000, 2000, 4000)),  # a loop has at most 5,000 steps
    Case(params, checked),
    Case(optional_keys, checked, (3, 6, 12, 24)),
    Case(unknown_names, reported),
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


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", help="cases whose names hold this")
    parser.add_argument(
        "--patience", type=float, default=20, help="seconds after which no larger size is tried"
    )
    args = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    passed = True
    for case in CASES:
        name = f"{case.make.__name__} {case.read.__name__}"
        if args.only and args.only not in name:
            continue
        times, growth = measure(case, args.repeats, args.patience)
        is_right = growth is not None and growth <= LIMIT and len(times) == len(case.sizes)
        passed &= is_right
        timed = zip(case.sizes, times, strict=False)
        shown = "  ".join(f"{size}: {'wrong' if took is None else f'{took:.2f} s'}" for size, took in timed)
        verdict = "" if growth is None else f"{growth:.2f}x linear"
        print(f"{name:24} {shown:60} {verdict}{'' if is_right else '  TOO MUCH'}", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
