"""The language's tests as prose: Markdown with specs, commands, and all that these must print.

A section of a document holds files (```` ```get ```` is `spec.get`, ```` ```get name.get ```` another,
likewise `yaml`), checkpoints (```` ```checkpoint name.safetensors ````: a line `key [2, 3]` for each tensor)
and commands (```` ```console ````: a `$` line, then what it prints). `GETDSL_UPDATE=1`
writes what the commands print now into the documents, for a person to read.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from getdsl.cli import main
from getdsl.diagnostics.catalogue import CODES

HERE = Path(__file__).parent
DOCUMENTS = sorted(HERE.glob("*.md"))
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass
class Section:
    document: Path
    title: str
    files: dict[str, str] = field(default_factory=dict)
    checkpoints: dict[str, str] = field(default_factory=dict)
    commands: list[tuple[str, str]] = field(default_factory=list)  # what is run, and what it prints


def sections(document: Path) -> Iterator[Section]:
    """The sections that run something."""
    text = document.read_text(encoding="utf-8")
    fences = [match.span() for match in FENCE.finditer(text)]
    titles = [m for m in HEADING.finditer(text) if not any(start < m.start() < end for start, end in fences)]
    for match, following in zip(titles, [*titles[1:], None], strict=True):
        section = Section(document, match[1])
        for kind, name, body in FENCE.findall(
            text[match.end() : following.start() if following else len(text)]
        ):
            if kind == "console":
                command, _, output = body.partition("\n")
                section.commands.append((command.removeprefix("$ getdsl "), output))
            elif kind == "checkpoint":
                section.checkpoints[name] = body
            else:
                section.files[name or f"spec.{kind}"] = body
        if section.commands:
            yield section


ALL = [section for document in DOCUMENTS for section in sections(document)]


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    code = main(shlex.split(command))
    captured = capsys.readouterr()
    output = "\n".join(line.rstrip() for line in (captured.out + captured.err).splitlines())
    return f"{output}\n" + (f"exit {code}\n" if code else "")


def write_checkpoint(path: Path, lines: str) -> None:
    """A safetensors file of zeros, in the order of the lines."""
    tensors = {}
    for line in lines.splitlines():
        key, _, shape = line.partition(" ")
        tensors[key] = np.zeros(json.loads(shape), dtype=np.float32)
    save_file(tensors, path)


@pytest.mark.parametrize("section", ALL, ids=lambda item: f"{item.document.stem}: {item.title}")
def test_section(
    section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, body in section.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(body, encoding="utf-8")
    for name, body in section.checkpoints.items():
        write_checkpoint(Path(name), body)
    for command, expected in section.commands:
        printed = run(command, capsys)
        if UPDATE and printed != expected:
            text = section.document.read_text(encoding="utf-8")
            before, title, after = text.partition(f"# {section.title}\n")
            after = after.replace(
                f"$ getdsl {command}\n{expected}```", f"$ getdsl {command}\n{printed}```", 1
            )
            section.document.write_text(before + title + after, encoding="utf-8")
        else:
            assert printed == expected


def test_every_code_is_shown() -> None:
    shown = {
        code for section in ALL for _, output in section.commands for code in re.findall(r"GET\d{3}", output)
    }
    assert set(CODES) <= shown, f"no document shows {sorted(set(CODES) - shown)}"


def test_titles_name_one_section_each() -> None:
    names = [(section.document, section.title) for section in ALL]
    assert len(names) == len(set(names))


def test_a_wrong_document_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "wrong.md"
    document.write_text(
        "# Wrong\n\n```get\nmodel M { }\n```\n\n```console\n$ getdsl check spec.get\nspec.get: fine\n```\n"
    )
    (section,) = sections(document)
    monkeypatch.setattr(f"{__name__}.UPDATE", False)
    with pytest.raises(AssertionError):
        test_section(section, tmp_path, monkeypatch, capsys)
