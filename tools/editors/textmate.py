"""The TextMate grammar, of the rules of the Pygments lexer: `python -m tools.editors.textmate`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from getdsl.highlighting import rules

GRAMMAR = Path(__file__).parents[2] / "editors/vscode/syntaxes/get.tmLanguage.json"
SCOPES: dict[rules.Kind, str] = {
    "comment": "comment.line.number-sign",
    "string": "string.quoted.double",
    "float": "constant.numeric.float",
    "integer": "constant.numeric.integer",
    "declaration": "storage.type",
    "namespace": "keyword.control.import",
    "keyword": "keyword.control",
    "section": "keyword.other.section",
    "subsection": "keyword.other.subsection",
    "logic": "keyword.operator.wordlike",
    "constant": "constant.language",
    "type": "support.type",
    "symbol": "variable.other.constant",
    "class": "entity.name.type.class",
    "function": "entity.name.function",
    "builtin": "support.function",
    "batch": "variable.language",
    "binding": "variable.other.definition",
    "argument": "variable.parameter",
    "attribute": "variable.other.property",
    "name": "variable.other.readwrite",
    "operator": "keyword.operator",
    "elision": "comment.other",
    "punctuation": "punctuation.separator",
}
DOC = "string.quoted.docstring"


def grammar() -> dict[str, Any]:
    """The grammar as data."""
    return {
        "comment": "Made by `python -m tools.editors.textmate`.",
        "name": "getdsl",
        "scopeName": "source.getdsl",
        "fileTypes": ["get"],
        "patterns": _patterns(rules.FILE),
        "repository": {
            "statements": {"patterns": _patterns(rules.STATEMENTS)},
            "arguments": {"patterns": _patterns(rules.ARGUMENTS)},
        },
    }


def _patterns(of: Iterable[rules.Rule]) -> list[dict[str, Any]]:
    """What the lexer has as a state, in the same order."""
    return [
        _pattern(rules.COMMENT),
        {"name": _scope(DOC), "begin": '"""', "end": '"""'},
        *(_pattern(rule) for rule in of),
        _inside(r"\{", "statements"),
        _inside(r"[(\[]", "arguments"),
    ]


def _pattern(rule: rules.Rule) -> dict[str, Any]:
    scopes = [SCOPES.get(kind) for kind in rule.kinds]
    if len(scopes) == 1 and scopes[0] is not None:
        return {"name": _scope(scopes[0]), "match": rule.pattern}
    captures = {str(number): {"name": _scope(scope)} for number, scope in enumerate(scopes, 1) if scope}
    return {"match": rule.pattern, "captures": captures}


def _inside(opening: str, repository: str) -> dict[str, Any]:
    return {
        "begin": opening,
        "end": r"[})\]]",  # another's bracket too, as the lexer does
        "beginCaptures": {"0": {"name": _scope("punctuation.section.begin")}},
        "endCaptures": {"0": {"name": _scope("punctuation.section.end")}},
        "patterns": [{"include": f"#{repository}"}],
    }


def _scope(name: str) -> str:
    return f"{name}.getdsl"


def text() -> str:
    """The grammar's file."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    GRAMMAR.write_text(text(), encoding="utf-8")
    print(GRAMMAR)
