"""Diagnostics as SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from getdsl.cli import main
from getdsl.diagnostics import Diagnostic, Label
from getdsl.diagnostics.catalogue import CODES
from getdsl.diagnostics.render import render
from getdsl.text.source import SourceFile, Span

SCHEMA = json.loads((Path(__file__).parent / "sarif_schema.json").read_text())
SPEC = """model M {
    input x: [B, 8]
    output y = relu(x)
    output z = reluu(x)
}
train { name = "🧬🧬" epoch = 3 }
"""


def valid(text: str) -> dict[str, Any]:
    """The one run of a report that is as the standard says."""
    found = json.loads(text)
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(found)
    (run,) = found["runs"]
    assert isinstance(run, dict)
    return run


@pytest.fixture
def run_of_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    Path("a spec.get").write_text(SPEC, encoding="utf-8")
    assert main(["check", "--format", "sarif", "a spec.get"]) == 1
    return valid(capsys.readouterr().out)


def test_results_name_their_rules(run_of_spec: dict[str, Any]) -> None:
    rules = run_of_spec["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({item["ruleId"] for item in run_of_spec["results"]})
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run_of_spec["results"])
    assert all(rule["help"]["text"].startswith(CODES[rule["id"]].text) for rule in rules)


def test_columns_are_units_of_utf_16(run_of_spec: dict[str, Any]) -> None:
    """A character beyond the first plane, such as an emoji, is two."""
    (found,) = (item for item in run_of_spec["results"] if "`epoch`" in item["message"]["text"])
    (place,) = found["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20spec.get"},
        "region": {"startLine": 6, "startColumn": 23, "endLine": 6, "endColumn": 28},
    }


def test_fixes_are_replacements(run_of_spec: dict[str, Any]) -> None:
    (found,) = (item for item in run_of_spec["results"] if item["ruleId"] == "GET207")
    assert found["fixes"] == [
        {
            "description": {"text": "write `relu` for `reluu`"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "a%20spec.get"},
                    "replacements": [
                        {
                            "deletedRegion": {
                                "startLine": 4,
                                "startColumn": 16,
                                "endLine": 4,
                                "endColumn": 21,
                            },
                            "insertedContent": {"text": "relu"},
                        }
                    ],
                }
            ],
        }
    ]


def test_causes_are_related_locations() -> None:
    file = SourceFile("/specs/a.get", "one\ntwo\n")
    item = Diagnostic("GET202", "twice", Label(Span(file, 4, 7)), (Label(Span(file, 0, 3), "first here"),))
    (found,) = valid(render([item], "sarif"))["results"]
    (related,) = found["relatedLocations"]
    assert related["message"] == {"text": "first here"}
    assert related["physicalLocation"]["artifactLocation"] == {"uri": "file:///specs/a.get"}
    assert related["physicalLocation"]["region"]["startLine"] == 1


def test_every_code_is_a_rule() -> None:
    found = valid(render([Diagnostic(code, "wrong", None) for code in CODES], "sarif"))
    assert len(found["tool"]["driver"]["rules"]) == len(found["results"]) == len(CODES)


def test_nothing_wrong_is_a_run_without_results() -> None:
    assert valid(render([], "sarif"))["results"] == []


def test_the_schema_itself() -> None:
    with pytest.raises(Exception, match="is not one of"):
        valid('{"$schema": "a:b", "version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, '
              '"results": [{"message": {"text": "m"}, "level": "fatal"}]}]}')  # fmt: skip
