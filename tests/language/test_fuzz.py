"""Random damage to the shipped specs: `check` answers with diagnostics, never with a traceback."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.spec import Checked
from getdsl.diagnostics.render import render

SPECS = Path(__file__).parents[2] / "specs"
SHIPPED = sorted(SPECS.rglob("*.get"))
MUTATIONS = int(os.environ.get("GETDSL_FUZZ", max(20, 600 // len(SHIPPED))))  # 200 of each before a release
SECONDS = 2.0  # far above what a check takes, far below a hang
INSERTED = (
    *"()[]{}\"'#=:,.?*/+-<>|\\@;",
    *(
        "->",
        "..",
        "...",
        "==",
        "??",
        '"""',
        "\0",
        "\0\0\0",
        "\ufeff",
        "é",
        "中",
        "\u2028",
        "\t",
        "\r\n",
        "\r",
        "\f",
    ),
    *(
        "model ",
        "block ",
        "param ",
        "input ",
        "output ",
        "for ",
        "if ",
        "else ",
        "where ",
        "weight ",
        "then ",
        "not ",
    ),
    *(
        "1e999",
        "9" * 5000,
        "1_",
        "0x1",
        "-",
        "true",
        "none",
        "batch",
        "batch.x",
        "Parameter",
        "R",
        "0..3",
        "{ }",
        "[]",
        "()",
    ),
)


def mutate(text: str, rng: random.Random) -> str:
    """The text with one to four pieces of damage."""
    for _ in range(rng.randint(1, 4)):
        if not text:
            break
        at = rng.randrange(len(text))
        to = min(len(text), at + rng.choice([1, 1, 2, 5, 20, 80]))
        kind = rng.randrange(8)
        if kind == 0:
            text = text[:at] + text[to:]
        elif kind == 1:
            text = text[:at] + text[at:to] + text[at:]
        elif kind == 2:
            text = text[:at] + rng.choice(INSERTED) + text[at:]
        elif kind == 3:
            text = text[:at] + rng.choice(INSERTED) + text[to:]
        elif kind == 4:
            other = rng.randrange(len(text))
            text = text[:other] + text[at:to] + text[other:]
        elif kind == 5:
            text = _without_a_word(text, rng)
        elif kind == 6:
            text = _with_words_swapped(text, rng)
        else:
            text = rng.choice(
                [text[:at], text[at:], text.replace("\n", "\r\n"), text.replace("    ", "\t"), text]
            )
    return text


def _without_a_word(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    del words[rng.randrange(len(words))]
    return " ".join(words)


def _with_words_swapped(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    first, second = rng.randrange(len(words)), rng.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    return " ".join(words)


def answer(text: str, name: str) -> tuple[Checked, float]:
    started = time.process_time()
    checked = check_text(text, name)
    for format in ("text", "json", "github"):
        render(checked.diagnostics, format)
    return checked, time.process_time() - started


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(SPECS).as_posix())
def test_damage_is_reported(path: Path) -> None:
    text = path.read_text()
    rng = random.Random(path.name)
    for number in range(MUTATIONS):
        damaged = mutate(text, rng)
        try:
            checked, seconds = answer(damaged, path.name)
        except Exception as error:
            raise AssertionError(f"mutation {number} of {path.name}:\n{damaged}") from error
        assert checked.ok or any(item.severity == "error" for item in checked.diagnostics), damaged
        assert seconds < SECONDS, f"mutation {number} took {seconds:.1f} s:\n{damaged}"


def test_the_mutations_do_damage() -> None:
    """Most of them break the spec, so the test above is about something."""
    text = (SPECS / "my_model.get").read_text()
    rng = random.Random(1)
    assert sum(not check_text(mutate(text, rng)).ok for _ in range(30)) > 15
