"""docs/readers.md: its table says what faces say, and its reader runs. GETDSL_UPDATE=1 writes both anew."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from getdsl.cli import main
from getdsl.compiler import library
from getdsl.compiler.check import check
from getdsl.grammar import syntax
from getdsl.runs.opened.samples import open_source
from tests.blocks.pages import definition_of, escape, first_line, nodes
from tests.language.test_documents import sections

PAGE = Path(__file__).parent.parent / "docs" / "readers.md"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"
TABLE = re.compile(r"(<!-- sources: .*? -->\n)(.*?)(<!-- end of sources -->)", re.DOTALL)
USES = {
    "genome": "`genome = …`",
    "regions": "`regions = …`",
    "negatives": "`negatives = …`",
    "samples": "`samples = …`",
    "": "a key of `batch`",
}
WHOLE = "`source = …`"


def outputs_of(name: str) -> dict[str, list[str]]:
    """The types of each output, as the face writes them."""
    found: dict[str, list[str]] = {}
    for item in nodes(definition_of(name)):
        if isinstance(item, syntax.Output) and item.type is not None:
            found.setdefault(item.name or "", []).append(item.type.span.text)
    return found


def table() -> str:
    """All sources, by where they stand in `data`."""
    rows = []
    for name in library.index():
        if definition_of(name).kind != "source":
            continue
        outputs = outputs_of(name)
        uses = {USES.get(output, WHOLE) for output in outputs}
        shown = " or ".join(dict.fromkeys(f"`{type}`" for types in outputs.values() for type in types))
        use = min(uses, key=[*USES.values(), WHOLE].index)
        kind = shown if use == USES[""] else ", ".join(f"`{key}`" for key in outputs) if use == WHOLE else ""
        rows.append((use, f"[{name}](blocks/{name}.md)", kind, escape(first_line(name))))
    rows.sort(key=lambda row: ([*USES.values(), WHOLE].index(row[0]), row[1].lower()))
    lines = ["| where | source | yields | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def test_the_table_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    [shown] = [found[1] for found in TABLE.findall(text)]
    if UPDATE:
        PAGE.write_text(
            text.replace(shown, table()) if shown else TABLE.sub(rf"\1{table()}\3", text), encoding="utf-8"
        )
    else:
        assert shown == table(), "`make docs` writes it anew"


def test_every_source_has_its_row() -> None:
    sources = {name for name in library.index() if definition_of(name).kind == "source"}
    assert set(re.findall(r"\| \[(\w+)\]\(blocks/\1\.md\)", PAGE.read_text(encoding="utf-8"))) == sources


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's reader and its spec, where a user would have saved them."""
    text = PAGE.read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [spec] = re.findall(r"```get words\.get\n(.*?)```", text, re.DOTALL)
    (tmp_path / "word_count.py").write_text(code)
    (tmp_path / "words.get").write_text(spec)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "word_count", raising=False)
    assert len(code.splitlines()) <= 22
    return tmp_path


def test_the_commands_print_what_the_page_shows(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for section in sections(PAGE):
        for line, shown in section.commands:
            command = line.partition("getdsl ")[2] if line.startswith("$") else line
            code = main(shlex.split(command))
            printed = capsys.readouterr()
            assert (code, printed.err) == (0, "")
            out = re.sub(r"from /\S+/", "from …/", printed.out)
            if UPDATE:
                text = text.replace(f"{line}\n{shown}```", f"{line}\n{out}```")
            else:
                assert out == shown
    if UPDATE:
        PAGE.write_text(text, encoding="utf-8")


def test_the_pages_reader_counts(own: Path) -> None:
    checked = check("words.get")
    assert checked.spec is not None
    source = open_source(checked.spec)
    batch = source.batch(np.arange(40))
    genome, table = source.context.genome, source.regions  # type: ignore[attr-defined]
    for row in range(40):
        chrom = table.chromosomes[table.chrom[row]]
        codes = genome.codes(chrom, int(table.start[row]), int(table.end[row]))
        assert batch["cpg"][row] == ((codes[:-1] == 1) & (codes[1:] == 2)).sum()


def test_an_untrusted_reader_does_not_run(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "words.get"]) == 1
    assert "add `--trust words.get`" in capsys.readouterr().err
    assert "word_count" not in sys.modules
