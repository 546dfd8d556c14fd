"""How long texts take to read and to check: dense ones of 100 kB, GET and the zoo in 300 lines, what ships.

Processor seconds, the best of several runs: for the parse tree by Lark's own parser and by ours, for the
syntax tree, for the whole check. Exits 1 where the two trees differ, a text has a mistake, or one text takes
more than the limit. `results/reading.csv` has the table.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from recording import add_row, circumstances, processor

from getdsl.compiler.check import check, check_text
from getdsl.compiler.program import SPECS
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse
from getdsl.grammar.tables import GRAMMAR, parser_of
from getdsl.text.source import SourceFile

RESULTS = Path(__file__).parent / "results" / "reading.csv"
LENGTH = 100_000  # characters
SECONDS = 2.0  # for such a text
HEAD = "model M {\n    input h0: [B, R, 16]\n"
BRANCHES = 26
BRANCH = """
    # branch %d
    stem%d  = sequence -> Conv1d(32, kernel_size = 15)
    point%d = stem%d -> PreNormConv1d(32)
    pool%d  = (stem%d + point%d) -> SoftmaxPool1d(32)
    tower%d = pool%d -> PreNormConvStage(32, 64)
    trunk%d = tower%d -> GETTransformer(64, 4, 2, drop_path_rate = dropout)
    mean%d  = mean(trunk%d, dim = 1)
    wide%d  = encoder[:, 1:] + unsqueeze(mean%d -> Linear(embed_dim), 1)
    head%d  = wide%d -> ExpressionHead(embed_dim, output_dim)
    output track%d = softplus(head%d)
"""


def slices() -> str:
    """Statements, each a slice of the one before."""
    lines, length = [HEAD], len(HEAD)
    for number in count(1):
        line = f"h{number} = h{number - 1}[:, 1:-1]\n"
        if (length := length + len(line)) > LENGTH - 40:
            return "".join([*lines, f"    output y = h{number - 1}\n}}\n"])
        lines.append(line)
    raise AssertionError


def numbers() -> str:
    """A list that is one dense line."""
    items = ", ".join(map(str, range(15_000)))
    return f"{HEAD}    sizes = [{items}]\n    output y = h0 * sizes[0]\n}}\n"


def brackets() -> str:
    """Sums of sums in brackets."""
    term = "(h0 + (h0 * 2 - (1 / (h0 + 3))))"
    lines = [f"    y{number} = {' + '.join([term] * 40)}\n" for number in range(70)]
    return f"{HEAD}{''.join(lines)}    output y = y0\n}}\n"


def branches() -> str:
    """300 lines that use GET and models of the zoo."""
    used = ("get/region_finetune", "zoo/enformer", "zoo/bpnet", "zoo/akita", "zoo/borzoi")
    uses = "".join(f'use "getdsl:{name}.get"\n' for name in used)
    body = "".join(BRANCH.replace("%d", str(number)) for number in range(BRANCHES))
    head = "model Mine extends RegionFinetune {\n    input sequence: onehot[B, 4 * N, 4]\n"
    losses = "".join(
        f"    track{n} = PoissonNLL(track{n}, batch.track{n}, log_input = false)\n" for n in (0, 1)
    )
    return f"{uses}\n{head}{body}}}\n\nloss {{\n{losses}}}\n\ntrain {{ epochs = 10 }}\n"


CASES: dict[str, Callable[[], str]] = {
    "slices": slices,
    "a list": numbers,
    "brackets": brackets,
    "GET and the zoo": branches,
}


def seconds(run: Callable[[], object], repeats: int) -> float:
    """The best of several runs, in processor time."""
    found = []
    for _ in range(repeats):
        gc.collect()
        gc.disable()  # as the command does
        started = time.process_time()
        run()
        found.append(time.process_time() - started)
        gc.enable()
    return min(found)


def shape(tree: Tree[Token]) -> list[Any]:
    """All of a parse tree, with its places."""
    return [
        (str(item.data), not item.meta.empty and (item.meta.start_pos, item.meta.end_pos), tokens)
        for item in tree.iter_subtrees_topdown()  # type: ignore[no-untyped-call]
        for tokens in [[(each, each.start_pos) for each in item.children if isinstance(each, Token)]]
    ]


def measure(text: str, plain: Lark, repeats: int) -> dict[str, Any] | None:
    """The seconds of each step; None where the trees differ or the text has a mistake."""
    ours = parser_of("start")
    if shape(plain.parse(text)) != shape(ours.parse(text)) or not check_text(text).ok:
        return None
    return {
        "characters": len(text),
        "lines": text.count("\n"),
        "lark_s": seconds(lambda: plain.parse(text), repeats),
        "tree_s": seconds(lambda: ours.parse(text), repeats),
        "read_s": seconds(lambda: parse(SourceFile("spec.get", text), Diagnostics()), repeats),
        "check_s": seconds(lambda: check_text(text), repeats),
    }


def shipped(plain: Lark, repeats: int) -> dict[str, Any]:
    """The same of all specs that ship, one after the other."""
    paths = sorted(SPECS.rglob("*.get"))
    texts = [path.read_text() for path in paths]
    ours = parser_of("start")
    return {
        "characters": sum(map(len, texts)),
        "lines": sum(text.count("\n") for text in texts),
        "lark_s": seconds(lambda: [plain.parse(text) for text in texts], repeats),
        "tree_s": seconds(lambda: [ours.parse(text) for text in texts], repeats),
        "read_s": seconds(
            lambda: [parse(SourceFile("spec.get", text), Diagnostics()) for text in texts], repeats
        ),
        "check_s": seconds(lambda: [check(path) for path in paths], repeats),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--record", action="store_true", help=f"add the table to {RESULTS.name}")
    args = parser.parse_args()
    plain = Lark(
        GRAMMAR.read_text(), parser="lalr", start="start", propagate_positions=True, maybe_placeholders=False
    )
    found = {name: measure(make(), plain, args.repeats) for name, make in CASES.items()}
    found["shipped specs"] = shipped(plain, args.repeats)
    passed = True
    for name, took in found.items():
        within = took is not None and (name not in CASES or took["check_s"] <= SECONDS)
        passed &= within
        steps = (
            "" if took is None else "  ".join(f"{key} {took[key]:.3f}" for key in took if key.endswith("_s"))
        )
        print(f"{name:16} {steps}{'' if within else '  TOO MUCH' if took else 'WRONG'}", flush=True)
        if args.record and took is not None:
            add_row(RESULTS, {**circumstances(processor()), "text": name, **took})
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
