"""Pairs of variants of a small model, each the base with some words replaced on either side."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SPECS = Path(__file__).parent.parent.parent / "specs"

UNIT = """block Unit {
    param width: int
    input x: [B, L, width]
    norm = x -> LayerNorm(width)
    up   = norm -> Linear(width)
    output y = x + gelu(up)
}
"""
BASE = f"""{UNIT}model Base {{
    param width: int = 6
    param depth: int = 2
    input dna: onehot[B, L, 4]
    stem = dna -> Conv1d(width, kernel_size = 3)
    x    = relu(stem)
    for i in 0..depth {{
        tower[i] = x -> Unit(width)
        x = tower[i]
    }}
    head = mean(x, dim = 1) -> Linear(3)
    output y = head
}}
"""
LORA = "lora { on = [tower]  rank = 2  alpha = 4 }\n"
BATCHED = [("LayerNorm(width)", "BatchNorm(width)")]
SIDE, END = "    side = mean(x, dim = 1) -> Linear(3)\n", "    output y = head"
HEADS = f"{SIDE}    output s = side\n{END}"
TINY = [
    ("128", "8"),
    ("768", "12"),
    ("num_layers: int   = 12", "num_layers: int   = 1"),
    ("Linear(64)", "Linear(4)"),
]
TINY += [("ContactMapHead(64)", "ContactMapHead(4)"), ("num_heads:  int   = 12", "num_heads:  int   = 2")]
QUICK = [("width:      int   = 64", "width: int = 4"), ("Linear(128", "Linear(5"), ("motifs = motifs, ", "")]
QUICK += [
    ("MotifScanner(kernel_size", "MotifScanner(num_motif = 4, kernel_size"),
    ('prior = "log_odds",', ""),
]

Edits = list[tuple[str, str]]


class Variants(NamedTuple):
    """Two specs as edits of one text, and how checkpoints of the one load in the other, by hand."""

    before: Edits
    after: Edits
    how: str
    base: str = BASE

    @property
    def texts(self) -> tuple[str, str]:
        return edited(self.base, self.before), edited(self.base, self.after)


def edited(text: str, edits: Edits) -> str:
    """The text with all occurrences replaced; "" at the front adds at the end."""
    for old, new in edits:
        assert old in text, old
        text = text + new if old == "" else text.replace(old, new)
    return text


def shipped(name: str) -> str:
    """The model of a shipped spec, without the sections that stand behind it."""
    text = (SPECS / name).read_text()
    return text[: text.index("\n}\n") + 3]


PAIRS = {
    "layout": Variants(
        [],
        [("    ", "\t"), (" = ", "="), ("output y=head", "\n\n# what it is for\noutput y=head")],
        "as it is",
    ),
    "order of definitions": Variants(
        [(END, HEADS)],
        [("    head =", f"{SIDE}    head ="), (END, f"    output s = side\n{END}")],
        "as it is",
    ),
    "another activation": Variants([], [("gelu(up)", "relu(up)")], "as it is"),
    "dropout": Variants([], [("relu(stem)", "relu(stem) -> Dropout(0.1)")], "as it is"),
    "frozen": Variants([], [("", "freeze = [stem]\n")], "as it is"),
    "adapters over a base": Variants([], [("", LORA)], "as it is"),
    "the same adapters": Variants([("", LORA)], [("", LORA), ("gelu", "relu")], "as it is"),
    "a parameter that learns no more": Variants(
        [("head = ", "shift = Parameter([3], init = zeros)\n    head = "), ("y = head", "y = head + shift")],
        [("head = ", "shift = Buffer(full([3], 0.0))\n    head = "), ("y = head", "y = head + shift")],
        "as it is",
    ),
    "two layers change places": Variants(
        [("head =", "a = x -> Linear(width)\n    b = a -> Linear(width)\n    head ="), ("mean(x", "mean(b")],
        [("head =", "b = x -> Linear(width)\n    a = b -> Linear(width)\n    head ="), ("mean(x", "mean(a")],
        "as it is",
    ),
    "a longer input": Variants([], [("onehot[B, L, 4]", "onehot[B, 64, 4]")], "as it is"),
    "a part renamed": Variants([], [("stem", "trunk")], "renamed"),
    "blocks renamed": Variants([], [("tower", "blocks")], "renamed"),
    "all renamed": Variants([], [("stem", "trunk"), ("tower", "blocks"), ("head", "out")], "renamed"),
    "renamed inside a block": Variants([], [("up ", "fc "), ("(up)", "(fc)"), ("norm", "scale")], "renamed"),
    "batch norms renamed": Variants(BATCHED, [*BATCHED, ("norm", "scale")], "renamed"),
    "a head in a block of its own": Variants(
        [],
        [
            ("model Base", "block Out { input x: [B, D]\n fc = x -> Linear(3)\n output y = fc }\nmodel Base"),
            (f"Linear(3)\n{END}", f"Out()\n{END}"),
        ],
        "renamed",
    ),
    "wider": Variants([], [("width: int = 6", "width: int = 8")], "in part"),
    "deeper": Variants([], [("depth: int = 2", "depth: int = 3")], "in part"),
    "a loop that ends sooner": Variants([], [("depth: int = 2", "depth: int = 1")], "in part"),
    "another kernel": Variants([], [("kernel_size = 3", "kernel_size = 5")], "in part"),
    "another norm": Variants([], [("LayerNorm", "RMSNorm")], "in part"),
    "batch norm to layer norm": Variants(BATCHED, [], "in part"),
    "layer norm to batch norm": Variants([], BATCHED, "in part"),
    "without a bias": Variants([], [("kernel_size = 3", "kernel_size = 3, bias = false")], "in part"),
    "more outputs": Variants([], [("Linear(3)", "Linear(4)")], "in part"),
    "a head more": Variants([], [(END, HEADS)], "in part"),
    "a head less": Variants([(END, HEADS)], [], "in part"),
    "renamed and deeper": Variants([], [("stem", "trunk"), ("depth: int = 2", "depth: int = 3")], "in part"),
    "weights that are tied": Variants(
        [],
        [
            ("tower[i] = x -> Unit(width)\n        x = tower[i]", "x = x -> same"),
            ("    for i", "    same = Unit(width)\n    for i"),
        ],
        "in part",
    ),
    "weights that are tied no more": Variants(
        [("head =", "fc = Linear(width)\n    head ="), ("mean(x", "mean(x -> fc -> fc")],
        [
            ("head =", "fc = x -> Linear(width)\n    fc2 = fc -> Linear(width)\n    head ="),
            ("mean(x", "mean(fc2"),
        ],
        "in part",
    ),
    "a buffer more": Variants(
        [],
        [("head = ", "shift = Buffer(full([3], 0.0))\n    head = "), ("y = head", "y = head + shift")],
        "in part",
    ),
    "adapters that nobody takes": Variants([("", LORA)], [], "not"),
    "adapters of another rank": Variants([("", LORA)], [("", LORA), ("rank = 2", "rank = 3")], "not"),
    "my model, renamed": Variants(
        TINY, [*TINY, ("proj ", "projection "), ("proj]", "projection]")], "renamed", shipped("my_model.get")
    ),
    "my model, without contacts": Variants(
        TINY,
        [*TINY, ("    output hic = squeeze(head_hic, 1)", "    remove_me = head_hic")],
        "as it is",
        shipped("my_model.get"),
    ),
    "quickstart, wider": Variants(
        QUICK, [*QUICK, ("width: int = 4", "width: int = 6")], "in part", shipped("quickstart.get")
    ),
}
