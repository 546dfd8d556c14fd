"""The command line: what it prints, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.cli import COMMANDS, main

SPECS = Path(__file__).parent.parent.parent / "specs"
WRONG = "model M {\n    input x: [B, 4]\n    output y = x -> Liner(2)\n}\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_check_says_fine(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", str(SPECS / "my_model.get"), str(SPECS / "quickstart.get"))
    assert (code, err) == (0, "")
    assert out.strip().endswith("all fine")


def test_summary_names_every_node_with_shape_and_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", str(SPECS / "my_model.get"), "--summary")
    assert code == 0
    nodes, _, costs = out.partition("\n\n")  # symbolic costs are too wide for one table
    rows = {line.split()[0]: line for line in nodes.splitlines()}
    for name, shape, count in (
        ("proj", "[B, R, 768]", "99,072"),
        ("concat", "[B, R + 1, 768]", ""),
        (
            "encoder",
            "[B, R + 1, 768]",
            f"{12 * (4 * 768**2 + 768 * 3 + 2 * 768 * 3072 + 3072 + 768 + 4 * 768) + 2 * 768:,}",
        ),
        ("head_hic", "[B, 1, R, R]", f"{3 * (64 * 64 * 9 + 64) + 64 * 9 + 1:,}"),
    ):
        assert shape in rows[name]
        assert count in rows[name]
    assert "MyModel: 85,322,946 parameters, 85,308,098 trainable" in out
    assert "B: axis 0 of sample_peak_sequence = 8" in costs  # from `train`
    assert "FLOPs forward   2.86 M·R² + 1.36 G·R + 238 k·L + 1.36 G" in costs


def test_summary_gives_numbers_where_sizes_are_set(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("check", str(SPECS / "my_model.get"), "--summary", "--set-dim", "B=2", "R=10", "L=1000")
    code, out, _ = run(capsys, *command)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    # each token meets 4 · 768² weights of attention and 8 · 768² of the MLP in 12 layers, both passes 3 times
    flops = 6 * 12 * 22 * (12 * 768**2 + 2 * 11 * 768) + 12 * 2 * 22 * 11 * 768
    assert f"{flops / 1e9:.1f} G".split() == rows["encoder"][-4:-2]
    assert "gives numbers" not in out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Q=3", "has no size `Q` to set"),
        ("B=many", "`--set-dim B=many` is not a size"),
        ("B=0", "`--set-dim B=0` is not a size"),
    ],
)
def test_a_wrong_size_is_named(capsys: pytest.CaptureFixture[str], given: str, message: str) -> None:
    code, _, err = run(capsys, "check", str(SPECS / "my_model.get"), "--summary", "--set-dim", given)
    assert code == 1
    assert message in err


def test_summary_opens_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "check", str(SPECS / "my_model.get"), "--summary", "--depth", "3")
    assert "TransformerBlock" in out
    assert "Attention" in out


def test_a_wrong_spec_exits_1_and_points_at_the_word(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "wrong.get"
    path.write_text(WRONG)
    code, out, err = run(capsys, "check", str(path))
    assert (code, out) == (1, "")
    assert f"{path}:3:21" in err
    assert "did you mean `Linear`?" in err
    assert "1 error; `getdsl explain GET207` says more" in err


def test_json_and_github_formats(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wrong.get"
    path.write_text(WRONG)
    code, out, _ = run(capsys, "check", str(path), "--format", "json")
    [item] = json.loads(out)
    assert code == 1
    assert (item["code"], item["primary"]["line"], item["primary"]["column"]) == ("GET207", 3, 21)
    _, out, _ = run(capsys, "check", str(path), "--format", "github")
    assert out.startswith(f"::error file={path},line=3,col=21,")


def test_set_and_params_reach_params_and_named_blocks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    yaml = tmp_path / "run.yaml"
    yaml.write_text("embed_dim: 96\ntrain: {epochs: 3}\n")
    spec = str(SPECS / "my_model.get")
    code, out, _ = run(
        capsys, "show", spec, "--params", str(yaml), "--set", "embed_dim=48", "--set", "encoder.num_layers=1"
    )
    assert code == 0
    assert "embed_dim  = 48  # --set" in out
    assert "train.epochs = 3" in out
    code, _, err = run(capsys, "check", spec, "--set", "embed_dmi=48")
    assert code == 1
    assert "there is nothing named `embed_dmi` to set" in err
    assert "did you mean `embed_dim`?" in err


@pytest.mark.parametrize("stage", ["spec", "ast", "graph", "fx"])
def test_every_stage_is_text(capsys: pytest.CaptureFixture[str], stage: str) -> None:
    code, out, _ = run(capsys, "show", str(SPECS / "quickstart.get"), "--stage", stage)
    assert code == 0
    assert "motif" in out


def test_compile_writes_a_package(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "compile", str(SPECS / "quickstart.get"), "-o", str(tmp_path / "out"))
    assert code == 0
    assert sorted(item.name for item in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "model.py",
        "weights.safetensors",
    ]
    assert "model.py" in out


def test_python_of_a_stranger_needs_trust(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "own.get"
    path.write_text(
        'block Own {\n    input x: [B, 4]\n    output: [B, 4]\n    extern "antigravity:Own"\n}\n'
        "model M {\n    input x: [B, 4]\n    output y = x -> Own()\n}\n"
    )
    assert run(capsys, "check", str(path))[0] == 0
    code, _, err = run(capsys, "compile", str(path), "-o", str(tmp_path / "out"))
    assert code == 1
    assert "names Python code outside the library: `antigravity:Own`" in err
    assert not (tmp_path / "out").exists()


def test_blocks_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "blocks")
    assert code == 0
    assert "MotifScanner" in out
    code, out, _ = run(capsys, "blocks", "Conv1d")
    assert "x -> Conv1d(out_channels, " in out
    assert "weight bias: [out_channels]" in out
    code, _, err = run(capsys, "blocks", "Conv1")
    assert (code, "did you mean `Conv1d`?" in err) == (1, True)
    code, out, _ = run(capsys, "explain", "get301")
    assert code == 0
    assert "Right:" in out
    code, _, err = run(capsys, "explain", "GET999")
    assert code == 1


def test_wrong_command_lines_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["chek"], [], ["check"], ["check", "--summry", "x.get"], ["compile", "x.get"]):
        code, _, err = run(capsys, *arguments)
        assert code == 2, arguments
        assert err.startswith("error: ")
    assert "did you mean `check`?" in run(capsys, "chek")[2]
    err = run(capsys, "show", "x.get", "--stage", "fuse")[2]
    assert err == "error: `--stage` cannot be `fuse`\n  = help: did you mean `fused`?\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert COMMANDS[command].split(";")[0].split(",")[0][1:] in " ".join(out.split())


def test_a_bug_of_ours_exits_70_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr("getdsl.cli.check.check_spec", broken)
    code, _, err = run(capsys, "check", str(SPECS / "my_model.get"))
    assert code == 70
    assert err.startswith("error: a bug in getdsl: RuntimeError: unexpected\n")
    assert "Traceback" not in err


def test_the_process_prints_all_and_exits_with_the_code(tmp_path: Path) -> None:
    """`check` ends its process without taking it apart; nothing that it wrote may be lost."""
    path = tmp_path / "wrong.get"
    path.write_text(WRONG)
    command = [sys.executable, "-m", "getdsl", "check", str(path), str(SPECS / "my_model.get"), "--summary"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "MyModel: 85,322,946 parameters" in result.stdout
    assert result.stderr.endswith("`getdsl explain GET207` says more\n")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "getdsl", "explain"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (result.returncode, result.stderr) == (1, "error: no space left on device\n")
