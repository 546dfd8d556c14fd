"""`getdsl import`: what it prints and writes, and its exit codes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.cli import main

ROOT = Path(__file__).parents[2]
CONFIGS = Path(__file__).parent / "configs"
PBMC = str(CONFIGS / "hydra" / "finetune_pbmc.yaml")
PAGE = (ROOT / "docs" / "import.md").read_text()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(["import", *arguments])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_spec_goes_to_stdout_and_the_rest_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, PBMC)
    assert code == 0
    assert out == (CONFIGS / "finetune_pbmc.get").read_text()
    assert err.startswith("71 settings of ")
    assert re.search(r"model\.cfg\.flash_attn = false\s+\(\S*region_finetune\.yaml:12\)", err)
    assert max(map(len, (line for line in err.splitlines() if str(CONFIGS) not in line))) <= 100


def test_a_file_is_written_whole_and_not_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "made" / "run.get"
    code, out, _ = run(capsys, PBMC, "-o", str(path))
    assert (code, out) == (0, f"{path}: fine\n")
    assert path.read_text() == (CONFIGS / "finetune_pbmc.get").read_text()
    path.write_text("mine")
    code, _, err = run(capsys, PBMC, "-o", str(path))
    assert (code, path.read_text()) == (1, "mine")
    assert "`--force` replaces it" in err
    assert run(capsys, PBMC, "training.epochs=7", "-o", str(path), "--force")[0] == 0
    assert "epochs     = 7" in path.read_text()
    assert [item.name for item in path.parent.iterdir()] == ["run.get"]
    assert main(["check", str(path)]) == 0


def test_a_config_that_is_not_right_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config, path = tmp_path / "some.yaml", tmp_path / "some.get"
    config.write_text("model: {_target_: get_model.model.model.GETRegionFinetune, cfg: {num_heads: 7}}\n")
    code, out, err = run(capsys, str(config), "-o", str(path))
    assert (code, out, path.exists()) == (1, "", False)
    assert "dim must be a multiple of num_heads" in err
    assert "nothing was written" in err
    code, out, err = run(capsys, str(tmp_path / "nothing.yaml"))
    assert (code, out) == (1, "")
    assert err == f"error: {tmp_path / 'nothing.yaml'}: there is no such file\n"


def test_an_unknown_class_exits_1_and_names_the_gap(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config, path = tmp_path / "some.yaml", tmp_path / "some.get"
    config.write_text("model: {_target_: mine.GETFinetune}\ntraining: {epochs: 2}\n")
    code, _, err = run(capsys, str(config), "-o", str(path))
    assert code == 1
    assert "error: no spec stands for `mine.GETFinetune`" in err
    assert "`model._target_=get_model.model.model.GETFinetune`" in err
    assert "train {\n    epochs = 2\n}" in path.read_text()
    config.write_text("training: {epochs: 2}\n")
    assert "the config has no `model._target_`" in run(capsys, str(config))[2]


def test_json_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, PBMC, "--format", "json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert sum(found["counts"].values()) == len(found["settings"]) == 71
    assert found["use"] == "getdsl:get/region_finetune.get"
    [item] = [item for item in found["settings"] if item["path"] == "optimizer.lr"]
    assert (item["value"], item["fate"], item["becomes"], item["line"]) == (
        1e-4,
        "written",
        "optimizer.lr",
        18,
    )


def test_only_settings_and_no_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "training.epochs=3")[:2] == (1, "")
    assert run(capsys)[0] == 2


def test_words_that_are_no_files_are_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "a=b.yaml"
    config.write_text("model: {_target_: get_model.model.model.GETRegionFinetune}\nrun: {run_name: x}\n")
    code, out, _ = run(
        capsys, str(config), "run.run_name=" + "x" * 5000, "+training={epochs: 3}", "~run.run_name"
    )
    assert (code, "epochs = 3" in out, "run_name" in out) == (0, True, False)
    for word, problem in (
        ("+experiment", "cannot be read"),
        ("model@x=1", "no folder"),
        ("x==", "cannot stand here"),
    ):
        code, out, err = run(capsys, str(config), word)
        assert (code, out, problem in err) == (1, "", True), err


def test_importing_needs_no_torch_and_runs_nothing() -> None:
    script = (
        "import sys\nfrom getdsl.cli import main\n"
        f"assert main(['import', {PBMC!r}, '--format', 'json']) == 0\n"
        "heavy = {'torch', 'lightning', 'numba', 'zarr', 'hydra', 'get_model'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr


def test_the_page_shows_what_the_command_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = re.findall(r"^`([\w./]+\.yaml)`:\n\n```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(files) == 3
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    [command] = re.findall(r"^\$ getdsl import (.*)$", PAGE, re.MULTILINE)
    code, out, err = run(capsys, *command.split())
    assert code == 0
    [spec] = re.findall(r"^```get\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "pbmc.get"
    assert path.read_text() == spec
    [shown] = re.findall(r"^\$ getdsl import .*?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert err + out == shown


def test_the_page_names_every_class() -> None:
    from getdsl.importing.classes import GUIDE, SPEC_OF

    for name, spec in SPEC_OF.items():
        assert f"| `{name}` | `get/{spec}.get` |" in PAGE
    assert f"`{GUIDE}`" in PAGE
