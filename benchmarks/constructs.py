"""Constructs of the language, each as a text that repeats it as often as is asked for.

`benchmarks/growth.py` holds how their time grows, `benchmarks/largest.py` what 100 kB of each take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

INPUT = "    input x: [B, R, 16]\n"
OUTPUT = "    output out = x\n"
FOLDER = Path("/nowhere")
Texts = dict[Path, str]


@dataclass(frozen=True)
class Construct:
    """What stands before, once for each number, between, and behind."""

    name: str
    head: str
    part: str | Callable[[int], str]  # `%d` is the number
    tail: str
    between: str = ""

    def text(self, size: int) -> str:
        part = self.part
        make = part if callable(part) else lambda number: part.replace("%d", str(number))
        return self.head + self.between.join(map(make, range(size))) + self.tail

    def filled(self, length: int) -> tuple[int, str]:
        """As often as a text of so many characters holds it, and that text."""
        low, high = 1, length
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if len(self.text(middle)) <= length else (low, middle - 1)
        return low, self.text(low)


def body(
    name: str, part: str | Callable[[int], str], before: str = "", first: str = "", last: str = ""
) -> Construct:
    """A statement of a model, again and again; `before` is the model, `first` and `last` in it."""
    return Construct(name, f"{before}model M {{\n{INPUT}{first}", part, f"{last}{OUTPUT}}}\n")


def value(name: str, head: str, part: str, tail: str, between: str = "", first: str = "") -> Construct:
    """One binding with a very long expression."""
    return Construct(
        name, f"model M {{\n{INPUT}{first}    y = {head}", part, f"{tail}\n{OUTPUT}}}\n", between
    )


def section(name: str, head: str, part: str, tail: str = "}\n", first: str = "") -> Construct:
    return Construct(name, f"model M {{\n{INPUT}{first}{OUTPUT}}}\n{head}", part, tail)


SCALED = """block Scaled {
    param by: int
    input x: [..., D]
    p = Parameter([D])
    output y = x * by + p
}
"""
PLAIN = "block Plain {\n    input x: [..., D]\n    output y = x\n}\n"
EXTERN = 'block Own {\n    input x: [..., D]\n    output y: [..., D]\n    extern "mine:Own"\n'
LAST = f"model M {{\n{INPUT}{OUTPUT}}}\n"
LOSS = "loss {\n    a = MSE(out, batch.a)\n}\n"


def chained(number: int) -> str:
    return f"    n{number} = relu({f'n{number - 1}' if number else 'x'})\n"


def layered(number: int) -> str:
    return f"    n{number} = {f'n{number - 1}' if number else 'x'} -> Linear(16)\n"


def inherited(number: int) -> str:
    if not number:
        return f"model M0 {{\n{INPUT}    param p: int = 0\n    n0 = x\n{OUTPUT}}}\n"
    before = number - 1
    added = f"    param p: int = {number}\n    n{number} = relu(n{before})\n"
    return f"model M{number} extends M{before} {{\n{added}}}\n"


def anagram(number: int) -> str:
    """One of 40,320 words of the same letters."""
    letters, word = list("abcdefgh"), ""
    for left in range(8, 0, -1):
        number, place = divmod(number, left)
        word += letters.pop(place)
    return word


STATEMENTS = (
    body("bindings", "    n%d = relu(x) + %d\n"),
    body("chain", chained),
    body("bindings with types", "    n%d: [B, R, 16] = relu(x)\n"),
    body("indexed bindings", "    n[%d] = relu(x)\n"),
    body("bound again", "    y = relu(y)\n", first="    y = x\n"),
    body("params", "    param p%d: int = %d\n"),
    body("params of each other", lambda i: f"    param p{i}: int = {f'p{i - 1} + 1' if i else 1}\n"),
    body("params with notes", '    param p%d: int = %d { """the %dth""" }\n'),
    body("inputs", "    input x%d: [B, R, 16]\n"),
    body("inputs of own sizes", "    input x%d: [B, S%d]\n"),
    body("derived inputs", "    input x%d: [B, R, 16] = relu(batch.a)\n"),
    body("outputs", "    output out%d: [B, R, 16] = relu(x)\n"),
    body("requirements", '    require %d >= 0 "more"\n'),
    body("requirements of sizes", '    require R >= %d "more"\n'),
    body("ifs", "    if %d > 3 { n%d = relu(x) } else { n%d = x }\n"),
    body("loops", "    for i in 0..1 { n%d = relu(x) }\n"),
    body("loops over lists", "    for i in [1, %d] { n%d = relu(x) }\n"),
    body("parameters", "    n%d = Parameter([16, %d + 1])\n"),
    body("layers", layered),
    body("layers of own sizes", "    n%d = x -> Linear(%d + 1)\n"),
    body("transformers", "    n%d = x -> GETTransformer(16, 1, 1)\n"),
    body("transformers of own sizes", "    n%d = x -> GETTransformer(16, 1, 1 + %d % 7)\n"),
    body("modules applied later", "    n%d = Linear(16)\n    m%d = x -> n%d\n"),
    body("blocks with other params", "    n%d = x -> Scaled(%d)\n", before=SCALED),
    body("comments", "    # the %dth\n    n%d = x  # here\n"),
)
EXPRESSIONS = (
    value("a sum", "", "x", "", " + "),
    value("a product", "", "x", "", " * "),
    value("a sum of numbers", "x * (", "1", ")", " + "),
    value("powers", "", "x", "", " ** "),
    value("signs", "", "-", "x"),
    value("nots", "", "not ", "x"),
    value("ands", "", "x > 0", "", " and "),
    value("comparisons", "", "x > 0", "", " > "),
    value("arrows", "x", " -> relu", ""),
    value("arrows to blocks", "x", " -> Dropout(0.1)", ""),
    value("choices", "", "if %d > 0 then x else ", "x"),
    value("brackets", "", "(", "x"),
    value("lists", "", "[", ""),
    value("calls in calls", "", "relu(", "x"),
    value("a list", "[", "%d", "]", ", "),
    value("a list of lists", "[", "[%d]", "]", ", "),
    value("a table", "{ ", "a%d = %d", " }", " "),
    value("concat", "concat([", "x", "], dim = 1)", ", "),
    value("arguments", "relu(", "x", ")", ", "),
    value("keywords", "relu(x, ", "a%d = 1", ")", ", "),
    value("attributes", "x", ".a", ""),
    value("indices", "x[", "0", "]", ", "),
    value("new axes", "x[", "none", "]", ", "),
    value("slices", "x", "[:, 1:]", ""),
    value("ellipses", "x[", "...", "]", ", "),
    value("coalesced", "", "x", "", " ?? "),
    value("a string", 'to_float("', "abcdefgh", '")'),
    value("a name", "", "abcdefgh", ""),
    value("a number", "x * 1", "0", ""),
    value("a sum of sizes", "reshape(x, ", "R", ", -1)", " + "),
    value("a product of sizes", "reshape(x, ", "R", ", -1)", " * "),
    value("sums times sums", "reshape(x, ", "(B + R)", ", -1)", " * "),
    value(
        "many sums times sums",
        "reshape(x, ",
        "(B + R + S%d)",
        ", -1)",
        " * ",
        "    input z: [S0, S1, S2, S3, S4, S5, S6, S7, S8, S9]\n",
    ),
    value("quotients of sizes", "reshape(x, ", "R", ", -1)", " // "),
    value("sides", "reshape(x, B, R, 16, ", "1", ")", ", "),
    value("a union", "", "1", "", " | "),
)
SHAPES = (
    Construct("axes of an input", f"model M {{\n{INPUT}    input z: [", "S%d", f"]\n{OUTPUT}}}\n", ", "),
    Construct("a sum in an input", f"model M {{\n{INPUT}    input z: [", "R", f"]\n{OUTPUT}}}\n", " + "),
    Construct("a product in an input", f"model M {{\n{INPUT}    input z: [", "R", f"]\n{OUTPUT}}}\n", " * "),
    body("rank", "    y = unsqueeze(y, 0)\n", first="    y = x\n"),
    body("outer products", "    y = outer_product(y)\n", first="    y = x\n"),
    body("flattened", "    y = concat([y, y], dim = 1)\n", first="    y = x\n"),
    body(
        "sizes that grow", "    y = concat([y, z], dim = 1)\n", first="    y = x\n    input z: [B, S, 16]\n"
    ),
    body("sizes that are divided", "    y = y[:, : (R + 1) // 2]\n", first="    y = x\n"),
    body("slices of sizes", "    n%d = x[:, %d:]\n"),
    body("places of sizes", "    n%d = x[:, %d]\n"),
    body("reshaped", "    n%d = reshape(x, B, R * 16)\n"),
)
FILES = (
    Construct("blocks", "", "block A%d {\n    input x: [..., D]\n    output y = x\n}\n", LAST),
    Construct(
        "blocks in blocks",
        "block A0 {\n    input x: [..., D]\n    output y = x\n}\n",
        lambda i: f"block A{i + 1} {{\n    input x: [..., D]\n    output y = x -> A{i}()\n}}\n",
        LAST,
    ),
    Construct("sources", "", "source A%d {\n    param path: path\n    output y: [B]\n}\n", LAST),
    Construct("models", "", "model M%d {\n    input x: [B]\n    output y = x\n}\n", ""),
    Construct("children", "", inherited, ""),
    Construct("uses", "", 'use "a%d.get"\n', LAST),
    Construct("externs", EXTERN, "    weight w%d: [D]\n", "}\n" + LAST),
    Construct("frozen weights", EXTERN, "    frozen w%d: [D]\n    buffer b%d: int[D]\n", "}\n" + LAST),
    Construct(
        "removals", f"model P {{\n{INPUT}{OUTPUT}}}\nmodel M extends P {{\n", "    remove n%d\n", "}\n"
    ),
    Construct("a docstring", 'model M {\n    """', "word %d ", f'"""\n{INPUT}{OUTPUT}}}\n'),
    Construct("a comment", "#", " word", f"\n{LAST}"),
    Construct("empty lines", "", "\n", LAST),
    Construct("settings", LAST, "train.epochs = %d\n", ""),
)
SECTIONS = (
    section("loss", "loss {\n", "    t%d = MSE(out, batch.k%d)\n"),
    section("loss of optional keys", "loss {\n", "    t%d = MSE(out, batch.k%d ?? detach(out))\n"),
    section("loss with where", "loss {\n", "    t%d = MSE(out, batch.k%d) where batch.k%d > 0 weight 0.1\n"),
    section("metrics", f"{LOSS}metrics {{\n", "    t%d = [pearson]\n"),
    section("metrics of one", f"{LOSS}metrics {{\n    a = [", "pearson, ", "]\n}\n"),
    section("freezing", "freeze {\n    modules = [", "n%d, ", "]\n}\n", "    n0 = x -> Linear(16)\n"),
    section("freezing one", 'freeze = ["', "n*", '"]\n', "    n0 = x -> Linear(16)\n"),
    section("training only", "train_only = [", '"n%d", ', "]\n", "    n0 = x -> Linear(16)\n"),
    section("adapters", "lora {\n", '    modules%d = ["n%d"]\n', first="    n0 = x -> Linear(16)\n"),
    section("schedules", "", "schedule = cosine(min_lr = %d)\n", ""),
    section("rules", 'load "a.safetensors" {\n', '    "a%d" -> "b%d"\n'),
    section("loads", "", 'load "a%d.safetensors" { }\n', ""),
    section("train", "train {\n", "    epochs = %d\n"),
    section("unknown sections", "", "s%d { }\n", ""),
    section("optimizer", "optimizer = AdamW(lr_of = { ", "n%d = 0.1 ", "})\n", "    n0 = x -> Linear(16)\n"),
    section("data", "data {\n", '    source = SequenceRegions("a%d", length = 100)\n'),
)
MISTAKES = (
    body("blocks that are never applied", "    n%d = Linear(16)\n"),
    body("loops beyond the limit", "    for i in 0..5000 { y = relu(y) }\n", first="    y = x\n"),
    body("unknown names", "    layer%d = relu(layr%d)\n"),
    body("long unknown names", f"    {'abcdefgh' * 6}%d = relu({'hgfedcba' * 6}%d)\n"),
    body("long names that are alike", f"    {'abcdefgh' * 6}%d = relu({'abcdefgh' * 6}x%d)\n"),
    body("anagrams", lambda i: f"    {anagram(i)} = relu({anagram(i + 20000)})\n"),
    body("unknown functions", "    n%d = rely(x)\n"),
    body("unknown blocks", "    n%d = x -> Liner(16)\n"),
    body("wrong shapes", "    n%d = x + x[:, :, 1:]\n"),
    body("wrong arguments", "    n%d = relu(x, x, x)\n"),
    body("no requirement", '    require %d < 0 "no"\n'),
    body("broken statements", "    n%d = relu(\n"),
    body("broken expressions", "    n%d = x +\n"),
    body("missing values", "    n%d =\n"),
    body("stray brackets", "    n%d = x )\n"),
    body("strings that do not end", '    n%d = "abc\n'),
    body("escapes", '    param p%d: str = "\\q"\n'),
    body("one name again and again", "    input y: [B]\n"),
    body("large numbers", "    n%d = x * 99999999999999999999\n"),
    Construct("opening braces", "", "{", ""),
    Construct("closing braces", "", "}", ""),
    Construct("opening brackets", "", "(", ""),
    Construct("quotes", "", '"', ""),
    Construct("docs that do not end", "", '"""x', ""),
    Construct("models that do not end", "", "model M%d {\n", ""),
    Construct("loops that do not end", f"model M {{\n{INPUT}", "for i in 0..2 {\n", ""),
    Construct("headless lines", "", "train\n  x\n", ""),
    Construct("a loop without a brace", "for i in", " ", "{"),
    value("steps of slices", "x[", "[", "1:2:3]"),
    Construct("words", "", "word ", ""),
    Construct("letters", "", "x", ""),
    Construct("stars", "", "*", ""),
    Construct("marks of recovery", "", "\0", ""),
    Construct("other letters", "", "中", ""),
    Construct("backslashes", "", "\\", ""),
)
LISTS = (
    body("loops over tables", "    for k, v in { a = %d, b = 2 } { n%d[k] = x * v }\n"),
    body("families as lists", "    f%d[0] = x    f%d[1] = x    c%d = concat(f%d, dim = 1)\n"),
    body("computed outputs", '    output ["y%d"] = x\n'),
    value("comprehensions", "concat([", "[x * i for i in 0..2][0]", "], dim = 1)", ", "),
    section(
        "targets of loops",
        "loss {\n",
        '    for n in ["a%d"] { target [n]: [B]  output [n] = mean(batch[n]) }\n',
    ),
    section(
        "loops of terms", "loss {\n", '    for n in ["a%d"] { output [n] = MSE(outputs.out, batch[n]) }\n'
    ),
)
CONSTRUCTS = (*STATEMENTS, *LISTS, *EXPRESSIONS, *SHAPES, *FILES, *SECTIONS, *MISTAKES)
