"""A catalogue of mistakes that people make in specs, and how to make them in any spec.

A mistake is an edit of a spec's text with the code that it must be reported by, at a line. Some are
made to what stands in the spec (a name misspelt, a bracket dropped), others are lines put in.
Mistakes that are put in bring their own tensors, so that none hides behind another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from getdsl.compiler import library
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.text.source import SourceFile

MARK = "§"  # where an inserted line must be blamed
TENSOR = "slip$_a = Parameter([2, 8])\n"


@dataclass(frozen=True)
class Edit:
    """A piece of the text replaced.

    The line that must be blamed is that of the offset `blamed` in `new`, or, where it stands
    further up, of the offset `above` in the clean text.
    """

    start: int
    end: int
    new: str
    blamed: int = 0
    above: int | None = None


@dataclass(frozen=True)
class Mistake:
    name: str
    code: str
    edit: Edit
    claims: frozenset[object]  # the parts that it spoils: mistakes of one text claim different parts


@dataclass
class Spec:
    """A clean spec with what mistakes are made to."""

    text: str
    file: syntax.File = field(init=False)

    def __post_init__(self) -> None:
        diagnostics = Diagnostics()
        self.file = parse(SourceFile("spec.get", self.text), diagnostics)
        assert not diagnostics.errors

    @property
    def model(self) -> syntax.Definition | None:
        models = [
            item for item in self.file.items if isinstance(item, syntax.Definition) and item.kind == "model"
        ]
        return models[-1] if models else None

    @property
    def body(self) -> tuple[syntax.Statement, ...]:
        return self.model.body if self.model else ()

    def section(self, keyword: str) -> syntax.Section | None:
        found = [
            item for item in self.file.items if isinstance(item, syntax.Section) and item.keyword == keyword
        ]
        return found[0] if found else None

    def settings(self, *keywords: str) -> Iterator[syntax.Setting]:
        for keyword in keywords:
            section = self.section(keyword)
            yield from (
                (entry for entry in section.entries if isinstance(entry, syntax.Setting)) if section else ()
            )

    def assignment(self, keyword: str) -> syntax.Setting | None:
        found = [
            item for item in self.file.items if isinstance(item, syntax.Setting) and item.name == keyword
        ]
        return found[0] if found else None

    def flows(self) -> list[syntax.Binding | syntax.Output]:
        """Statements of the model's body that hold an expression."""
        return [
            item
            for item in self.body
            if isinstance(item, syntax.Binding | syntax.Output) and item.value is not None
        ]


Maker = Callable[[Spec, random.Random], Mistake | None]
CATALOGUE: dict[str, Maker] = {}


def draw(spec: Spec, count: int, rng: random.Random) -> list[Mistake]:
    """So many mistakes of different kinds, each made to another part of the spec."""
    kinds = list(CATALOGUE)
    rng.shuffle(kinds)
    found: list[Mistake] = []
    for kind in kinds:
        if len(found) == count:
            break
        mistake = CATALOGUE[kind](spec, rng)
        if mistake is not None and all(mistake.claims.isdisjoint(other.claims) for other in found):
            found.append(mistake)
    return found


def inject(text: str, mistakes: list[Mistake]) -> tuple[str, list[tuple[str, int]]]:
    """The spoiled text, and the code and line of each diagnostic that it must give, in order."""
    result, shift = text, 0
    expected: list[tuple[str, int]] = []
    shifts: list[tuple[int, int]] = []  # where an edit starts, and by how much it moves what follows
    for number, mistake in enumerate(sorted(mistakes, key=lambda item: (item.edit.start, item.edit.end))):
        edit = mistake.edit
        new = edit.new.replace("$", f"_{number}")
        blamed = edit.start + shift + len(edit.new[: edit.blamed].replace("$", f"_{number}"))
        if edit.above is not None:
            blamed = edit.above + sum(by for start, by in shifts if start <= edit.above)
        result = result[: edit.start + shift] + new + result[edit.end + shift :]
        expected.append((mistake.code, blamed))
        shifts.append((edit.start, len(new) - (edit.end - edit.start)))
        shift += shifts[-1][1]
    lines = [(code, result.count("\n", 0, offset) + 1) for code, offset in expected]
    return result, sorted(lines, key=lambda item: (item[1], item[0]))


# ---- lines put in


def _inserted(name: str, code: str, place: int, indent: int, lines: str) -> Mistake:
    pad = " " * indent
    text = "".join(f"{pad}{line}\n" for line in lines.splitlines())
    text = text[len(pad) :] + pad
    blamed = text.index(MARK)
    return Mistake(name, code, Edit(place, place, text.replace(MARK, ""), blamed), frozenset({place}))


def in_body(name: str, code: str, lines: str, *, without_data: bool = False, alone: bool = False) -> None:
    """A mistake that is a few lines of a model's body, before any of its statements.

    `alone`: only in a model that extends none, where statements are ordered by what they use.
    """

    def make(spec: Spec, rng: random.Random) -> Mistake | None:
        if spec.model is None or not spec.body or (without_data and spec.section("data") is not None):
            return None
        if alone and spec.model.extends is not None:
            return None
        place = rng.choice(spec.body).span
        made = _inserted(name, code, place.start, place.column - 1, lines)
        if (
            "}" in lines.splitlines()[-1] and "{" not in lines.splitlines()[-1]
        ):  # with another brace lost, one is misplaced
            return replace(made, claims=made.claims | {("brace", spec.model.name)})
        return made

    CATALOGUE[name] = make


def in_section(name: str, code: str, keyword: str, lines: str) -> None:
    """A mistake that is a few lines of a section."""

    def make(spec: Spec, rng: random.Random) -> Mistake | None:
        section = spec.section(keyword)
        if section is None or not section.entries:
            return None
        place = rng.choice(section.entries).span
        return _inserted(name, code, place.start, place.column - 1, lines)

    CATALOGUE[name] = make


def at_top(name: str, code: str, lines: str) -> None:
    """A mistake that stands outside of all braces, before the model, in a spec that has no such section."""
    keyword = lines.replace(MARK, "").split()[0]

    def make(spec: Spec, rng: random.Random) -> Mistake | None:
        if keyword != "load" and (spec.section(keyword) or spec.assignment(keyword)):
            return None
        return _inserted(name, code, _top(spec), 0, lines)

    CATALOGUE[name] = make


def _top(spec: Spec) -> int:
    first = spec.file.items[0].span.start
    return spec.text.rfind("\n", 0, first) + 1


in_body("unknown block", "GET207", TENSOR + "slip$ = slip$_a -> §Lineer(8)")
in_body("unknown operation", "GET207", TENSOR + "slip$ = §reluu(slip$_a)")
in_body("unknown param", "GET214", TENSOR + "slip$ = slip$_a -> Linear(8, §biass = true)")
in_body("too many params", "GET214", TENSOR + 'slip$ = slip$_a -> Linear(8, true, "default", §9)')
in_body("wrong arity", "GET214", TENSOR + "slip$ = §relu(slip$_a, 3)")
in_body("param given twice", "GET214", TENSOR + "slip$ = slip$_a -> Linear(8, §out_features = 8)")
in_body("missing param", "GET213", TENSOR + "slip$ = §slip$_a -> Linear()")
in_body("missing input", "GET213", "slip$_a = Parameter([2, 8, 4])\nslip$ = §slip$_a -> SplitPool()")
in_body("unbound symbol", "GET303", "slip$_a = Parameter([1, 8])\nslip$ = expand(slip$_a, §Qz, 8)")
in_body(
    "operands that do not fit", "GET302", TENSOR + "slip$_b = Parameter([3, 9])\nslip$ = §slip$_a + slip$_b"
)
in_body(
    "concat along the wrong axis",
    "GET302",
    TENSOR + "slip$_b = Parameter([3, 8])\nslip$ = §concat([slip$_a, slip$_b], dim = 1)",
)
in_body(
    "shape mismatch of a block",
    "GET301",
    "slip$_a = Parameter([1, 2, 8])\nslip$ = slip$_a -> §TransformerBlock(6, 2)",
)
in_body(
    "shape mismatch three nodes away", "GET301",
    "slip$_a = Parameter([1, 2, 8])\nslip$_b = slip$_a * 2\nslip$_c = relu(slip$_b)\nslip$_d = "
    "slip$_c[:, 1:]\n"
    "slip$ = slip$_d -> §GETTransformer(6, 2, 1)",
)  # fmt: skip
in_body("use before bind", "GET208", "slip$ = relu(§slip$_a)\nslip$_a = Parameter([2, 8])", alone=True)
in_body("cycle", "GET208", "slip$_a = relu(§slip$_b)\nslip$_b = relu(slip$_a)")
in_body("weights without a name", "GET206", TENSOR + "output slip$ = slip$_a -> §Linear(3)")
in_body("two weights in a chain", "GET206", TENSOR + "slip$ = slip$_a -> §Linear(3) -> Linear(4)")
in_body(
    "weights bound twice", "GET205", TENSOR + "slip$ = slip$_a -> Linear(8)\n§slip$ = slip$_a -> Linear(8)"
)
in_body("output twice", "GET220", TENSOR + "output slip$ = slip$_a\noutput §slip$ = slip$_a")
in_body("output that is no tensor", "GET220", "§output slip$ = 3")
in_body("input declared twice", "GET202", "input slip$: [Qb, 3]\ninput §slip$: [Qb, 3]", without_data=True)
in_body("param declared twice", "GET202", "param slip$: int = 3\nparam §slip$: int = 4")
in_body("batch in a body", "GET219", "slip$ = relu(§batch.slip)")
in_body("wrong declared type", "GET305", "slip$: §[2, 9] = Parameter([2, 8])")
in_body("division by zero", "GET216", "slip$ = §1 / 0")
in_body("loop without an end", "GET204", "for slip$_i in 0..§slip_nowhere { slip$ = slip$_i }")
in_body("condition that is a tensor", "GET216", TENSOR + "if §slip$_a { slip$ = 1 } else { slip$ = 2 }")
in_body("wrong enum literal", "GET212", TENSOR + 'slip$ = slip$_a -> Linear(8, init = §"zero")')
in_body("wrong type of a param", "GET212", TENSOR + 'slip$ = slip$_a -> Linear(§"8")')
in_body("wrong type of a default", "GET212", 'param slip$: int = §"many"')
in_body("require that does not hold", "GET215", TENSOR + "slip$ = §slip$_a -> Linear(0)")
in_body("reserved name", "GET221", TENSOR + "§forward = slip$_a -> Linear(4)")
in_body("call of a tensor", "GET218", TENSOR + "slip$ = §slip$_a(3)")
in_body("block without its parentheses", "GET218", TENSOR + "slip$ = slip$_a + §Linear")
in_body("no such part", "GET217", TENSOR + "slip$_b = slip$_a -> Linear(4)\nslip$ = relu(§slip$_b.map)")
in_body("weights of unknown size", "GET310", 'slip$ = Parameter(§[1, "x"])')
in_body("no tensor type", "GET304", "input slip$: §tensr[B, 4]")
in_body("dimension that cannot be solved", "GET307", "input slip$: §[Qa * Qb]", without_data=True)
in_body("remove of nothing", "GET209", "§remove slip$_nothing")
in_body("positional after named", "GET107", TENSOR + "slip$ = slip$_a -> Linear(bias = false, §8)")
in_body("bad character", "GET105", "slip$ = 3 §@ 4")
in_body("semicolon", "GET105", TENSOR + "slip$ = relu(slip$_a)§;")
in_body("single quotes", "GET105", TENSOR + "slip$ = slip$_a -> Linear(8, init = §'default')")
in_body("bad escape", "GET106", 'param slip$: str = §"C:\\data"')
in_body("unterminated string", "GET105", 'param slip$: str = §"open')
in_body("python's True", "GET204", TENSOR + "slip$ = slip$_a -> Linear(8, bias = §True)")
in_body("nothing after an arrow", "GET102", TENSOR + "slip$ = slip$_a §->")
in_body(
    "missing paren over lines",
    "GET103",
    TENSOR + "slip$ = slip$_a -> Linear§(8,\n                     bias = true",
)
in_body("stray brace in the body", "GET104", TENSOR + "slip$ = relu(slip$_a) §}")
in_body("misspelt param keyword", "GET102", "§parm slip$: int = 3")
in_body("misspelt for keyword", "GET102", "§fro i in 0..3 { slip$ = i }")
in_body("colon missing in a param", "GET102", "param slip$ §int = 3")

in_section("unknown setting", "GET402", "train", "§slip$_epoch = 3")
in_section("a term that is no tensor", "GET410", "loss", "slip$ = §3")
in_section("metric of no term", "GET411", "metrics", "§slip$_zzz = [pearson]")
in_section("statement that is none", "GET102", "train", "slip$ = §=")

at_top("absent file", "GET101", 'use §"no/such/file_$.get"')
at_top("file that uses itself", "GET201", 'use §"{self}"')
at_top(
    "block defined twice", "GET202",
    "block Slip$ { input x: [B, D] output y = x }\nblock §Slip$ { input x: [B, D] output y = x }",
)  # fmt: skip
at_top("unknown parent", "GET209", "model Slip$ extends §NoSuchModel { output y = Parameter([2]) }")
at_top(
    "mistake in a block that nobody uses",
    "GET204",
    "block Slip$ {\n    input x: [B, D]\n    output y = x + §slip_nowhere\n}",
)
at_top("block inside itself", "GET210", "block Slip$ {\n    input x: [B, D]\n    output y = x -> §Slip$()\n}")
at_top("unknown section", "GET401", "§slippers { epochs = 3 }")
at_top("python", "GET102", "import §torch")
at_top("freeze of nothing", "GET511", "freeze = [§slip$_nowhere]")
at_top("train_only of a part of nothing", "GET511", "train_only = [§slip$_nowhere.blocks[0..3].attn]")
at_top("new that is nowhere", "GET511", 'load "slip$.pth" {\n    new = [§slip$_nowhere]\n}')
at_top("into nowhere", "GET511", 'load "slip$.pth" { into = §slip$_nowhere }')
at_top("lora on nothing", "GET511", "lora { on = [§slip$_nowhere]  rank = 4 }")
at_top("lora without targets", "GET404", "§lora { rank = 4 }")
at_top("rank of nothing", "GET403", 'lora { adapter = "slip$.pth"  rank = §0 }')
at_top("load without a file", "GET404", "§load { strict = false }")
at_top("misspelt setting of a load", "GET402", 'load "slip$.pth" {\n    §strct = false\n}')
at_top("a hash that is none", "GET403", 'load "slip$.pth" { sha256 = §"9f2c" }')
at_top(
    "a rule that is never reached", "GET517", 'load "slip$.pth" { rename { "a." -> "b."  §"a.c." -> "d." } }'
)
at_top("a rule that stands twice", "GET517", 'load "slip$.pth" { rename { "a." -> "b."  §"a." -> "d." } }')
at_top("a rule of an empty key", "GET517", 'load "slip$.pth" { rename { §"" -> "b." } }')
at_top("a broken expression", "GET517", 'load "slip$.pth" { rename { "re:a§(b" -> "b." } }')
at_top("a setting among rules", "GET403", 'load "slip$.pth" { rename { §a = "b" } }')
at_top("a rule outside a table", "GET403", 'load "slip$.pth" { §"a." -> "b." }')
at_top("freeze that is no list", "GET403", 'freeze = §"encoder"')
at_top("freeze as a section", "GET401", "§freeze { encoder = true }")


# ---- changes of what stands there


def changes(name: str, code: str) -> Callable[[Callable[[Spec], list[tuple[Edit, object]]]], None]:
    """Registers a function that lists all the places where a mistake of this kind can be made."""

    def register(sites: Callable[[Spec], list[tuple[Edit, object]]]) -> None:
        def make(spec: Spec, rng: random.Random) -> Mistake | None:
            found = sites(spec)
            if not found:
                return None
            edit, claim = rng.choice(found)
            return Mistake(name, code, edit, frozenset(claim if isinstance(claim, list) else [claim]))

        CATALOGUE[name] = make

    return register


def _misspelt(word: str) -> str:
    """The word with two letters swapped, or one doubled where they are alike."""
    middle = max(1, len(word) // 2)
    swapped = (
        word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
        if middle < len(word)
        else word
    )
    return swapped if swapped != word else word + word[-1]


def _within(item: syntax.Node, kind: type[syntax.Node]) -> Iterator[syntax.Node]:
    return (node for node in syntax.walk(item) if isinstance(node, kind))


@changes("misspelt block", "GET207")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        for call in _within(item, syntax.Call):
            assert isinstance(call, syntax.Call)
            if isinstance(call.callee, syntax.Name) and call.callee.id in library.index():
                span = call.callee.span
                found.append((Edit(span.start, span.end, _misspelt(span.text)), item.span.start))
    return found


@changes("misspelt keyword argument", "GET214")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        for call in _within(item, syntax.Call):
            assert isinstance(call, syntax.Call)
            for keyword in call.keywords:
                span = keyword.name_span
                found.append((Edit(span.start, span.end, _misspelt(span.text) + "q"), item.span.start))
    return found


@changes("misspelt name", "GET204")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    bound = {
        item.name for item in spec.body if isinstance(item, syntax.Binding | syntax.Param | syntax.Input)
    }
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        for name in _within(item, syntax.Name):
            if name.span.text in bound:
                found.append(
                    (Edit(name.span.start, name.span.end, _misspelt(name.span.text) + "q"), item.span.start)
                )
    return found


@changes("misspelt output in the loss", "GET204")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    outputs = {item.name for item in spec.body if isinstance(item, syntax.Output)}
    found: list[tuple[Edit, object]] = []
    for item in spec.settings("loss"):
        for name in _within(item, syntax.Name):
            if name.span.text in outputs:
                found.append((Edit(name.span.start, name.span.end, f"{name.span.text}_qq"), item.span.start))
    return found


@changes("unknown batch key", "GET602")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    if spec.section("data") is None:
        return []
    found: list[tuple[Edit, object]] = []
    for item in spec.settings("loss"):
        reads = [node for node in _within(item, syntax.Attribute) if node.span.text.startswith("batch.")]
        for node in reads[:1]:
            found.append((Edit(node.span.end, node.span.end, "_qq"), item.span.start))
    return found


@changes("missing paren", "GET103")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in (*spec.flows(), *spec.settings("loss")):
        for call in _within(item, syntax.Call):
            assert isinstance(call, syntax.Call)
            opener = spec.text.index("(", call.callee.span.end)
            before = spec.text[item.span.start : opener]
            if sum(before.count(char) for char in "([{") == sum(before.count(char) for char in ")]}"):
                edit = Edit(call.span.end - 1, call.span.end, "", above=opener)
                found.append((edit, [item.span.start, *_next_start(spec, item)]))
    return found


def _next_start(spec: Spec, item: syntax.Node) -> list[object]:
    """Where the next statement starts: a mistake put in there is read as part of what is not closed."""
    return [one.span.start for one in spec.body if one.span.start > item.span.start][:1]


@changes("stray paren", "GET104")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    return [
        (Edit(item.span.end, item.span.end, ")"), item.span.start)
        for item in (*spec.flows(), *spec.settings("loss", "train"))
    ]


@changes("stray bracket in the middle", "GET104")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        assert item.value is not None
        found.append((Edit(item.value.span.start, item.value.span.start, "] "), item.span.start))
    return found


@changes("model never closed", "GET103")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    if spec.model is None:
        return []
    opener = spec.text.index("{", spec.model.name_span.end)
    end = spec.model.span.end
    return [(Edit(end - 1, end, "", above=opener), ("brace", spec.model.name))]


@changes("section never closed", "GET103")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.file.items:
        if isinstance(item, syntax.Section) and item.entries and item.entries[0].span.line > item.span.line:
            opener = spec.text.index("{", item.keyword_span.end)
            end = item.span.end
            found.append((Edit(end - 1, end, "", above=opener), ("brace", item.keyword)))
    return found


@changes("section never opened", "GET102")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.file.items:
        if isinstance(item, syntax.Section) and item.entries and item.entries[0].span.line > item.span.line:
            opener = spec.text.index("{", item.keyword_span.end)
            found.append((Edit(opener, opener + 1, ""), ("brace", item.keyword)))
    return found


@changes("quote dropped", "GET105")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        for node in _within(item, syntax.String):
            edit = Edit(node.span.end - 1, node.span.end, "", above=node.span.start)
            found.append((edit, item.span.start))
    return found


@changes("comma dropped", "GET102")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        for call in _within(item, syntax.Call):
            assert isinstance(call, syntax.Call)
            for first, second in zip(call.args, call.args[1:], strict=False):
                comma = spec.text.index(",", first.span.end)
                if isinstance(second, syntax.Name | syntax.Number) and comma < second.span.start:
                    found.append((Edit(comma, comma + 1, "", above=second.span.start), item.span.start))
    return found


@changes("equals doubled", "GET102")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.flows():
        if isinstance(item, syntax.Binding) and item.type is None and not item.indices:
            equals = spec.text.index("=", item.name_span.end)
            found.append((Edit(equals, equals + 1, "=="), item.span.start))
    return found


def _keyword_sites(kind: type[syntax.Node], wrong: str) -> Callable[[Spec], list[tuple[Edit, object]]]:
    def sites(spec: Spec) -> list[tuple[Edit, object]]:
        items = [item for item in spec.body if isinstance(item, kind)]
        return [
            (Edit(i.span.start, i.span.start + len(i.span.text.split()[0]), wrong), i.span.start)
            for i in items
        ]

    return sites


changes("misspelt output keyword", "GET102")(_keyword_sites(syntax.Output, "ouptut"))
changes("misspelt input keyword", "GET102")(_keyword_sites(syntax.Input, "inptu"))


@changes("misspelt model keyword", "GET102")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    if spec.model is None:
        return []
    return [(Edit(spec.model.span.start, spec.model.span.start + 5, "modle"), ("keyword", spec.model.name))]


@changes("misspelt section", "GET401")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    sections = [item for item in spec.file.items if isinstance(item, syntax.Section)]
    return [
        (
            Edit(i.keyword_span.start, i.keyword_span.end, _misspelt(i.keyword)),
            [("keyword", i.keyword), ("brace", i.keyword)],  # without its brace nothing says what it is
        )
        for i in sections
    ]


@changes("misspelt setting", "GET402")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    settings = spec.settings("train", "data")
    return [
        (Edit(i.name_span.start, i.name_span.end, _misspelt(i.name) + "q"), i.span.start) for i in settings
    ]


@changes("setting of a wrong type", "GET403")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    numbers = [item for item in spec.settings("train") if isinstance(item.value, syntax.Number)]
    return [(Edit(i.value.span.start, i.value.span.end, '"many"'), i.span.start) for i in numbers]


@changes("setting out of range", "GET403")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    numbers = [i for i in spec.settings("train") if isinstance(i.value, syntax.Number) and i.name != "seed"]
    return [(Edit(i.value.span.start, i.value.span.end, "0"), i.span.start) for i in numbers]


@changes("setting set twice", "GET405")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.settings("train"):
        pad = " " * (item.span.column - 1)
        found.append((Edit(item.span.end, item.span.end, f"\n{pad}{item.span.text}", 1), item.span.start))
    return found


@changes("unknown optimizer", "GET403")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    item = spec.assignment("optimizer")
    if item is None or not isinstance(item.value, syntax.Call):
        return []
    span = item.value.callee.span
    return [(Edit(span.start, span.end, "Adagrid"), item.span.start)]


@changes("misspelt optimizer setting", "GET402")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    item = spec.assignment("optimizer")
    if item is None or not isinstance(item.value, syntax.Call):
        return []
    return [
        (Edit(k.name_span.start, k.name_span.end, f"{k.name}r"), item.span.start) for k in item.value.keywords
    ]


@changes("negative learning rate", "GET403")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    item = spec.assignment("optimizer")
    if item is None or not isinstance(item.value, syntax.Call):
        return []
    rates = [k for k in item.value.keywords if k.name == "lr"]
    return [(Edit(k.value.span.start, k.value.span.end, "-1"), item.span.start) for k in rates]


@changes("unknown metric", "GET411")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.settings("metrics"):
        names = item.value.items if isinstance(item.value, syntax.List) else ()
        found += [(Edit(name.span.start, name.span.end, "pearsn"), item.span.start) for name in names]
    return found


@changes("negative weight of a term", "GET410")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    items = [item for item in spec.settings("loss") if item.weight is not None]
    return [(Edit(i.weight.span.start, i.weight.span.end, "-1"), i.span.start) for i in items if i.weight]


@changes("unknown data source", "GET601")
def _(spec: Spec) -> list[tuple[Edit, object]]:
    found: list[tuple[Edit, object]] = []
    for item in spec.settings("data"):
        if item.name in ("source", "regions") and isinstance(item.value, syntax.Call):
            span = item.value.callee.span
            found.append((Edit(span.start, span.end, _misspelt(span.text)), item.span.start))
    return found
