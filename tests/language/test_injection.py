"""Mistakes put into every shipped spec: each is reported once, by its code, at its line."""

from __future__ import annotations

import random
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.catalogue import CODES
from getdsl.diagnostics.text import render_text
from tests.language.mistakes import CATALOGUE, Spec, draw, inject

SPECS = Path(__file__).parents[2] / "specs"
SHIPPED = sorted(SPECS.rglob("*.get"))
BESIDE = sorted(SPECS.rglob("*.meme"))  # that they name by a path of their own
SEEDS = range(1)  # some 250 spoiled specs, with those that ship
NAMES = [path.relative_to(SPECS).as_posix() for path in SHIPPED]


def found_in(diagnostics: list[Diagnostic]) -> list[tuple[str, int]]:
    errors = [item for item in diagnostics if item.severity == "error"]
    places = [(item.code, item.primary.span.line if item.primary else 0) for item in errors]
    return sorted(places, key=lambda item: (item[1], item[0]))


@cache
def clean(path: Path) -> Spec:
    return Spec(path.read_text())


def spoil(path: Path, count: int, seed: int) -> tuple[str, list[tuple[str, int]], str]:
    rng = random.Random(f"{path.name} {count} {seed}")
    spec = clean(path)
    mistakes = draw(spec, count, rng)
    text, expected = inject(spec.text, mistakes)
    return text, expected, ", ".join(item.name for item in mistakes)


def place_beside(path: Path, text: str, folder: Path) -> Path:
    """The spoiled spec in a copy of the shipped tree, so that what it uses is still there."""
    copy = (folder / path.relative_to(SPECS)).with_name(f"spoiled_{path.name}")
    for other in (*SHIPPED, *BESIDE):
        target = folder / other.relative_to(SPECS)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(other.read_text())
    copy.write_text(text.replace("{self}", copy.name))
    return copy


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
@pytest.mark.parametrize("count", range(1, 6))
def test_each_mistake_is_one_error(path: Path, count: int, tmp_path: Path) -> None:
    for seed in SEEDS:
        text, expected, names = spoil(path, count, seed)
        diagnostics = check(place_beside(path, text, tmp_path)).diagnostics
        assert found_in(diagnostics) == expected, f"seed {seed}: {names}\n{render_text(diagnostics)}"


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_the_command_line_says_so(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, expected, _ = spoil(path, 3, 99)
    assert main(["check", str(place_beside(path, text, tmp_path))]) == 1
    assert capsys.readouterr().err.count("error[GET") == len(expected) == 3


@pytest.mark.parametrize("kind", CATALOGUE)
def test_each_kind_alone(kind: str, tmp_path: Path) -> None:
    """Every kind of the catalogue can be made in some shipped spec, and is reported there."""
    tried = ((path, CATALOGUE[kind](clean(path), random.Random(f"{kind} {path.name}"))) for path in SHIPPED)
    made = list(islice(((path, mistake) for path, mistake in tried if mistake is not None), 3))
    assert made, "no shipped spec has a place for this mistake"
    for path, mistake in made:
        text, expected = inject(clean(path).text, [mistake])
        diagnostics = check(place_beside(path, text, tmp_path)).diagnostics
        assert found_in(diagnostics) == expected, f"{path.name}\n{render_text(diagnostics)}"


@pytest.mark.parametrize("path", SHIPPED, ids=NAMES)
def test_shipped_specs_are_clean(path: Path) -> None:
    checked = check(path)
    assert checked.ok, render_text(checked.diagnostics)


def test_the_catalogue_is_large_and_known() -> None:
    assert len(CATALOGUE) >= 25
    spec = clean(SPECS / "my_model.get")
    made = [make(spec, random.Random(0)) for make in CATALOGUE.values()]
    assert {mistake.code for mistake in made if mistake} <= set(CODES)


def test_the_harness_can_fail(tmp_path: Path) -> None:
    """A spoiled spec does not pass for a clean one, and a mistake's line matters."""
    text, expected, _ = spoil(SPECS / "my_model.get", 2, 0)
    spoiled = place_beside(SPECS / "my_model.get", text, tmp_path)
    found = found_in(check(spoiled).diagnostics)
    assert found == expected != []
    spoiled.write_text("\n" + text)
    assert found_in(check(spoiled).diagnostics) == [(code, line + 1) for code, line in expected]
