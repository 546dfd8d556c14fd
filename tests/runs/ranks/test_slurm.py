"""The script for `sbatch`: what it asks for, and what it does where SLURM's programs are stood in for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from getdsl.cli import main


def script(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["train", *map(str, arguments), "--slurm"]) == 0
    return capsys.readouterr().out


def settings(text: str) -> list[str]:
    return [line.removeprefix("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH")]


def test_what_a_job_asks_for(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(
        capsys, small, "-o", "run", "--devices", 4, "--num-nodes", 2, "--slurm-option", "time=2:00:00"
    )
    assert {"nodes=2", "ntasks-per-node=4", "gpus-per-node=4", "time=2:00:00", "requeue"} <= {*settings(text)}
    assert f"getdsl train {small} -o run --devices 4 --num-nodes 2" in text
    on_cpu = settings(script(capsys, small, "-o", "run", "--device", "cpu", "--set", "train.devices=3"))
    assert "ntasks-per-node=3" in on_cpu
    assert not [each for each in on_cpu if each.startswith("gpus")]
    other = settings(script(capsys, small, "-o", "run", "--slurm-option=gres=gpu:a100:1"))
    assert "gres=gpu:a100:1" in other
    assert "gpus-per-node=1" not in other
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("time 1:00", "is no option of `sbatch`"),
        ("time=1\n#SBATCH --uid=0", "is no option"),
        ("nodes=3", "use `--num-nodes`"),
    ],
)
def test_options_that_are_none(
    option: str, message: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(small), "-o", "run", "--slurm", "--slurm-option", option]) == 1
    assert message in capsys.readouterr().err


def test_gpus_must_be_counted(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(small), "-o", "run", "--slurm", "--devices", "auto"]) == 1
    assert "give `--devices N`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "restarts", "how"), [(0, 0, "--overwrite"), (143, 1, "--resume"), (1, 1, "--resume")]
)
def test_a_job_that_is_out_of_time_is_queued_again(
    code: int, restarts: int, how: str, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = script(capsys, small, "-o", "run", "--overwrite")
    for name, then in (("srun", f"exit {code}"), ("scontrol", "exit 0")):
        stand_in = tmp_path / name
        stand_in.write_text(f'#!/bin/bash\necho {name} "$@" >> {tmp_path}/called\n{then}\n')
        stand_in.chmod(0o755)
    given = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_RESTART_COUNT": str(restarts),
        "SLURM_CPUS_PER_TASK": "2",
        "SLURM_JOB_ID": "7",
    }
    done = subprocess.run(["bash", "-s"], input=text, text=True, env={**os.environ, **given}, check=False)
    called = (tmp_path / "called").read_text().splitlines()
    assert done.returncode == code
    assert called[0].endswith(f"getdsl train {small} -o run {how}")
    assert ("scontrol requeue 7" in called) == (code == 143)
