"""Each code has a page with an example that is wrong, which gives that code alone, and one that is right.

`GETDSL_UPDATE=1` writes the pages of docs/codes.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.diagnostics.catalogue import CODES
from getdsl.diagnostics.examples import HERE, as_text, examples_of
from tests.language.test_documents import write_checkpoint

PAGES = Path(__file__).parents[2] / "docs" / "codes"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTE = "<!-- written by tests/diagnostics/test_pages.py -->"
GROUPS = {
    "GET1": "Files and syntax",
    "GET2": "Names and arguments",
    "GET3": "Types and shapes",
    "GET4": "Sections and settings",
    "GET5": "Weights: `load`, `lora`, `freeze`",
    "GET6": "Data",
}


def halves(code: str) -> tuple[str, str]:
    """The wrong and the right example."""
    before, wrong, right = re.split(r"^## (?:Wrong|Right)$", examples_of(code), flags=re.MULTILINE)
    assert not before
    return wrong, right


def codes_of(example: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The codes that an example prints."""
    command = "check spec.get"
    for kind, name, body in FENCE.findall(example):
        if kind == "console":
            command = body.strip().removeprefix("$ getdsl ")
        elif kind == "checkpoint":
            write_checkpoint(Path(name), body)
        else:
            Path(name or "spec.get").write_text(body, encoding="utf-8")
    main(shlex.split(command))
    captured = capsys.readouterr()
    return set(re.findall(r"\[(GET\d{3})\]", captured.out + captured.err))


@pytest.mark.parametrize("code", CODES)
def test_the_wrong_example_gives_its_code_and_the_right_one_none(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for example, expected in zip(halves(code), ({code}, set()), strict=True):
        folder = tmp_path / str(len(expected))
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert codes_of(example, capsys) == expected


def page(code: str) -> str:
    about = CODES[code]
    return f"{NOTE}\n\n# {code}: {about.title}\n\n{about.text}\n\n{examples_of(code)}\n"


def index() -> str:
    lines = [NOTE, "", "# Codes of diagnostics", ""]
    lines += [
        "`getdsl explain CODE` prints a page. How mistakes are mended: [diagnostics.md](../diagnostics.md)."
    ]
    for start, title in GROUPS.items():
        rows = [
            f"| [{name}]({name}.md) | {code.title} |"
            for name, code in CODES.items()
            if name.startswith(start)
        ]
        lines += ["", f"## {title}", "", "| code | |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


def test_the_pages_are_those_of_the_codes() -> None:
    wanted = {f"{code}.md": page(code) for code in CODES} | {"README.md": index()}
    if UPDATE:
        PAGES.mkdir(exist_ok=True)
        for name, text in wanted.items():
            (PAGES / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()} == wanted
    assert {path.stem for path in HERE.glob("*.md")} == set(CODES)


def test_every_code_is_in_a_group() -> None:
    assert {code[:4] for code in CODES} == set(GROUPS)


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "GET108"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"GET108: {CODES['GET108'].title}\n\n{CODES['GET108'].text}")
    assert as_text(examples_of("GET108")) in printed
    assert "Wrong:\n\n    model M {\n" in printed
    assert "  run.yaml:\n\n    - width\n" in printed
    assert "    $ getdsl check spec.get --params run.yaml\n" in printed
