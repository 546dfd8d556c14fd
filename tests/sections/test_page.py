"""docs/sections.md says what the declarations say. GETDSL_UPDATE=1 writes it anew."""

import os

from getdsl.cli import main
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.sections.listing import groups_of
from getdsl.compiler.sections.schema import Schema
from tests.sections.page import PAGE, page
from tests.sections.test_schemas import KEYWORDS, golden


def test_the_page_is_up_to_date() -> None:
    if os.environ.get("GETDSL_UPDATE") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "`make docs` writes it anew"


def names_in(rules: Schema, prefix: str = "") -> set[str]:
    """Every setting that a schema knows, those inside tables and calls too."""
    found = set()
    for inner in rules.get("calls", {}).values():
        found |= names_in(inner, prefix)
    for name, inner in rules.get("properties", {}).items():
        found.add(f"{prefix}{name}")
        if name in SECTIONS:
            continue  # in a stage: its settings are listed where the section is
        found |= names_in(inner, f"{prefix}{name}.")
        for word, call in inner.get("items", {}).get("calls", {}).items():
            found |= names_in(call, f"{prefix}{name}.{word}.")
        rows = inner.get("additionalProperties")
        found |= names_in(rows, f"{prefix}{name}.*.") if isinstance(rows, dict) else set()
    return found


def test_every_setting_is_listed_with_what_it_means() -> None:
    for keyword in KEYWORDS:
        rows = [row for group in groups_of(SECTIONS[keyword]) for row in group.rows]
        assert {row.name for row in rows} == names_in(golden(keyword)), keyword
        assert all(row.doc and row.what and row.default for row in rows), keyword


def test_explain_shows_a_section(capsys) -> None:
    assert main(["explain", "train"]) == 0
    out = capsys.readouterr().out
    assert "epochs                     passes over the training samples\n" in out
    assert "an integer at least 1; default `10`\n" in out
    assert main(["explain", "optimizer"]) == 0
    assert "AdamW(…): Adam with decoupled weight decay" in capsys.readouterr().out


def test_explain_lists_codes_and_sections(capsys) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert "GET301  " in out
    assert [line.split()[0] for line in out.split("\n\n")[1].splitlines()] == list(SECTIONS)
    assert main(["explain", "tarin"]) == 1
    assert "did you mean `train`?" in capsys.readouterr().err
