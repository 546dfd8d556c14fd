"""`getdsl operations`: the table, a row, and a name that is none."""

import pytest

from getdsl.cli import main
from getdsl.compiler.operations import OPERATIONS


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(OPERATIONS)
    assert (
        "cumsum           The sum of all so far along an axis: of lengths, where each region ends." in lines
    )


@pytest.mark.parametrize(
    ("name", "gradient"),
    [
        ("softmax", "a gradient passes"),
        ("floordiv", "no gradient passes"),
        ("select", "a gradient passes, but to `mask`"),
    ],
)
def test_one_is_shown(name: str, gradient: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operations", name]) == 0
    call, _, doc, _, example, _, last = capsys.readouterr().out.splitlines()
    row = OPERATIONS[name]
    assert (call, doc, example.strip(), last) == (row.usage(), row.doc, row.example, gradient)


def test_what_is_none_has_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operations", "sofmax"]) == 1
    wanted = "error: there is no operation `sofmax`\n  = help: did you mean `softmax`?\n"
    assert capsys.readouterr().err == wanted
    assert main(["operations", "zzz"]) == 1
    assert capsys.readouterr().err.endswith("help: `getdsl operations` lists them\n")
