"""Long runs: `python -m tests.fuzzing --inputs 1000000`, or with atheris guided by coverage.

Prints what was found, and writes each input whose answer is wrong to `--out`.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

from tests.fuzzing.inputs import changed, drawn, pool

SHARE = 2000  # inputs in a row
FOLLOWED = 60.0  # processor seconds, of an input whose every step is counted
COLLECTED = 250  # inputs, after which memory is given back


def run(seed: int) -> list[tuple[str, str]]:
    """The problems of one share, with their inputs."""
    from tests.fuzzing.verdict import problem  # late: atheris has to see the import of what it follows

    random, found = Random(seed), []
    gc.disable()  # as the command does
    for number in range(SHARE):
        text = drawn(random)
        why = problem(text)
        if why is not None:
            found.append((why, text))
        if number % COLLECTED == 0:
            gc.collect()
            gc.freeze()
    return found


def at_random(inputs: int, seed: int, processes: int, out: Path) -> int:
    start, found = time.monotonic(), 0
    shares = -(-inputs // SHARE)
    with ProcessPoolExecutor(processes) as workers:
        for number, problems in enumerate(workers.map(run, range(seed, seed + shares)), 1):
            for why, text in problems:
                found += 1
                keep(out, why, text)
            if number % 5 == 0 or number == shares:
                print(
                    f"{number * SHARE:,} inputs, {time.monotonic() - start:.0f} s, {found} wrong", flush=True
                )
    return found


def by_coverage(seconds: int, out: Path) -> None:
    """Runs until the time is over; atheris ends the process."""
    try:
        import atheris
    except ImportError:
        raise SystemExit('atheris is not installed: pip install -e ".[fuzz]"') from None

    with atheris.instrument_imports(include=["getdsl.grammar", "getdsl.compiler", "getdsl.diagnostics"]):
        from tests.fuzzing.verdict import problem

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        return changed(Random(seed), data.decode("utf-8", "replace")).encode()[:size]

    def one(data: bytes) -> None:
        why = problem(data.decode("utf-8", "replace"), FOLLOWED)
        if why is not None:
            keep(out, why, data.decode("utf-8", "replace"))

    seeds = out / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(pool()):
        (seeds / f"{number}.get").write_text(text)
    options = [f"-max_total_time={seconds}", "-max_len=100000", "-timeout=600", "-report_slow_units=60"]
    options += [f"-artifact_prefix={out}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], one, custom_mutator=mutate)
    atheris.Fuzz()


def keep(out: Path, why: str, text: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    (out / f"{name}.get").write_text(text)
    print(f"{why}: {out / name}.get", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--atheris", action="store_true", help="guided by coverage, by atheris (the extra `fuzz`)"
    )
    parser.add_argument("--seconds", type=int, default=600, help="of a run that is guided by coverage")
    parser.add_argument("--out", type=Path, default=Path("runs/fuzzing"))
    args = parser.parse_args()
    if args.atheris:
        by_coverage(args.seconds, args.out)
        return 0
    return 1 if at_random(args.inputs, args.seed, args.processes, args.out) else 0


if __name__ == "__main__":
    raise SystemExit(main())
