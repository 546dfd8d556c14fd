"""What the README and the docs show is what the program does."""

import re
from pathlib import Path

import pytest

import getdsl
from getdsl.cli import main
from getdsl.compiler.check import check_text

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
LANGUAGE = (ROOT / "docs/language.md").read_text()


def fenced(text: str, kind: str) -> list[str]:
    """The fenced pieces of a page that are of one kind."""
    pieces = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for name, body in pieces if name == kind]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    spec, _ = fenced(README, "get")
    (tmp_path / "tiny.get").write_text(spec)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tiny.get"


def test_the_readmes_summary(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "tiny.get", "--summary"]) == 0
    [shown] = [text for text in fenced(README, "") if text.startswith("node ")]
    assert capsys.readouterr().out.startswith(shown)


def test_the_readmes_diagnostics(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.write_text(
        tiny.read_text()
        .replace("GETTransformer(width", "GETTransformer(256")
        .replace("Linear(1)", "Linaer(1)")
    )
    assert main(["check", "tiny.get"]) == 1
    [shown] = [text for text in fenced(README, "") if text.startswith("error")]
    assert capsys.readouterr().err == shown


def test_the_readmes_fine_tuning() -> None:
    _, spec = fenced(README, "get")
    checked = check_text(spec)
    [absent] = checked.diagnostics
    assert (absent.severity, checked.ok) == ("note", True)
    assert "astrocyte.safetensors" in absent.message


def test_the_readmes_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)
    [code] = fenced(README, "python")
    names: dict[str, object] = {}
    exec(code, names)
    outputs = names["outputs"]
    assert {name: list(value.shape) for name, value in outputs.items()} == {
        "exp": [2, 10, 1],
        "hic": [2, 10, 10],
    }  # type: ignore[attr-defined]
    assert names["losses"].keys() == {"exp", "hic", "total"}  # type: ignore[attr-defined]
    assert "self.encoder" in capsys.readouterr().out


def test_the_languages_block_works_with_and_without_its_mask() -> None:
    [block] = [text for text in fenced(LANGUAGE, "get") if "block Residual" in text]
    body = "a = x -> Residual(8)  b = a -> Residual(8, mask = x > 0)  output y = b"
    use = f"model M {{ input x: [B, R, 8]  {body} }}"
    checked = check_text(block + use)
    assert checked.ok, checked.diagnostics


def test_the_languages_blocks_and_heads_are_right() -> None:
    pieces = {text.split()[1]: text for text in fenced(LANGUAGE, "get") if text.startswith("block ")}
    body = "a = x -> Shared(8)  b = a -> Scale()  output y = b"
    checked = check_text(f"{pieces['Shared']}{pieces['Scale']}model M {{ input x: [B, R, 8]  {body} }}")
    assert checked.ok, checked.diagnostics
    assert checked.spec is not None
    assert {"a.same.weight", "a.norms.2.weight", "b.scale"} <= {
        each.name for each in checked.spec.graph.tensors()
    }
    [heads] = [text for text in fenced(LANGUAGE, "get") if "param heads" in text]
    checked = check_text(heads.replace("…", "input x: [B, 8]"))
    assert checked.ok, checked.diagnostics


def test_the_languages_sections_are_right() -> None:
    [sections] = [text for text in fenced(LANGUAGE, "get") if text.startswith("data {")]
    body = "encoder = sequence -> Linear(1)  output exp = exp(encoder[:, 0, 0])"
    model = f"model M {{ input sequence: [B, 1000, 4]  {body} }}\n"
    checked = check_text(model + sections.replace("where batch.mask > 0", "where batch.exp_label > 0"))
    assert checked.ok, checked.diagnostics


def test_every_operation_is_in_the_language_page() -> None:
    from getdsl.compiler.operations import OPERATIONS

    internal = {
        "masked_mean",
        "masked_target",
        "getitem",
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
    }
    internal |= {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not"}
    listed = re.search(r"- Operations: `(.*?)`", LANGUAGE, re.DOTALL)
    assert listed is not None
    assert set(listed[1].split()) == set(OPERATIONS) - internal


def test_version_is_one() -> None:
    assert f'version = "{getdsl.__version__}"' in (ROOT / "pyproject.toml").read_text()
