"""`%load_ext getdsl` and `%%get`, in an IPython of this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import SpecError

SPEC = """model Scan {
    param width: int = 8
    input dna: onehot[B, L, 4]
    hits = dna -> Conv1d(width, kernel_size = 9)
    output peaks = relu(hits)
}
"""
WRONG = SPEC.replace("Conv1d(width,", "Conv1d(widht,")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setenv("NO_COLOR", "1")
        shell = InteractiveShell.instance()
        shell.run_line_magic("load_ext", "getdsl")
        yield shell
        shell.history_manager.end_session()
        InteractiveShell.clear_instance()


def run(shell: InteractiveShell, code: str) -> tuple[ExecutionResult, CapturedIO]:
    with capture_output() as caught:
        result = shell.run_cell(code)
    return result, caught


def test_a_cell_is_checked_shown_and_bound(shell: InteractiveShell) -> None:
    result, caught = run(shell, f"%%get scan --set width=16\n{SPEC}")
    assert result.success
    [seen] = caught.outputs
    assert "[B, L, 16]" in seen.data["text/html"]
    assert seen.data["text/plain"] == "<Scan: peaks [B, L, 16]; 592 parameters>"
    spec = shell.user_ns["scan"]
    assert isinstance(spec, Spec)
    assert spec.path is None
    _, caught = run(shell, "import getdsl; m = getdsl.compile(scan); m(m.dummy_batch(B=2, L=20))")
    assert "'peaks'" in caught.stdout


def test_a_wrong_cell_points_at_its_source_and_stops(shell: InteractiveShell) -> None:
    shell.user_ns.pop("wrong", None)
    result, caught = run(shell, f"%%get wrong\n{WRONG}")
    assert isinstance(result.error_in_exec, SpecError)
    [seen] = caught.outputs
    assert "did you mean `width`?" in seen.data["text/html"]
    assert seen.data["text/plain"].startswith("error[GET204]: unknown name `widht`\n --> cell:4:26\n")
    assert caught.stdout == "1 error in the cell's spec\n"
    assert "wrong" not in shell.user_ns


def test_pictures_and_plans_stand_below(shell: InteractiveShell) -> None:
    _, caught = run(shell, f"%%get --graph --plan\n{SPEC}")
    outline, picture, plan = (output.data["text/html"] for output in caught.outputs)
    assert "<svg" in picture
    assert "new 100 %" in plan
    assert "onehot[B, L, 4]" in outline


def test_a_cell_is_written_for_commands(shell: InteractiveShell, tmp_path: Path) -> None:
    file = tmp_path / "scan.get"
    run(shell, f"%%get written -o {file}\n{SPEC}")
    assert file.read_text() == SPEC
    assert shell.user_ns["written"].path == file


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("not-a-name", "error: `not-a-name` is no name of Python\n  = help: write `%%get NAME`"),
        ("class", "error: `class` is no name of Python"),
        ("--nothing", "UsageError: unrecognized arguments: --nothing"),
        ("-o /dev/null/a.get", "error: `/dev/null/a.get` cannot be written"),
        ("-o a\0.get", "cannot be written: embedded null byte"),
        ("--set wdth=3", "error[GET2"),
    ],
)
def test_wrong_words_behind_the_magic(shell: InteractiveShell, line: str, told: str) -> None:
    result, caught = run(shell, f"%%get {line}\n{SPEC}")
    assert not result.success
    said = caught.stdout + caught.stderr + "".join(output.data["text/plain"] for output in caught.outputs)
    assert told in said
    assert "Traceback" not in said


def test_errors_of_the_api_have_no_traceback(shell: InteractiveShell) -> None:
    _, caught = run(shell, f"import getdsl; getdsl.compile_text({WRONG!r})")
    assert caught.stdout.startswith("error[GET204]: unknown name `widht`\n --> spec.get:4:26\n")
    _, caught = run(shell, f"getdsl.compile(getdsl.check_text({SPEC!r}).spec, params={{'width': 2}})")
    assert caught.stdout.startswith("error: the spec is checked already\n  = help: give `params`")
    assert "Traceback" not in caught.stdout
