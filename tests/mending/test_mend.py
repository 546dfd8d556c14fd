"""`check --fix`: what has one right answer is mended in the files, and nothing is made worse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.mending.files import mended_files
from getdsl.mending.own_files import stands_open

RIGHT = """model M {
    input x: [B, 8]
    y = x -> Linear(4, bias = true)
    pair = concat([y, y], dim = 1)
    t = { a = 1, b = 2 }
    output out = relu(pair)
}
train { epochs = 1 }
"""
WRONG = """model M {
    input x: [B, 8]
    y == x -> Lineer(4, bais = True
    pair = concat([y y], dim = 1)
    t = { a: 1, b: 2 };
    output out = reluu(par)
}
train { epoch = 1 }
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("spec.get").write_text(WRONG)
    return tmp_path / "spec.get"


def test_all_that_is_wrong_is_mended(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also what another mistake of the same statement hid, over as many rounds as it takes."""
    assert main(["check", "--fix", "spec.get"]) == 0
    assert spec.read_text() == RIGHT
    said = capsys.readouterr().out.splitlines()
    assert "spec.get:3: write `Linear` for `Lineer`" in said
    assert said[-1] == "spec.get: fine"
    assert main(["check", "--fix", "spec.get"]) == 0
    assert capsys.readouterr().out == "spec.get: fine\n"


def test_a_diff_writes_nothing(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "--diff", "spec.get"]) == 1
    assert spec.read_text() == WRONG
    printed = capsys.readouterr().out
    assert printed.startswith("--- spec.get\n+++ spec.get (fixed)\n@@ ")
    assert "-train { epoch = 1 }\n+train { epochs = 1 }\n" in printed


def test_a_section_written_as_a_setting_loses_its_commas(spec: Path) -> None:
    spec.write_text(RIGHT.replace("train {", "train = {").replace("1 }\n", "1, batch_size = 2, }\n", -1))
    assert main(["check", "--fix", "spec.get"]) == 0
    assert spec.read_text().endswith("train { epochs = 1  batch_size = 2 }\n")


def test_an_empty_section_written_as_a_setting_is_mended(spec: Path) -> None:
    spec.write_text(RIGHT.replace("train { epochs = 1 }", "train = {}"))
    assert main(["check", "--fix", "spec.get"]) == 0
    assert spec.read_text().endswith("train {}\n")


def test_diff_alone_is_refused(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--diff", "spec.get"]) == 1
    assert "give both: `--fix --diff`" in capsys.readouterr().err


def test_machine_formats_stay_whole(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(WRONG.replace("epoch = 1", "epoch = 1  batch_size = 0"))
    assert main(["check", "--fix", "--format", "json", "spec.get"]) == 1
    captured = capsys.readouterr()
    assert [item["code"] for item in json.loads(captured.out)] == ["GET403"]
    assert "write `epochs` for `epoch`" in captured.err


def test_a_fix_that_makes_it_worse_is_undone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`heds` may be `heads`, which is no list of numbers that `range` takes."""
    text = RIGHT.replace("    t =", "    param heads: str = \"a\"\n    t =").replace(
        "Linear(4,", "Linear(heds,"
    )  # fmt: skip
    spec.write_text(text)
    files, made = mended_files(spec, [], [], None)
    assert (files, made) == ([], ())
    assert main(["check", "--fix", "spec.get"]) == 1
    assert "note: 1 fix was not made: it uncovers an error without one" in capsys.readouterr().err


def test_others_are_made_all_the_same(spec: Path) -> None:
    wrong = RIGHT.replace("    t =", '    param heads: str = "a"\n    t =').replace(
        "Linear(4,", "Linear(heds,"
    )
    spec.write_text(wrong.replace("relu(", "reluu(").replace("epochs", "epoch"))
    (file,), made = mended_files(spec, [], [], None)
    assert file.after == wrong
    assert {item.line for item in made} == {7, 9}


@pytest.mark.parametrize(
    ("wrong", "written"),
    [
        ('use "absent.get"\n', "relu(pair)"),  # of which nothing is needed
        ("slippers { batch_size = 2 }\n", "relu(pair)"),  # `train` is there
        ('use "absent.get"\n', "pair -> Twicee()"),
        ('use "absent.get"\nmodel Other extends Base { }\n', "relu(pair)"),
        ("remove offset\n", "relu(pair) + offset"),  # the parent may be what is missing
    ],
)
def test_what_stands_for_nothing_goes_where_nothing_else_is_wrong(
    spec: Path, wrong: str, written: str
) -> None:
    text = RIGHT.replace("relu(pair)", written)
    into = text.index("y = x") if wrong.startswith("remove") else 0
    spec.write_text(text[:into] + wrong + text[into:])
    gone = wrong.startswith("use") and "Base" not in wrong and text == RIGHT
    assert main(["check", "--fix", "spec.get"]) == (0 if gone else 1)
    assert spec.read_text() == (text if gone else text[:into] + wrong + text[into:])


def test_what_only_one_thing_can_be(spec: Path) -> None:
    """A section by its settings, a parent that is the only other model, a metric of the only term."""
    text = RIGHT.replace("train {", "loss { out = MSE(out, batch.y) }\nmetrics { out = [r2] }\ntrain {")
    text += "model Other extends M { }\n"
    wrong = text.replace("train {", "fitting {").replace("{ out = [", "{ aim = [").replace("M { }", "X { }")
    spec.write_text(wrong)
    assert main(["check", "--fix", "--model", "M", "spec.get"]) == 0
    assert spec.read_text() == text


def test_a_file_with_one_nearest_name(spec: Path) -> None:
    Path("parts").mkdir()
    Path("parts/base.get").write_text("block Twice {\n    input x: [..., D]\n    output y = x\n}\n")
    text = 'use "parts/base.get"\n' + RIGHT
    spec.write_text(text.replace("base", "bsae"))
    assert main(["check", "--fix", "spec.get"]) == 0
    assert spec.read_text() == text


def test_used_files_are_mended(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("parts").mkdir()
    Path("parts/base.get").write_text(
        "block Twice {\n    input x: [..., D]\n    output y = reluu(x)\n}\n"
    )  # fmt: skip
    spec.write_text(
        RIGHT.replace("model M", 'use "parts/base.get"\n\nmodel M').replace("y = x", "y = x -> Twice()")
    )
    assert main(["check", "--fix", "spec.get"]) == 0
    assert Path("parts/base.get").read_text().endswith("output y = relu(x)\n}\n")
    assert capsys.readouterr().out.startswith("parts/base.get:3: write `relu` for `reluu`\n")


def test_what_may_not_be_written_stays(spec: Path) -> None:
    spec.chmod(0o444)
    assert main(["check", "--fix", "spec.get"]) == 1
    assert spec.read_text() == WRONG


def test_the_library_is_nobodys_to_change() -> None:
    import lark

    import getdsl

    assert not stands_open(Path(getdsl.__file__).parent / "blocks" / "linear.get")
    assert not stands_open(Path(lark.__file__).resolve())


def test_files_keep_their_marks(spec: Path) -> None:
    """The mark of the byte order, the ends of lines, the permissions; a link stays a link."""
    text = RIGHT.replace("\n", "\r\n")
    spec.write_bytes(b"\xef\xbb\xbf" + text.replace("relu", "reluu").encode())
    spec.chmod(0o640)
    Path("link.get").symlink_to(spec)
    assert main(["check", "--fix", "link.get"]) == 0
    assert spec.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    assert spec.stat().st_mode & 0o777 == 0o640
    assert Path("link.get").is_symlink()


def test_a_file_that_changed_meanwhile_is_refused(spec: Path) -> None:
    from getdsl.diagnostics import UserError

    (file,), _ = mended_files(spec, [], [], None)
    spec.write_text(RIGHT)
    with pytest.raises(UserError, match=r"spec\.get was changed meanwhile"):
        file.write()
    assert spec.read_text() == RIGHT


def test_settings_from_outside_count(spec: Path) -> None:
    """A fix is judged under the same settings as the check."""
    spec.write_text(RIGHT.replace("relu(pair)", "reluu(pair)"))
    assert main(["check", "--fix", "--set", "train.epochs=2", "spec.get"]) == 0


def test_a_file_that_is_not_there(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "absent.get"]) == 1
    assert "cannot read" in capsys.readouterr().err
